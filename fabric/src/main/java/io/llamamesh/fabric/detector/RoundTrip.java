package io.llamamesh.fabric.detector;

/**
 * The round-trip time to one peer, smoothed as in RFC 6298, and the longest of the last ten to
 * twenty seconds.
 */
final class RoundTrip {

  private static final long PERIOD = 10_000_000_000L;

  private final DetectorOptions options;
  private long srtt = -1;
  private long rttvar;
  private long longest;
  private long longestBefore;
  private long periodStart;

  RoundTrip(DetectorOptions options, long now) {
    this.options = options;
    this.periodStart = now;
  }

  void sample(long now, long rtt) {
    if (rtt < 0) {
      return; // not known, or not of this clock
    }
    if (now - periodStart > PERIOD) {
      longestBefore = now - periodStart > 2 * PERIOD ? 0 : longest;
      longest = 0;
      periodStart = now;
    }
    longest = Math.max(longest, rtt);
    if (srtt < 0) {
      srtt = rtt;
      rttvar = rtt / 2;
      return;
    }
    rttvar += (Math.abs(rtt - srtt) - rttvar) / 4;
    srtt += (rtt - srtt) / 8;
  }

  /** Timeout after which an answer counts as missed, in nanoseconds. */
  long timeout() {
    return options.timeoutNanos(srtt, rttvar);
  }

  /**
   * The least time from the first ping without an answer until its peer is silent: long enough for
   * the slowest answer of late to come.
   */
  long hold() {
    if (options.logarithmic()) {
      return options.minSilence();
    }
    long slowest = Math.max(longest, longestBefore);
    long least = srtt < 0 ? options.initialTimeout() : options.minSilence();
    return Math.min(
        DetectorOptions.LONGEST, Math.max(least, slowest + slowest / 4 + timeout() / 2));
  }

  /** The smoothed round-trip time in nanoseconds, -1 if nothing is measured yet. */
  long smoothed() {
    return srtt;
  }
}
