package io.llamamesh.crd;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A duration in Go's notation, as Kubernetes writes it: {@code 10s}, {@code 1m30s}, {@code 500ms},
 * {@code 1.5h}. The text goes into arguments and documents as the user wrote it: another text for
 * the same time would replace pods.
 *
 * @param text as it was written
 * @param value what it means
 */
public record DurationText(String text, Duration value) {
  private static final Pattern WHOLE = Pattern.compile(LlamaMeshSpec.DURATION_PATTERN);
  private static final Pattern PART = Pattern.compile("([0-9]+(?:[.][0-9]+)?)(ms|s|m|h)");
  private static final int MAX_LENGTH = 16;

  /**
   * A duration as it was written.
   *
   * @throws IllegalArgumentException where the text is not of that form
   */
  public static DurationText of(String text) {
    return new DurationText(text, parse(text));
  }

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException where the text is not of that form
   */
  public static Duration parse(String text) {
    if (text.length() > MAX_LENGTH || !WHOLE.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a duration must be written as 10s, 1m30s or 500ms, was '" + text + "'");
    }
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(text);
    while (part.find()) {
      nanos =
          nanos.add(
              new BigDecimal(part.group(1)).multiply(BigDecimal.valueOf(unit(part.group(2)))));
    }
    try {
      return Duration.ofNanos(nanos.longValue());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a duration must fit 292 years, was '" + text + "'", e);
    }
  }

  private static long unit(String unit) {
    return switch (unit) {
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      case "h" -> 3_600_000_000_000L;
      default -> throw new IllegalArgumentException("unknown unit " + unit);
    };
  }
}
