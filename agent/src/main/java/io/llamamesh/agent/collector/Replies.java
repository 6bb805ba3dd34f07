package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.WallClock;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.wire.PairSigner;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/**
 * Reader of the source ports, which matches each reply to its probe by its signature. The source
 * address only serves to reject forgeries.
 */
final class Replies {

  private static final int BATCH = 64;

  /** Lower bound of the receive buffer that the kernel charges for a datagram. */
  private static final int LEAST_BYTES = 256;

  /** Datagrams in one read of a port that are more than answers: a flood may fill its buffer. */
  static final int FLOOD = 24;

  /** Time for which a flood is expected to go on. */
  static final long FLOOD_NANOS = 1_000_000_000L;

  private static final long UNKNOWN = -1;

  private final UdpNetwork network;
  private final WallClock clock;
  private final Roster roster;
  private final CollectorCounters counters;
  private final Supplier<ProbeKeys> keys;
  private final CollectorListener listener;
  private final Batch batch;
  private final ProbeParser parser = new ProbeParser();
  private boolean stampsUsable;
  private boolean hasUnstamped;
  private boolean isFlooded;
  private long floodedAt;
  private boolean spansStall;
  private long stallFrom;
  private long stallTo;

  Replies(
      UdpNetwork network,
      WallClock clock,
      Roster roster,
      CollectorCounters counters,
      Supplier<ProbeKeys> keys,
      CollectorListener listener) {
    this.network = network;
    this.clock = clock;
    this.roster = roster;
    this.counters = counters;
    this.keys = keys;
    this.listener = listener;
    this.batch = network.newBatch(BATCH, ProbeFormat.MAX_DATAGRAM);
  }

  /**
   * Records that we stalled between these times. If the whole machine did, replies that came
   * meanwhile are stamped when it went on, and RTTs of probes in flight include our stall.
   */
  void recordStall(long from, long to) {
    stallFrom = from;
    stallTo = to;
  }

  /**
   * Reads what has arrived at a port, but no more than its buffer holds: a flood that arrives
   * faster than it is read must not keep us from sending.
   *
   * @param clockStepped the wall clock was stepped since the last read: stamps of both sides of the
   *     step are mixed, so the RTTs are unknown
   * @param stalled this read is late: without kernel stamps the RTTs are unknown
   */
  void read(SourcePort port, boolean clockStepped, boolean stalled) {
    int most = port.socket().receiveBufferBytes() / LEAST_BYTES;
    int left = most;
    int count;
    do {
      count = port.socket().receive(batch);
      long now = network.monotonicNanos();
      for (int slot = 0; slot < count; slot++) {
        hasUnstamped |= !batch.isKernelStamped(slot);
        stampsUsable = !clockStepped && (batch.isKernelStamped(slot) || !stalled);
        port.recordArrival(handle(slot, now));
      }
      left -= count;
    } while (count == batch.slots() && left > 0);
    if (most - left > FLOOD) {
      isFlooded = true;
      floodedAt = network.monotonicNanos();
    }
  }

  /**
   * Returns whether ports are not to wait long for the next read: one is flooded, or the kernel
   * left a datagram without a stamp, so that the time of its read was its arrival.
   */
  boolean mustReadSoon(long now) {
    isFlooded = isFlooded && now - floodedAt < FLOOD_NANOS;
    return isFlooded || hasUnstamped;
  }

