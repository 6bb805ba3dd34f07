package io.llamamesh.fabric.detector;

/**
 * Timing of the failure detector: how long a peer may be silent before it counts as down. All
 * durations in nanoseconds. (The collector's own judgement of a target it probes is {@code
 * agent.collector.Peer}.)
 *
 * @param interval between two pings of a neighbour of which nothing else is heard
 * @param minTimeout the shortest that an answer is waited for
 * @param maxTimeout the longest, unless twice the smoothed round trip is more; see {@link
 *     #timeoutNanos}
 * @param initialTimeout the same while nothing is measured yet
 * @param missedPings pings in a row without an answer before a peer is silent
 * @param minSilence the least time from the first ping without an answer until a peer is silent. A
 *     route that changes may add half a second to a round trip at once; only an answer
 *     distinguishes that from death, so it is waited for
 * @param logarithmic whether timeouts follow Lashup's logarithmic scale between the two bounds
 */
public record DetectorOptions(
    long interval,
    long minTimeout,
    long maxTimeout,
    long initialTimeout,
    int missedPings,
    long minSilence,
    boolean logarithmic) {

  private static final long MS = 1_000_000L;

  /** Nothing is waited for longer than this, whatever was measured. */
  static final long LONGEST = 3_000 * MS;

  /** Timeouts that follow the round-trip time (RFC 6298), between 100 and 300 ms on short paths. */
  public static DetectorOptions adaptive() {
    return new DetectorOptions(200 * MS, 100 * MS, 300 * MS, 1_000 * MS, 3, 650 * MS, false);
  }

  /** Lashup's: a ping a second, timeouts of 660 to 990 ms, a neighbour is lost by one miss. */
  public static DetectorOptions lashup() {
    return new DetectorOptions(1_000 * MS, 660 * MS, 990 * MS, 1_000 * MS, 1, 0, true);
  }

  /**
   * How long an answer is waited for.
   *
   * @param srtt smoothed round-trip time, negative if nothing is measured yet
   * @param rttvar its variation
   */
  long timeoutNanos(long srtt, long rttvar) {
    if (srtt < 0) {
      return initialTimeout;
    }
    if (logarithmic) {
      double decades = Math.log10(Math.max(1.0, (double) srtt / MS)) / 3;
      return minTimeout + (long) (Math.min(1.0, decades) * (maxTimeout - minTimeout));
    }
    long most = Math.min(LONGEST, Math.max(maxTimeout, 2 * srtt));
    return Math.clamp(srtt + 4 * rttvar, minTimeout, most);
  }
}
