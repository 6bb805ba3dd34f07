package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;
import java.util.Set;

/**
 * Decides about one datagram at a time and fills our slots in place. No sockets and no clock of its
 * own; belongs to one reflector thread.
 */
final class Echo {

  private final ProbeParser parser = new ProbeParser();
  private final RecentSignatures recent = new RecentSignatures();
  private final FlowMemory flows = new FlowMemory();
  private final RateLimit limit;
  private final Set<Integer> reflectorPorts;
  private final int epoch;

  private boolean marked;
  private int slotsAt;
  private int tos;

  Echo(RateLimit limit, Set<Integer> reflectorPorts, int epoch) {
    this.limit = limit;
    this.reflectorPorts = Set.copyOf(reflectorPorts);
    this.epoch = epoch;
  }

  /**
   * Looks at what a slot holds; on {@link Verdict#REFLECTED} it is ready to be sent but for {@link
   * #stamp}.
   *
   * @param nowNanos monotonic
   * @param drops what this reflector dropped so far, modulo 2³²
   */
  Verdict look(Batch batch, int slot, long nowNanos, int drops, boolean draining) {
    ByteBuffer bytes = batch.bytes();
    marked = false;
    if (batch.truncated(slot) || !parser.parse(bytes, batch.offset(slot), batch.length(slot))) {
      return Verdict.MALFORMED;
    }
    if (reflectorPorts.contains(batch.sourcePort(slot))) {
      return Verdict.FROM_REFLECTOR;
    }
    if (parser.hasSlots() && Slots.direction(bytes, parser.slotsAt()) != Slots.REQUEST) {
      return Verdict.MARKED_REPLY;
    }
    if (!limit.pass(nowNanos)) {
      return Verdict.OVER_LIMIT;
    }
    tos = parser.tos(bytes);
    if (!parser.hasSlots()) {
      return recent.seen(parser.nonceAndFlow(bytes), parser.sequence(bytes), nowNanos)
          ? Verdict.SEEN_BEFORE
          : Verdict.REFLECTED;
    }
    fill(batch, slot, drops, draining);
    return Verdict.REFLECTED;
  }

  private void fill(Batch batch, int slot, int drops, boolean draining) {
    ByteBuffer bytes = batch.bytes();
    marked = true;
    slotsAt = parser.slotsAt();
    long sourceKey =
        FlowMemory.mix(batch.sourceHigh(slot) * 31 + batch.sourceLow(slot))
            + batch.sourcePort(slot);
    int entry = flows.arrived(parser.nonceAndFlow(bytes), sourceKey, parser.sequence(bytes));
    int tosSeen = batch.tos(slot);
    Slots.reply(
        bytes,
        slotsAt,
        (draining ? Slots.FLAG_DRAINING : 0)
            | (batch.kernelStamp(slot) ? Slots.FLAG_KERNEL_STAMP : 0)
            | (tosSeen >= 0 ? Slots.FLAG_TOS_SEEN : 0),
        Math.max(0, tosSeen));
    Slots.flow(bytes, slotsAt, flows.highest(entry), flows.tracked(entry), flows.bitmap(entry));
    Slots.reflector(bytes, slotsAt, epoch, drops);
    Slots.receivedAt(bytes, slotsAt, batch.stampNanos(slot));
  }

  /**
   * Writes the time of sending, to be called just before the send; a foreign probe stays as it
   * came.
   */
  void stamp(ByteBuffer bytes, long realtimeNanos) {
    if (marked) {
      Slots.sentAt(bytes, slotsAt, realtimeNanos);
    }
  }

  /** The ToS byte to reply with. */
  int tos() {
    return tos;
  }
}
