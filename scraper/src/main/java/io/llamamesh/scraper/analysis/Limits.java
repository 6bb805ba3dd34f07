package io.llamamesh.scraper.analysis;

import java.time.Duration;

/**
 * What makes the network unhealthy.
 *
 * @param lossPercent loss of a pair above that, 0 to 100
 * @param rttP99 99th percentile of a pair's RTT above that
 */
public record Limits(double lossPercent, Duration rttP99) {
  /** What a LlamaMesh has by default. */
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