  /** Handles the datagram in a slot; returns whether it answers a probe of ours. */
  private boolean handle(int slot, long now) {
    ByteBuffer bytes = batch.bytes();
    boolean probe =
        parser.tryParse(bytes, batch.offset(slot), batch.length(slot))
            || parser.tryParseLegacy(bytes, batch.offset(slot), batch.length(slot));
    if (!probe && !parser.tryParseSignature(bytes, batch.offset(slot), batch.length(slot))) {
      counters.add(CollectorCounters.Event.NOT_A_PROBE);
      return false;
    }
    Flow flow = roster.flow(parser.nonce(bytes), parser.flow(bytes));
    long sequence = flow == null ? -1 : flow.sequence(parser.sequence(bytes));
    if (flow == null || sequence < 0) {
      counters.add(
          probe ? CollectorCounters.Event.UNEXPECTED : CollectorCounters.Event.NOT_A_PROBE);
      return false;
    }
    boolean ours =
        probe && parser.hasSlots() && Slots.direction(bytes, parser.slotsAt()) == Slots.REPLY;
    boolean fullLength = probe && hasFullLength(flow, slot);
    if (!isFrom(flow.pair().peer(), slot) && !mayHaveOtherSource(flow, fullLength, ours, now)) {
      counters.add(CollectorCounters.Event.FOREIGN_ANSWER);
      return false;
    }
    if (!fullLength) {
      counters.add(CollectorCounters.Event.GARBLED);
      return markSuspicious(flow, sequence, slot);
    }
    if (!isAuthentic(flow, sequence, slot)) {
      recordUnkeyed(flow, sequence, now);
      return false;
    }
    if (isTest(flow, sequence)) {
      // What the reflector knows of the flow is of probes by other keys.
      var _ = flow.recordAnswer(sequence);
      flow.pair().peer().recordAlive(flow.sentAt(sequence), now);
      return true;
    }
    long rtt = rtt(slot, flow.sentAt(sequence), now);
    long residence = ours ? residence(bytes, parser.slotsAt(), rtt) : UNKNOWN;
    if (ours) {
      roster
          .listener()
          .answered(
              flow.pair().plan().target(),
              Slots.epoch(bytes, parser.slotsAt()),
              flow.sentAt(sequence),
              stampsUsable && residence != UNKNOWN && !isReflectorStalled()
                  ? rtt - residence
                  : UNKNOWN);
      applySlots(flow, sequence, rtt - Math.max(0, residence), bytes, parser.slotsAt(), now);
    } else {
      flow.pair().peer().recordReply(flow.sentAt(sequence), now);
    }
    flow.pair().recordTosAsNumber(!ours && parser.hasReceived(), now);
    if (account(flow, sequence, rtt, residence, ours)) {
      recordDscp(flow, sequence, slot, ours);
    }
    return true;
  }

  private boolean isFrom(Peer peer, int slot) {
    Remote remote = peer.remote();
    return batch.sourceLow(slot) == remote.low()
        && batch.sourceHigh(slot) == remote.high()
        && batch.sourcePort(slot) == remote.port();
  }

  /**
   * Returns whether a reply may come from another address than its probe went to. Our reflectors
   * answer from where they were asked; LLAMA's own may answer from any address of its host, and
   * there the signature alone decides.
   */
  private static boolean mayHaveOtherSource(Flow flow, boolean fullLength, boolean ours, long now) {
    return fullLength && !ours && !flow.pair().peer().isOurs(now);
  }

  /**
   * Returns whether a reply is as long as its probe. One of a reflector that encodes the probe
   * anew, as udprobe's, must have the same padding, and none of our reply's slots.
   */
  private boolean hasFullLength(Flow flow, int slot) {
    int length = flow.pair().plan().trafficClass().datagramBytes();
    return !batch.isTruncated(slot)
        && (batch.length(slot) == length
            || (parser.isForeignFrame()
                && parser.padding() == ProbeFormat.paddingBytes(length)
                && !(parser.hasSlots()
                    && Slots.direction(batch.bytes(), parser.slotsAt()) == Slots.REPLY)));
  }

  /**
   * Marks a probe whose answer was shortened or lengthened on the way. A full one may still come:
   * the outcome is decided when the probe is settled.
   *
   * @return whether it is plausibly the peer's: with keys, its signed part must be intact
   */
  private boolean markSuspicious(Flow flow, long sequence, int slot) {
    ProbeKeys present = keys.get();
    boolean proven = !mustBeSigned(flow, present) || isHeadVerified(flow, sequence, slot, present);
    if (proven && isPending(flow, sequence)) {
      flow.markSuspicious(sequence);
    }
    return proven;
  }

  private boolean isHeadVerified(Flow flow, long sequence, int slot, ProbeKeys present) {
    int offset = batch.offset(slot);
    int length = batch.length(slot);
    if (flow.hasFlag(sequence, Flow.BY_PAIR)) {
      PairSigner signer = flow.pair().peer().signer();
      return signer != null && signer.isHeadVerified(batch.bytes(), offset, length, Slots.REPLY);
    }
    return present.isHeadVerified(batch.bytes(), offset, length, Slots.REPLY);
  }

  /** Counts an answer without a valid key; anybody who saw the probe can send one. */
  private void recordUnkeyed(Flow flow, long sequence, long now) {
    if (isPending(flow, sequence)) {
      counters.add(CollectorCounters.Event.UNKEYED_ANSWER);
      if (flow.pair().peer().shouldReportUnkeyed(now)) {
        listener.unkeyedAnswer(flow.pair().plan().target());
      }
    }
  }

