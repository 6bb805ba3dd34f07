package io.llamamesh.agent.collector;

/**
 * Time of the next tick where ticks stretch: when something is due, and not before, but for what is
 * due within a tick's length of it, which one tick serves together.
 *
 * <p>Guarantees, where the last tick served all that was due by then:
 *
 * <ul>
 *   <li>No tick is more than a tick's length later than the first thing that is due.
 *   <li>No two ticks are closer together than that, and in none is nothing due, but where the
 *       longest wait is over.
 * </ul>
 *
 * <p>Times are compared by difference, so the monotonic clock may wrap.
 */
final class NextTick {

  /** Longest wait while no probe is in flight: as long as between two scans of all flows. */
  static final long LONGEST_NANOS = 250_000_000L;

  /**
   * Longest wait while a probe is in flight, and so the longest that its answer waits to be read.
   * By so much less than {@link StallLimits#STALL_NANOS} that a stall meanwhile is still seen, and
   * that a tick which is a little late is none.
   */
  static final long LONGEST_UNREAD_NANOS = 80_000_000L;

  private NextTick() {}

  /**
   * Latest time that is served together with the first that is due. Less than a tick's length
   * later, rounded as that may be: two probes of a pair are as far apart.
   */
  static long together(long first, long length) {
    return first + length - 2;
  }

  /**
   * Monotonic time of the next tick.
   *
   * @param reached time of the last tick
   * @param length of a tick
   * @param last latest time up to {@link #together} at which something is due
   * @param longestWait from the last tick on, whatever is due; at least the length
   */
  static long at(long reached, long length, long last, long longestWait) {
    return reached + Math.max(length, Math.min(longestWait, last - reached));
  }
}
