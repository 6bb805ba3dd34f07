package io.llamamesh.crd;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;

/**
 * A percentage that may be written as an integer or as a quantity in quotes ({@code 1}, {@code
 * "0.5"}, {@code "500m"}): what YAML reads as a float is no Kubernetes type.
 *
 * @param text as it was written
 */
public record PercentText(String text) {
  @JsonCreator
  public static PercentText of(Object value) {
    return new PercentText(String.valueOf(value));
  }

  /** As it was written; a number where it is one. */
  @JsonValue
  public Object json() {
    return text.matches("[0-9]{1,9}") ? (Object) Integer.valueOf(text) : text;
  }

  /**
   * The percentage.
   *
   * @throws IllegalArgumentException where it is not a number from 0 to 100
   */
  public double percent() {
    try {
      double value =
          text.endsWith("m")
              ? new BigDecimal(text.substring(0, text.length() - 1)).movePointLeft(3).doubleValue()
              : new BigDecimal(text).doubleValue();
      if (value >= 0 && value <= 100) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a percentage must be a number, was '" + text + "'", e);
    }
    throw new IllegalArgumentException("a percentage must be from 0 to 100, was '" + text + "'");
  }
}
