package io.llamamesh.agent.collector;

/**
 * The spans of time in which something held of a peer. A probe's outcome is settled seconds after
 * it was sent, up to a minute with the longest timeout, and by then the peer may have gone through
 * several; all that such a probe can have met are kept. Times are monotonic, both ends belong to a
 * span.
 */
final class Spans {

  /** A refusal lasts three seconds; more of them do not fit into what is still unsettled. */
  static final int KEPT = 32;

  private static final long[] NONE = {};

  private long[] from = NONE;
  private long[] until = NONE;
  private int newest = -1;
  private int count;

  /** It holds in this span, too; spans that touch become one. */
  void cover(long first, long last) {
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
      from = new long[KEPT];
      until = new long[KEPT];
    }
    newest = (newest + 1) % KEPT;
    from[newest] = first;
    until[newest] = last;
    count = Math.min(KEPT, count + 1);
  }

  /** It has ended, though it was to last longer. */
  void end(long at) {
    if (lasts(at)) {
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
  void revoke() {
    if (count > 0) {
      until[newest] = from[newest] - 1;
    }
  }

  /** Whether it holds beyond this time. */
  boolean lasts(long at) {
    return count > 0 && until[newest] - at > 0;
  }

  /** Whether it held then, or within so many nanoseconds after. */
  boolean held(long at, long orWithin) {
    for (int i = 0; i < count; i++) {
      if (at - (from[i] - orWithin) >= 0 && until[i] - at >= 0) {
        return true;
      }
    }
    return false;
  }
}
