package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.wire.LegacyProbe;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;

/**
 * Decides about one datagram at a time and fills our slots in place. No sockets and no clock of its
 * own; belongs to one reflector thread.
 */
final class Echo {

  private final ProbeParser parser = new ProbeParser();
  private final RecentSignatures recent = new RecentSignatures();
  private final FlowMemory flows = new FlowMemory();
  private final RateLimit limit;
  private final RateLimit reportLimit;
  private final int[] reflectorPorts;
  private final ReflectorOptions options;
  private ProbeKeys keys = ProbeKeys.NONE;
  private boolean isStalled;

  private boolean marked;
  private boolean hello;
  private int entry;
  private int slotsAt;
  private int tos;
  private int key;
  private int offset;
  private long flow;
  private int sequence;

  // The newest reply that was stamped: what the three above were then.
  private boolean sent;
  private int sentEntry;
  private long sentFlow;
  private int sentSequence;

  Echo(RateLimit limit, RateLimit telling, int[] reflectorPorts, ReflectorOptions options) {
    this.limit = limit;
    this.reportLimit = telling;
    this.reflectorPorts = reflectorPorts.clone();
    this.options = options;
  }

  /** Whether the next replies say that this reflector stood still until just now. */
  void setStalled(boolean untilNow) {
    isStalled = untilNow;
  }

  /** Takes over the keys that are valid now, for the next probes. */
  void refreshKeys() {
    keys = options.keys().get();
  }

  /**
   * Looks at what a slot holds; on {@link Disposition#REFLECTED} it is ready to be sent but for
   * {@link #stamp}.
   *
   * @param nowNanos monotonic
   * @param arrivals datagrams read from this socket so far, modulo 2³²
   * @param overflows datagrams that its full buffer dropped so far, modulo 2³²
   */
  Disposition process(
      Batch batch, int slot, long nowNanos, int arrivals, int overflows, boolean draining) {
    ByteBuffer bytes = batch.bytes();
    marked = false;
    offset = batch.offset(slot);
    if (batch.isTruncated(slot)) {
      return Disposition.MALFORMED;
    }
    if (!parser.tryParse(bytes, offset, batch.length(slot))) {
      return options.legacy() && LegacyProbe.matches(bytes, batch.offset(slot), batch.length(slot))
          ? processLegacy(batch, slot, nowNanos)
          : Disposition.MALFORMED;
    }
    if (isFromReflector(batch.sourcePort(slot))) {
      return Disposition.FROM_REFLECTOR;
    }
    if (parser.hasSlots() && Slots.direction(bytes, parser.slotsAt()) != Slots.REQUEST) {
      return Disposition.MARKED_REPLY;
    }
    key = keys.isRequired() ? keys.verify(bytes, offset, batch.length(slot)) : 0;
    if (key == 0 && !mayPassUnkeyed(batch, slot)) {
      return Disposition.UNKEYED;
    }
    if (!limit.tryAcquire(nowNanos) && !mayReportDrops(batch, slot, nowNanos)) {
      recordDropped(batch, slot);
      return Disposition.OVER_LIMIT;
    }
    tos = parser.tos(bytes);
    if (!parser.hasSlots()) {
      return recent.wasSeenRecently(parser.nonceAndFlow(bytes), parser.sequence(bytes), nowNanos)
          ? Disposition.SEEN_BEFORE
          : Disposition.REFLECTED;
    }
    fill(batch, slot, nowNanos, arrivals, overflows, draining);
    return Disposition.REFLECTED;
  }

  private boolean isFromReflector(int port) {
    for (int own : reflectorPorts) {
      if (own == port) {
        return true;
      }
    }
    return false;
  }

  private boolean mayPassUnkeyed(Batch batch, int slot) {
    return !keys.isRequired()
        || options.mayBeUnkeyed(batch.sourceHigh(slot), batch.sourceLow(slot));
  }

  private Disposition processLegacy(Batch batch, int slot, long nowNanos) {
    if (isFromReflector(batch.sourcePort(slot))) {
      return Disposition.FROM_REFLECTOR;
    }
    if (!mayPassUnkeyed(batch, slot)) {
      return Disposition.UNKEYED;
    }
    if (!limit.tryAcquire(nowNanos)) {
      return Disposition.OVER_LIMIT;
    }
    tos = LegacyProbe.tos(batch.bytes(), batch.offset(slot));
    // Without a sequence number, the time of sending and the sender's port identify a probe.
    return recent.wasSeenRecently(
            LegacyProbe.sent(batch.bytes(), batch.offset(slot)), batch.sourcePort(slot), nowNanos)
        ? Disposition.SEEN_BEFORE
        : Disposition.REFLECTED;
  }

