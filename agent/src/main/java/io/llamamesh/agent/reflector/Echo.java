package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.wire.LegacyProbe;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decides about one datagram at a time and fills our slots in place. No sockets and no clock of its
 * own; belongs to one reflector thread.
 */
final class Echo {

  /** Packets within the limit for each one above it that reports drops to a burst's flow. */
  private static final int BURST_REPORT_SHARE = 20;

  private final ProbeParser parser = new ProbeParser();
  private final RecentSignatures recent = new RecentSignatures();
  private final FlowMemory flows = new FlowMemory();
  private final RateLimit limit;
  private final RateLimit reportLimit;
  private final RateLimit burstLimit;
  private final int[] reflectorPorts;
  private final ReflectorOptions options;
  private ProbeKeys keys = ProbeKeys.NONE;
  private boolean isStalled;
  private @Nullable RateLimit burstReportLimit;

  /**
   * An echo.
   *
   * @param burstLimit bound of the part of {@code limit} that probes of bursts may take
   */
  Echo(
      RateLimit limit,
      RateLimit reportLimit,
      RateLimit burstLimit,
      int[] reflectorPorts,
      ReflectorOptions options) {
    this.limit = limit;
    this.reportLimit = reportLimit;
    this.burstLimit = burstLimit;
    this.reflectorPorts = reflectorPorts.clone();
    this.options = options;
  }

  /** Sets whether the next replies say that this reflector was stalled until just now. */
  void setStalled(boolean stalled) {
    isStalled = stalled;
  }

  /** Takes over the keys that are valid now, for the next probes. */
  void refreshKeys() {
    keys = options.keys().get();
  }

  /**
   * Checks the probe in a slot and writes its reply in place, complete but for {@link #stamp}.
   *
   * @param nowNanos monotonic
   * @param arrivals datagrams read from this socket so far, modulo 2³²
   * @param overflows datagrams that its full buffer dropped so far, modulo 2³²
   * @param reply filled on {@link Disposition#REFLECTED}, else meaningless
   */
  Disposition process(
      Batch batch,
      int slot,
      long nowNanos,
      int arrivals,
      int overflows,
      boolean draining,
      EchoReply reply) {
    ByteBuffer bytes = batch.bytes();
    int offset = batch.offset(slot);
    reply.hasSlots = false;
    reply.isHello = false;
    reply.isBurst = false;
    reply.isReplay = false;
    reply.offset = offset;
    reply.key = 0;
    reply.mustBeByPair = false;
    if (batch.isTruncated(slot)) {
      return Disposition.MALFORMED;
    }
    if (!parser.tryParse(bytes, offset, batch.length(slot))) {
      return options.legacy() && LegacyProbe.matches(bytes, offset, batch.length(slot))
          ? processLegacy(batch, slot, nowNanos, reply)
          : Disposition.MALFORMED;
    }
    if (isFromReflector(batch.sourcePort(slot))) {
      return Disposition.FROM_REFLECTOR;
    }
    if (parser.hasSlots() && Slots.direction(bytes, parser.slotsAt()) != Slots.REQUEST) {
      return Disposition.MARKED_REPLY;
    }
    int key =
        keys.isRequired()
            ? keys.verifyRequest(
                bytes, offset, batch.length(slot), batch.sourceHigh(slot), batch.sourceLow(slot))
            : 0;
    if (key == 0 && !mayPassUnkeyed(batch, slot)) {
      return Disposition.UNKEYED;
    }
    boolean burst =
        parser.hasSlots() && (Slots.flags(bytes, parser.slotsAt()) & Slots.FLAG_BURST) != 0;
    if (!isWithinLimit(burst, nowNanos) && !mayReportDrops(batch, slot, key, burst, nowNanos)) {
      recordDropped(batch, slot, key);
      return Disposition.OVER_LIMIT;
    }
    reply.isBurst = burst;
    reply.tos = parser.tos(bytes);
    reply.mustBeByPair = key >= 0 && keys.senders().isExclusive();
    if (!parser.hasSlots()) {
      return recent.wasSeenRecently(parser.nonceAndFlow(bytes), parser.sequence(bytes), nowNanos)
          ? Disposition.SEEN_BEFORE
          : Disposition.REFLECTED;
    }
    reply.key = key;
    fill(batch, slot, nowNanos, arrivals, overflows, draining, reply);
    return Disposition.REFLECTED;
  }

