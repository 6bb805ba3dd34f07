package io.llamamesh.agent.collector;

import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;

/**
 * A reflector's reports to one flow about its own drops: those over its limit, which it counts per
 * flow, and those of its full buffer, which it counts only for all senders together. Counts belong
 * to one life of the reflector and wrap modulo 2³².
 */
final class ReflectorDropReports {

  private boolean known;
  private int epoch;
  private long sequence = -1;
  private int limited;
  private int arrivals;
  private int overflows;

  /**
   * A reply told the counts. Those of the limit mark as many of the flow's unanswered probes
   * between this reply's and the one before as {@link Flow#OVERLOADED}. Of those of the buffer we
   * get the share that our probes have in what it took in meanwhile.
   *
   * @param answered the probe that the reply belongs to
   * @param slots where our slots begin
   * @param overflow takes our share of what the buffer dropped
   */
  void apply(Flow flow, long answered, ByteBuffer bytes, int slots, DropAttribution overflow) {
    boolean sameLife = known && Slots.epoch(bytes, slots) == epoch;
    if (sameLife && answered <= sequence) {
      return; // overtaken by a reply that told more
    }
    int newLimited = Slots.limited(bytes, slots);
    int more = sameLife ? newLimited - limited : newLimited;
    if (more < 0) {
      more = newLimited; // the reflector forgot the flow meanwhile and counts anew
    }
    if (more > 0) {
      flow.markOverloaded(sequence + 1, answered, more);
    }
    long dropped = Integer.toUnsignedLong(Slots.overflows(bytes, slots) - overflows);
    // Without an earlier look at this life there is nothing to compare with.
    if (sameLife && dropped > 0) {
      long read = Integer.toUnsignedLong(Slots.arrivals(bytes, slots) - arrivals);
      double share =
          read == 0 ? 0 : Math.min(1, (double) seen(flow, answered, bytes, slots) / read);
      overflow.add(flow.sentAtOrAfter(sequence), flow.sentAt(answered), dropped * share);
    }
    known = true;
    epoch = Slots.epoch(bytes, slots);
    sequence = answered;
    limited = newLimited;
    arrivals = Slots.arrivals(bytes, slots);
    overflows = Slots.overflows(bytes, slots);
  }

  /** How many of our probes after the one of the reply before the reflector saw, as far as told. */
  private int seen(Flow flow, long answered, ByteBuffer bytes, int slots) {
    long highest = flow.sequence(Slots.highest(bytes, slots));
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
}
