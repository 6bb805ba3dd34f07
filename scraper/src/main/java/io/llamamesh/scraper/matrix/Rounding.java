package io.llamamesh.scraper.matrix;

import org.jspecify.annotations.Nullable;

/** Rounding of numbers for documents; {@code NaN} becomes null. */
public final class Rounding {
  private static final double THOUSAND = 1_000;

  private Rounding() {}

  /** A percentage with four decimals, so that one probe in a million still shows. */
  public static @Nullable Double percent(double value) {
    return Double.isNaN(value) ? null : Math.round(value * 10_000) / 10_000.0;
  }

  /** Milliseconds with three decimals. */
  public static @Nullable Double millis(double value) {
    return Double.isNaN(value) ? null : Math.round(value * THOUSAND) / THOUSAND;
  }
}