  private static boolean isPending(Flow flow, long sequence) {
    return flow.kind(sequence) == Flow.PENDING && !flow.hasFlag(sequence, Flow.HELLO);
  }

  /** RTT in nanoseconds; an upper bound where the stamps are unusable. */
  private long rtt(int slot, long sentAt, long now) {
    long arrived = clock.monotonic(batch.stampNanos(slot));
    // Earlier than its probe, or in the future: the clock was stepped since it was last compared.
    stampsUsable &= arrived - sentAt >= 0 && arrived - now <= WallClock.STEP_NANOS;
    spansStall = sentAt - stallTo < 0 && arrived - stallFrom > StallLimits.STALL_NANOS;
    stampsUsable &= !spansStall;
    return (stampsUsable && arrived - now < 0 ? arrived : now) - sentAt;
  }

  /** Returns whether answers to a flow's probes must be signed. */
  private static boolean mustBeSigned(Flow flow, ProbeKeys present) {
    return present.isRequired() && flow.pair().plan().keyed();
  }

  /**
   * Returns whether a reply is signed by a holder of a key, where keys are in use, and of the
   * pair's where its probe is signed by that. Our own probe sent back by anybody has a valid MAC,
   * too, but that of a request.
   */
  private boolean isAuthentic(Flow flow, long sequence, int slot) {
    ProbeKeys present = keys.get();
    if (!mustBeSigned(flow, present)) {
      return true;
    }
    ByteBuffer bytes = batch.bytes();
    if (!parser.hasSlots() || Slots.direction(bytes, parser.slotsAt()) != Slots.REPLY) {
      return false;
    }
    if (!flow.hasFlag(sequence, Flow.BY_PAIR)) {
      return present.verify(bytes, batch.offset(slot), batch.length(slot)) != 0;
    }
    PairSigner signer = flow.pair().peer().signer();
    int label = signer == null ? 0 : signer.verify(bytes, batch.offset(slot), batch.length(slot));
    if (signer != null && label != 0 && flow.hasFlag(sequence, Flow.HELLO)) {
      signer.recordAnswered(label);
    }
    return label != 0;
  }

  /** Returns whether a probe asked for nothing but whether its key is taken. */
  private static boolean isTest(Flow flow, long sequence) {
    return flow.hasFlag(sequence, Flow.HELLO)
        && flow.hasFlag(sequence, Flow.BY_PAIR)
        && flow.pair().peer().state() != PeerState.DRAINING;
  }

  /** Residence time in nanoseconds; unknown when the reflector's clock was stepped in between. */
  private static long residence(ByteBuffer bytes, int slots, long rtt) {
    long residence = Slots.sentAt(bytes, slots) - Slots.receivedAt(bytes, slots);
    return residence < 0 || residence > rtt ? UNKNOWN : residence;
  }

  private void applySlots(
      Flow flow, long sequence, long network, ByteBuffer bytes, int slots, long now) {
    updatePeer(flow, sequence, network, bytes, slots, now);
    flow.applySeenBitmap(
        Slots.highest(bytes, slots), Slots.tracked(bytes, slots), Slots.bitmap(bytes, slots));
    flow.applyDropReport(sequence, bytes, slots, flow.pair().peer().overflowDrops());
    settleHeldRtt(flow, sequence, bytes, slots);
  }

  /**
   * Updates the peer's state by an answer; a drain mark counts only in the first answer, and in
   * time.
   */
  private void updatePeer(
      Flow flow, long sequence, long network, ByteBuffer bytes, int slots, long now) {
    Peer peer = flow.pair().peer();
    long sentAt = flow.sentAt(sequence);
    int epoch = Slots.epoch(bytes, slots);
    boolean believed = true;
    if ((Slots.flags(bytes, slots) & Slots.FLAG_DRAINING) == 0) {
      believed = peer.recordReply(sentAt, now, epoch);
    } else if (flow.kind(sequence) == Flow.PENDING && network <= flow.pair().timeoutNanos()) {
      believed = peer.recordDrain(sentAt, now, epoch, mustBeSigned(flow, keys.get()));
    } else {
      peer.recordAlive(sentAt, now);
    }
    if (!believed) {
      counters.add(CollectorCounters.Event.FALSE_GOODBYE);
    }
  }