  /** Takes a probe's share of the limits; one of a burst needs both. */
  private boolean isWithinLimit(boolean burst, long nowNanos) {
    return (!burst || burstLimit.tryAcquire(nowNanos)) && limit.tryAcquire(nowNanos);
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

  private Disposition processLegacy(Batch batch, int slot, long nowNanos, EchoReply reply) {
    if (isFromReflector(batch.sourcePort(slot))) {
      return Disposition.FROM_REFLECTOR;
    }
    if (!mayPassUnkeyed(batch, slot)) {
      return Disposition.UNKEYED;
    }
    if (!limit.tryAcquire(nowNanos)) {
      return Disposition.OVER_LIMIT;
    }
    reply.tos = LegacyProbe.tos(batch.bytes(), batch.offset(slot));
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
  private boolean mayReportDrops(Batch batch, int slot, int key, boolean burst, long nowNanos) {
    return parser.hasSlots()
        && flows.needsReport(
            parser.nonceAndFlow(batch.bytes()), sourceKey(batch, slot, key), burst, nowNanos)
        && (!burst || mayReportBurst(nowNanos))
        && reportLimit.tryAcquire(nowNanos);
  }

  /** Takes a report's share of the limit; bursts have half, the rest is for what is measured. */
  private boolean mayReportBurst(long nowNanos) {
    RateLimit bursts = burstReportLimit;
    if (bursts == null) {
      bursts =
          new RateLimit(Math.max(1, options.maxPacketsPerSecond() / BURST_REPORT_SHARE), nowNanos);
      burstReportLimit = bursts;
    }
    return bursts.tryAcquire(nowNanos);
  }

  /** Records a probe over the limit; reported with the next probe of its flow that passes. */
  private void recordDropped(Batch batch, int slot, int key) {
    ByteBuffer bytes = batch.bytes();
    if (parser.hasSlots() && (Slots.flags(bytes, parser.slotsAt()) & Slots.FLAG_HELLO) == 0) {
      flows.recordDropped(parser.nonceAndFlow(bytes), sourceKey(batch, slot, key));
    }
  }

  /**
   * Key of a sender, which separates flows of different senders that happen to have the same
   * number.
   */
  private long sourceKey(Batch batch, int slot, int key) {
    if (key != 0) {
      return key > 0 ? FlowMemory.AUTHENTIC : -keys.pairNumber(key);
    }
    return Long.MAX_VALUE
        & (FlowMemory.mix(batch.sourceHigh(slot) * 31 + batch.sourceLow(slot))
            + batch.sourcePort(slot));
  }

  private void fill(
      Batch batch,
      int slot,
      long nowNanos,
      int arrivals,
      int overflows,
      boolean draining,
      EchoReply reply) {
    ByteBuffer bytes = batch.bytes();
    int slotsAt = parser.slotsAt();
    long flow = parser.nonceAndFlow(bytes);
    int sequence = parser.sequence(bytes);
    int key = reply.key;
    int sent = key == 0 ? 0 : ProbeFormat.coarseSent(bytes, reply.offset);
    int entry = flows.recordArrival(flow, sourceKey(batch, slot, key), sequence, sent, nowNanos);
    flows.recordReported(entry, nowNanos);
    reply.hasSlots = true;
    reply.isHello = (Slots.flags(bytes, slotsAt) & Slots.FLAG_HELLO) != 0;
    reply.isReplay = key != 0 && !flows.isFresh();
    reply.slotsAt = slotsAt;
    reply.flow = flow;
    reply.sequence = sequence;
    reply.entry = entry;
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

  /** Writes the time of sending and signs, just before the send; a foreign probe stays as it is. */
  void stamp(ByteBuffer bytes, EchoReply reply, long realtimeNanos) {
    if (reply.hasSlots) {
      Slots.sentAt(bytes, reply.slotsAt, realtimeNanos);
      if (reply.key != 0) {
        keys.sign(bytes, reply.offset, reply.key);
      }
    }
  }

  /**
   * Records that the send of a reply took long: later replies of its flow report it.
   *
   * @param sent the reply that was slow
   * @param ready the next reply, prepared already, which reports it as well if it is of that flow;
   *     null for none
   */
  void recordSlowSend(ByteBuffer bytes, EchoReply sent, @Nullable EchoReply ready) {
    if (!sent.hasSlots) {
      return;
    }
    flows.recordStalled(sent.entry, sent.flow, Slots.stalled(sent.sequence));
    if (ready != null && ready.hasSlots) {
      Slots.stalled(bytes, ready.slotsAt, flows.stalled(ready.entry));
    }
  }

  /**
   * Records that the kernel refused the reply that was prepared last; a later one reports it to its
   * sender.
   */
  void recordSendFailure(EchoReply reply) {
    if (reply.isCounted()) {
      flows.recordUnanswered(reply.entry);
    }
  }
}