  /**
   * Returns whether a probe over the limit may pass to report drops, of which its sender would
   * never learn otherwise: a tenth above the limit is for that.
   */
  private boolean mayReportDrops(Batch batch, int slot, long nowNanos) {
    return parser.hasSlots()
        && flows.needsReport(parser.nonceAndFlow(batch.bytes()), sourceKey(batch, slot), nowNanos)
        && reportLimit.tryAcquire(nowNanos);
  }

  /** Records a probe over the limit; reported with the next probe of its flow that passes. */
  private void recordDropped(Batch batch, int slot) {
    ByteBuffer bytes = batch.bytes();
    if (parser.hasSlots() && (Slots.flags(bytes, parser.slotsAt()) & Slots.FLAG_HELLO) == 0) {
      flows.recordDropped(parser.nonceAndFlow(bytes), sourceKey(batch, slot));
    }
  }

  /**
   * Key of a sender, which separates flows of different senders that happen to have the same
   * number.
   */
  private long sourceKey(Batch batch, int slot) {
    if (key != 0) {
      return FlowMemory.AUTHENTIC;
    }
    return FlowMemory.mix(batch.sourceHigh(slot) * 31 + batch.sourceLow(slot))
        + batch.sourcePort(slot);
  }

  private void fill(
      Batch batch, int slot, long nowNanos, int arrivals, int overflows, boolean draining) {
    ByteBuffer bytes = batch.bytes();
    marked = true;
    hello = (Slots.flags(bytes, parser.slotsAt()) & Slots.FLAG_HELLO) != 0;
    slotsAt = parser.slotsAt();
    flow = parser.nonceAndFlow(bytes);
    sequence = parser.sequence(bytes);
    int sent = key == 0 ? 0 : ProbeFormat.coarseSent(bytes, offset);
    entry = flows.recordArrival(flow, sourceKey(batch, slot), sequence, sent, nowNanos);
    flows.recordReported(entry, nowNanos);
    int tosSeen = batch.tos(slot);
    Slots.reply(
        bytes,
        slotsAt,
        (draining ? Slots.FLAG_DRAINING : 0)
            | (batch.isKernelStamped(slot) ? Slots.FLAG_KERNEL_STAMP : 0)
            | (tosSeen >= 0 ? Slots.FLAG_TOS_SEEN : 0)
            | (isStalled ? Slots.FLAG_REFLECTOR_STALLED : 0),
        Math.max(0, tosSeen));
    Slots.flow(bytes, slotsAt, flows.highest(entry), flows.tracked(entry), flows.bitmap(entry));
    Slots.reflector(bytes, slotsAt, options.epoch(), flows.limited(entry), arrivals, overflows);
    Slots.stalled(bytes, slotsAt, flows.stalled(entry));
    Slots.receivedAt(bytes, slotsAt, batch.stampNanos(slot));
  }

  /**
   * Writes the time of sending, to be called just before the send; a foreign probe stays as it
   * came.
   */
  void stamp(ByteBuffer bytes, long realtimeNanos) {
    sent = marked;
    if (marked) {
      sentEntry = entry;
      sentFlow = flow;
      sentSequence = sequence;
      Slots.sentAt(bytes, slotsAt, realtimeNanos);
      if (key != 0) {
        keys.sign(bytes, offset, key);
      }
    }
  }

  /**
   * The send of the reply that was stamped last took long: later ones of its flow tell it, among
   * them the one that is ready.
   *
   * @param ready whether another reply is ready to be stamped
   */
  void recordSlowSend(ByteBuffer bytes, boolean ready) {
    if (!sent) {
      return;
    }
    flows.stalled(sentEntry, sentFlow, Slots.stalled(sentSequence));
    if (ready && marked) {
      Slots.stalled(bytes, slotsAt, flows.stalled(entry));
    }
  }

  /** The kernel did not take the reply that was ready: its sender will be told by a later one. */
  void recordSendFailure() {
    if (isCounted()) {
      flows.recordUnanswered(entry);
    }
  }

  /** Whether the sender is one of ours, and counts this probe. */
  boolean isCounted() {
    return marked && !hello;
  }

  /**
   * Whether the probe is authentic and was here before: the network doubled it, or somebody sends
   * again, from any address, what was captured. It counts for no sender.
   */
  boolean isReplay() {
    return marked && key != 0 && !flows.isFresh();
  }

  /** The ToS byte to reply with. */
  int tos() {
    return tos;
  }
}
