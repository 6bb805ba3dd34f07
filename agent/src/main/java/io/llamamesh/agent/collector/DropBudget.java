package io.llamamesh.agent.collector;

/**
 * Datagrams that a buffer or a limit is known to have dropped, by the time in which it happened, to
 * be set off against probes that were sent in that time and not answered. Keeps the last 16
 * occasions.
 */
final class DropBudget {

  private static final int OCCASIONS = 16;

  private final long[] from = new long[OCCASIONS];
  private final long[] to = new long[OCCASIONS];
  private final long[] left = new long[OCCASIONS];
  private int next;

  /** Notes drops that happened to probes sent between two times. */
  void add(long sentFrom, long sentTo, long drops) {
    from[next] = sentFrom;
    to[next] = sentTo;
    left[next] = drops;
    next = (next + 1) % OCCASIONS;
  }

  /** Sets one drop off against a probe that was sent at this time; false when none is left. */
  boolean take(long sentAt) {
    for (int i = 0; i < OCCASIONS; i++) {
      if (left[i] > 0 && sentAt - from[i] >= 0 && to[i] - sentAt >= 0) {
        left[i]--;
        return true;
      }
    }
    return false;
  }
}
