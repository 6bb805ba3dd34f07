package io.llamamesh.agent.collector;

/**
 * Expected number of our datagrams that a full receive buffer dropped, by the time in which their
 * probes were sent. The kernel counts such drops but not whose they were, so only our share of what
 * arrived is set off against unanswered probes, and never more in sum: another sender's flood must
 * not hide what the network lost of ours.
 *
 * <p>Keeps the last 16 intervals of ten seconds, enough for the longest timeout. What is left of an
 * older one is dropped but for a fraction of one probe, so that many small shares add up to one.
 */
public final class DropAttribution {

  private static final int SPANS = 16;
  private static final long SECOND = 1_000_000_000L;

  /** Intervals that follow each other are merged up to this length. */
  static final long SPAN_NANOS = 10 * SECOND;

  /** Reports of different flows are not quite in the order of their probes. */
  private static final long SLACK_NANOS = SECOND;

  private final long[] from = new long[SPANS];
  private final long[] to = new long[SPANS];
  private final double[] left = new double[SPANS];
  private int newest = -1;
  private int used;
  private double carried;

  /** Adds a share of drops among probes sent between two times. */
  public void add(long sentFrom, long sentTo, double share) {
    long begin = sentFrom - SLACK_NANOS;
    long end = sentTo + SLACK_NANOS;
    if (used > 0 && begin - to[newest] <= 0 && end - from[newest] <= SPAN_NANOS) {
      from[newest] = begin - from[newest] < 0 ? begin : from[newest];
      to[newest] = end - to[newest] > 0 ? end : to[newest];
      left[newest] += share;
      return;
    }
    newest = (newest + 1) % SPANS;
    if (used == SPANS) {
      carried = Math.min(carried + left[newest], 1);
    } else {
      used++;
    }
    from[newest] = begin;
    to[newest] = end;
    left[newest] = share;
  }

  /** Attributes one drop to a probe of this time of sending; returns false when none is left. */
  public boolean tryAttribute(long sentAt) {
    double found = carried;
    boolean covered = false;
    for (int i = 0; i < used; i++) {
      if (covers(i, sentAt)) {
        covered = true;
        found += left[i];
      }
    }
    if (!covered || found < 1) {
      return false;
    }
    double wanted = 1 - Math.min(1, carried);
    carried -= 1 - wanted;
    for (int i = 0; i < used && wanted > 0; i++) {
      if (covers(i, sentAt)) {
        double taken = Math.min(left[i], wanted);
        left[i] -= taken;
        wanted -= taken;
      }
    }
    return true;
  }

  private boolean covers(int span, long sentAt) {
    return sentAt - from[span] >= 0 && to[span] - sentAt >= 0;
  }
}
