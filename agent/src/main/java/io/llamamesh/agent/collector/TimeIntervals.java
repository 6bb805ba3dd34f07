package io.llamamesh.agent.collector;

/**
 * Intervals of time in which a condition held, such as a peer's refusal. A probe is settled seconds
 * after it was sent, up to a minute with the longest timeout, and there may have been several
 * intervals by then; all that such a probe can have met are kept. Times are monotonic and compared
 * by difference; both ends belong to an interval.
 */
final class TimeIntervals {

  /**
   * Most intervals kept: a refusal lasts three seconds, and more of them do not fit into the time
   * until a probe is settled.
   */
  static final int CAPACITY = 32;

  private static final long[] NONE = {};

  private long[] from = NONE;
  private long[] until = NONE;
  private int newest = -1;
  private int count;

  /** Adds an interval; one that touches the newest is merged into it. */
  void add(long first, long last) {
    if (count > 0 && first - until[newest] <= 0) {
      if (first - from[newest] < 0) {
        from[newest] = first;
      }
      if (last - until[newest] > 0) {
        until[newest] = last;
      }
      return;
    }
    if (count == 0) {
      from = new long[CAPACITY];
      until = new long[CAPACITY];
    }
    newest = (newest + 1) % CAPACITY;
    from[newest] = first;
    until[newest] = last;
    count = Math.min(CAPACITY, count + 1);
  }

  /** Ends the newest interval at this time if it would last longer. */
  void endAt(long at) {
    if (lastsBeyond(at)) {
      until[newest] = at;
    }
  }

  /** Lets the newest interval begin after this time. */
  void beginAfter(long at) {
    if (count > 0 && from[newest] - at <= 0 && until[newest] - at > 0) {
      from[newest] = at + 1;
    }
  }

  /** Makes the newest interval empty. */
  void revokeNewest() {
    if (count > 0) {
      until[newest] = from[newest] - 1;
    }
  }

  /** Returns whether the newest interval lasts beyond this time. */
  boolean lastsBeyond(long at) {
    return count > 0 && until[newest] - at > 0;
  }

  /**
   * Returns whether an interval contains this time, or begins within so many nanoseconds after it.
   */
  boolean contains(long at, long orWithin) {
    for (int i = 0; i < count; i++) {
      if (at - (from[i] - orWithin) >= 0 && until[i] - at >= 0) {
        return true;
      }
    }
    return false;
  }
}