  /**
   * Counts or discards the RTT that is held: this reply reports whether the reflector's send was
   * delayed.
   */
  private void settleHeldRtt(Flow flow, long sequence, ByteBuffer bytes, int slots) {
    long held = flow.heldSequence();
    if (held < 0 || held >= sequence) {
      return;
    }
    if (Slots.isMarkedStalled(bytes, slots, (int) held)) {
      flow.discardHeldRtt();
      count(flow, held, Mark.STALLED);
    } else {
      flow.countHeldRtt();
    }
  }

  /** Records path MTU and DSCP of a probe that was answered in time and counts. */
  private void recordDscp(Flow flow, long sequence, int slot, boolean ours) {
    Pair pair = flow.pair();
    flow.confirmFits(flow.sentAt(sequence));
    if (pair.exceedsPathMtu()) {
      pair.peer().confirmFits(flow.sentAt(sequence));
    }
    int tos = pair.plan().trafficClass().tos();
    ByteBuffer bytes = batch.bytes();
    int forward =
        ours && (Slots.flags(bytes, parser.slotsAt()) & Slots.FLAG_TOS_SEEN) != 0
            ? Slots.tosSeen(bytes, parser.slotsAt())
            : tos;
    int back = batch.tos(slot) < 0 || !(ours || mirrorsTos(flow)) ? tos : batch.tos(slot);
    // The two bits below the DSCP are the network's to change (RFC 3168).
    if ((forward ^ tos) >> 2 != 0 || (back ^ tos) >> 2 != 0) {
      pair.cell(flow.window(sequence))
          .recordDscpRewrite(
              (forward ^ tos) >> 2 == 0 ? -1 : forward >> 2,
              (back ^ tos) >> 2 == 0 ? -1 : back >> 2);
      counters.add(Mark.DSCP_REWRITTEN);
    }
  }

  /**
   * Returns whether a foreign reflector can have mirrored the ToS: LLAMA's in Go sets it on IPv4
   * only, and one that encodes the probe anew understood ours only where it took it for a number.
   */
  private boolean mirrorsTos(Flow flow) {
    return flow.pair().peer().remote().isV4() && (!parser.hasReceived() || parser.isTosNumber());
  }

  /** Counts a reply; returns whether it answers a probe that counts, in time. */
  private boolean account(Flow flow, long sequence, long rtt, long residence, boolean ours) {
    boolean hello = flow.hasFlag(sequence, Flow.HELLO);
    if (flow.kind(sequence) == Flow.RECEIVED) {
      if (!hello) {
        count(flow, sequence, Mark.DUPLICATE);
      }
      return false;
    }
    if (flow.kind(sequence) != Flow.PENDING) {
      counters.add(CollectorCounters.Event.UNEXPECTED);
      return false;
    }
    long timeout = flow.pair().timeoutNanos();
    long network = residence == UNKNOWN ? rtt : rtt - residence;
    boolean excused = ours && isReflectorStalled();
    if (network > timeout && stampsUsable && !excused) {
      flow.markAfterTimeout(sequence); // stays pending and becomes a loss
      return false;
    }
    if (hello) {
      flow.recordAnswer(sequence);
      return false;
    }
    PairCell cell = flow.pair().cell(flow.window(sequence));
    if (flow.recordAnswer(sequence)) {
      count(flow, sequence, Mark.REORDERED);
    }
    if (rtt > timeout && stampsUsable) {
      cell.count(Outcome.LATE);
      counters.add(Outcome.LATE);
      return true;
    }
    counters.add(Outcome.RECEIVED);
    cell.count(Outcome.RECEIVED);
    // A stalled reflector cannot report how much of the time was its own.
    if (spansStall || excused || flow.hasFlag(sequence, Flow.STALLED)) {
      count(flow, sequence, Mark.STALLED);
      return true;
    }
    if (!stampsUsable) {
      return true;
    }
    if (residence != UNKNOWN) {
      cell.recordResidence(residence);
    }
    if (ours && sequence > flow.heldSequence()) {
      flow.holdRtt(sequence, network);
    } else {
      flow.recordRtt(sequence, network);
    }
    return true;
  }

  /** Returns whether the reply says that its reflector was stalled until just before. */
  private boolean isReflectorStalled() {
    return (Slots.flags(batch.bytes(), parser.slotsAt()) & Slots.FLAG_REFLECTOR_STALLED) != 0;
  }

  private void count(Flow flow, long sequence, Mark mark) {
    flow.pair().cell(flow.window(sequence)).count(mark);
    counters.add(mark);
  }
}
