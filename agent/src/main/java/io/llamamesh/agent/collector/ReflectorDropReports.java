package io.llamamesh.agent.collector;

import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;

/**
 * A reflector's newest report to one flow about its own drops: those over its limit, which it
 * counts per flow, and those of its full buffer, which it counts only for all senders together.
 * Counts belong to one life of the reflector and wrap modulo 2³². A later report is compared with
 * it by the methods below, and then takes its place by {@link #record}.
 */
final class ReflectorDropReports {

  private boolean known;
  private int epoch;
  private long sequence = -1;
  private int limited;
  private int arrivals;
  private int overflows;

  private boolean isSameLife(ByteBuffer bytes, int slots) {
    return known && Slots.epoch(bytes, slots) == epoch;
  }

  /** Returns whether the reply to a later probe has reported already, in the same life. */
  boolean isOvertaken(long answered, ByteBuffer bytes, int slots) {
    return isSameLife(bytes, slots) && answered <= sequence;
  }

  /** Sequence of the probe whose reply had the newest report; −1 for none. */
  long sequence() {
    return sequence;
  }

  /** Number of the flow's probes that the limit dropped since the newest report. */
  int newlyLimited(ByteBuffer bytes, int slots) {
    int total = Slots.limited(bytes, slots);
    int more = isSameLife(bytes, slots) ? total - limited : total;
    return more < 0 ? total : more; // less: the reflector evicted the flow and counts anew
  }

  /**
   * Number of datagrams of all senders that the full buffer dropped since the newest report; 0 when
   * that is of another life, so that there is nothing to compare with.
   */
  long newOverflows(ByteBuffer bytes, int slots) {
    return isSameLife(bytes, slots)
        ? Integer.toUnsignedLong(Slots.overflows(bytes, slots) - overflows)
        : 0;
  }

  /**
   * Our share of {@link #newOverflows}: that of our probes in the arrivals meanwhile.
   *
   * @param answered sequence of the reply's probe
   * @param highest highest sequence that the reflector saw
   */
  double overflowShare(long answered, long highest, ByteBuffer bytes, int slots) {
    long read = Integer.toUnsignedLong(Slots.arrivals(bytes, slots) - arrivals);
    double share =
        read == 0 ? 0 : Math.min(1, (double) seen(answered, highest, bytes, slots) / read);
    return newOverflows(bytes, slots) * share;
  }

  /** Number of our probes after that of the newest report that the reflector saw, if known. */
  private int seen(long answered, long highest, ByteBuffer bytes, int slots) {
    long span = Math.min(64, answered - sequence);
    if (highest < answered || highest - answered > 64) {
      return 1;
    }
    // Bit i of the bitmap is the probe i + 1 below the highest.
    int above = (int) (highest - answered);
    long bitmap = Slots.bitmap(bytes, slots);
    long below = above == 64 ? 0 : bitmap >>> above;
    return 1 + Long.bitCount(span == 1 ? 0 : below & (-1L >>> (65 - span)));
  }

  /** Makes the report of this reply the newest. */
  void record(long answered, ByteBuffer bytes, int slots) {
    known = true;
    epoch = Slots.epoch(bytes, slots);
    sequence = answered;
    limited = Slots.limited(bytes, slots);
    arrivals = Slots.arrivals(bytes, slots);
    overflows = Slots.overflows(bytes, slots);
  }
}
