package io.llamamesh.scraper.analysis;

import java.time.Duration;

/**
 * Alert limits of a pair, {@code spec.alerts}.
 *
 * @param lossPercent loss above which a pair may be bad, 0 to 100
 * @param rttP99 99th percentile of the RTT above which a pair is slow
 */
public record Limits(double lossPercent, Duration rttP99) {
  /** Defaults of a LlamaMesh. */
  public static final Limits DEFAULT = new Limits(1, Duration.ofMillis(50));

  public Limits {
    if (!(lossPercent >= 0 && lossPercent <= 100)) {
      throw new IllegalArgumentException("alerts.lossPercent must be 0 to 100, was " + lossPercent);
    }
    if (rttP99.isNegative() || rttP99.isZero()) {
      throw new IllegalArgumentException("alerts.rttP99 must be positive, was " + rttP99);
    }
  }

  /** {@link #rttP99} in milliseconds. */
  public double rttP99Millis() {
    return rttP99.toNanos() / 1e6;
  }
}
