package io.llamamesh.agent.collector;

/**
 * The spans of time in which something held of a peer. A probe's outcome is settled seconds after
 * it was sent, up to a minute with the longest timeout, and by then the peer may have gone through
 * several; all that such a probe can have met are kept. Times are monotonic, both ends belong to a
 * span.
 */
final class TimeIntervals {

  /** A refusal lasts three seconds; more of them do not fit into what is still unsettled. */
  static final int CAPACITY = 32;

  private static final long[] NONE = {};

  private long[] from = NONE;
  private long[] until = NONE;
  private int newest = -1;
  private int count;

  /** It holds in this span, too; spans that touch become one. */
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

  /** It has ended, though it was to last longer. */
  void endAt(long at) {
    if (lastsBeyond(at)) {
      until[newest] = at;
    }
  }

  /** It did not hold yet at this time. */
  void beginAfter(long at) {
    if (count > 0 && from[newest] - at <= 0 && until[newest] - at > 0) {
      from[newest] = at + 1;
    }
  }

  /** The newest span never was. */
  void revokeNewest() {
    if (count > 0) {
      until[newest] = from[newest] - 1;
    }
  }

  /** Whether it holds beyond this time. */
  boolean lastsBeyond(long at) {
    return count > 0 && until[newest] - at > 0;
  }

  /** Whether it held then, or within so many nanoseconds after. */
  boolean contains(long at, long orWithin) {
    for (int i = 0; i < count; i++) {
      if (at - (from[i] - orWithin) >= 0 && until[i] - at >= 0) {
        return true;
      }
    }
    return false;
  }
}
