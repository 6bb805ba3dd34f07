package io.llamamesh.scraper.matrix;

import org.jspecify.annotations.Nullable;

/** Numbers as documents show them: what is not a number is absent, the rest is short. */
public final class Rounding {
  private static final double THOUSAND = 1_000;

  private Rounding() {}

  /** A percentage to four decimals, so that one probe in a million still shows. */
  public static @Nullable Double percent(double value) {
    return Double.isNaN(value) ? null : Math.round(value * 10_000) / 10_000.0;
  }

  /** Milliseconds to the microsecond. */
  public static @Nullable Double millis(double value) {
    return Double.isNaN(value) ? null : Math.round(value * THOUSAND) / THOUSAND;
  }
}
