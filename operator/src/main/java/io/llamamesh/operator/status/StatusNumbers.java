package io.llamamesh.operator.status;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Numbers as texts of a status: rounded, so that it changes only when they do. */
final class StatusNumbers {
  private static final MathContext TWO_DIGITS = new MathContext(2, RoundingMode.HALF_EVEN);

  private StatusNumbers() {}

  /** A percentage with two decimals; a smaller one with two digits, since it is not nothing. */
  static @Nullable String percent(@Nullable Double percent) {
    if (percent == null || percent.isNaN()) {
      return null;
    }
    BigDecimal exact = BigDecimal.valueOf(percent);
    BigDecimal rounded = exact.setScale(2, RoundingMode.HALF_EVEN);
    if (rounded.signum() == 0) {
      rounded = exact.round(TWO_DIGITS);
    }
    return plain(rounded);
  }

  /** A time with two digits and a unit: {@code 410us}, {@code 12ms}, {@code 1.5s}. */
  static @Nullable String time(@Nullable Double millis) {
    if (millis == null || millis.isNaN()) {
      return null;
    }
    BigDecimal rounded = BigDecimal.valueOf(millis).round(TWO_DIGITS);
    if (rounded.compareTo(BigDecimal.ONE) < 0) {
      return plain(rounded.movePointRight(3)) + "us";
    }
    return rounded.compareTo(BigDecimal.valueOf(1000)) < 0
        ? plain(rounded) + "ms"
        : plain(rounded.movePointLeft(3)) + "s";
  }

  private static String plain(BigDecimal value) {
    return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
  }
}
