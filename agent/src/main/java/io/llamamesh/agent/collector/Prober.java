package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.ErrorSink;
import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.QueuedError;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.WallClock;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.agent.wire.LegacyProbe;
import io.llamamesh.agent.wire.PairSigner;
import io.llamamesh.agent.wire.PairSigners;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The measurement, tick by tick: read replies and errors, settle, send what is due. Belongs to one
 * thread; sockets and clocks are the network's, so that tests can fake both.
 */
public final class Prober {

  /** Flows that have no port are tried again after one second, then two, up to a minute. */
  private static final long RETRY_FIRST = 1_000_000_000L;

  private static final long RETRY_LONGEST = 60_000_000_000L;

  /**
   * Silence of all targets after which other ports are taken: with half a minute between signs that
   * the network works they are within a minute.
   */
  private static final long SILENT_NANOS = 10_000_000_000L;

  /** The next ports are taken after this time, if they stay silent, and then after twice it. */
  private static final long RENEWAL_FIRST = 60_000_000_000L;

  private static final long RENEWAL_LONGEST = 3_600_000_000_000L;

  /** Time between two scans of all flows, which cost more than the probes where these are few. */
  private static final long EXPIRY_NANOS = 250_000_000L;

  /** Next-hop MTU in errors of routers from before RFC 1191, which do not report it. */
  private static final int UNKNOWN_MTU = 0;

  /** Probes sent this long before a router's error were on their way to it. */
  private static final long TOO_BIG_BEFORE_NANOS = 2_000_000_000L;

  /** Routers rate-limit their errors: probes sent this soon after one are too long as well. */
  private static final long TOO_BIG_AFTER_NANOS = 10_000_000_000L;

  /** Smallest MTU of any path: RFC 791 and RFC 8200 §5. */
  private static final int LEAST_MTU_V4 = 68;

  private static final int LEAST_MTU_V6 = 1280;

  private final UdpNetwork network;
  private final WallClock clock;
  private final SourcePorts ports;
  private final Roster roster;
  private final IcmpQuoteMatcher quoted;
  private final Replies replies;
  private final Settlement settlement;
  private final Pacer pacer;
  private final WindowBook book;
  private final CollectorCounters counters;
  private final CollectorListener listener;
  private final Supplier<ProbeKeys> keys;
  private final int requestFlags;
  private final WindowSource further;
  private int begunWindow;
  private ProbeKeys currentKeys = ProbeKeys.NONE;
  private @Nullable SourcePort reading;
  private int errorsDelivered;
  private final Map<Integer, Payload> frames = new HashMap<>();
  // Kept in fields: each method reference would allocate.
  private final Pacer.Due send = this::send;
  private final Pacer.Due skip = this::skip;
  private final ErrorSink errorSink = this::applyError;
  private ProbePlan plan = ProbePlan.IDLE;
  private long tick = TickLength.UNSTRETCHED_NANOS;
  private volatile List<PeerStatus> peerStatuses = List.of();
  private long expiredAt;
  private long takenPorts;
  private long retryAt;
  private long retryPause;

  /** Time of the last renewal of ports; its pause is 0 where something answered since. */
  private long renewedAt;

  private long renewalPause;

  /**
   * A prober with nothing to probe; parameters as of {@link Collector#start}.
   *
   * @param poller gets the ports where the kernel does not stamp arrivals
   */
  public Prober(
      UdpNetwork network,
      Poller poller,
      List<InetAddress> locals,
      RandomGenerator random,
      WindowArchive archive,
      CollectorCounters counters,
      Supplier<List<ClosedWindow.Reflected>> reflected,
      Supplier<ProbeKeys> keys,
      PeerListener peerListener,
      CollectorListener listener) {
    this(
        network,
        poller,
        locals,
        random,
        archive,
        counters,
        reflected,
        keys,
        peerListener,
        listener,
        WindowSource.NONE,
        0);
  }

  /**
   * The same, with flags in all probes.
   *
   * @param further results for the same windows
   * @param requestFlags of {@link Slots}, for requests
   */
  Prober(
      UdpNetwork network,
      Poller poller,
      List<InetAddress> locals,
      RandomGenerator random,
      WindowArchive archive,
      CollectorCounters counters,
      Supplier<List<ClosedWindow.Reflected>> reflected,
      Supplier<ProbeKeys> keys,
      PeerListener peerListener,
      CollectorListener listener,
      WindowSource further,
      int requestFlags) {
    this.further = further;
    this.requestFlags = requestFlags;
    this.network = network;
    this.clock = new WallClock(network);
    this.ports = new SourcePorts(network, poller, locals);
    this.roster = new Roster(network, ports, random, peerListener, listener);
    this.quoted = new IcmpQuoteMatcher(roster);
    this.replies = new Replies(network, clock, roster, counters, keys, listener);
    this.keys = keys;
    this.book = new WindowBook(reflected);
    archive.windowEnds().forEach(book::recordEarlierEnd);
    this.settlement = new Settlement(roster, book, archive, counters, further);
    this.pacer = new Pacer(network.monotonicNanos());
    this.expiredAt = network.monotonicNanos();
    this.counters = counters;
    this.listener = listener;
  }

  /** Makes this the plan; flows that it names again go on as they are. */
  public void apply(ProbePlan next) {
    // A plan without pairs keeps the present windows: those that are open end as they began.
    plan = next.isIdle() ? plan.withoutPairs() : next;
    further.apply(plan);
    retryPause = RETRY_FIRST;
    frames.clear(); // pairs look theirs up again, and those of no class any more are gone
    applyPlan();
  }

  /**
   * Takes other source ports where nothing beyond this site answers any more; to be called while
   * the network is known to work. A router that translates addresses may go on with a translation
   * that leads nowhere, for as long as the flow does not pause: another port is another flow.
   * Probes in flight still get their answers at the ports that they were sent from.
   */
  void renewSilentPorts() {
    long now = network.monotonicNanos();
    if (!roster.isSilentBeyondSite(now, SILENT_NANOS)) {
      renewalPause = 0;
      return;
    }
    if (renewalPause > 0 && now - renewedAt < renewalPause) {
      return;
    }
    int flows = roster.retireSilent(now, SILENT_NANOS);
    if (flows == 0) {
      return;
    }
    counters.add(CollectorCounters.Event.PORTS_RENEWED);
    if (renewalPause == 0) {
      listener.portsRenewed(flows);
    }
    renewalPause = Math.clamp(2 * renewalPause, RENEWAL_FIRST, RENEWAL_LONGEST);
    renewedAt = now;
    applyPlan();
  }

  private void applyPlan() {
    roster.apply(plan);
    findSigners();
    retryAt = network.monotonicNanos() + retryPause;
    counters.setFlows(roster.active().size(), roster.missingFlows());
    pacer.flows(roster.active(), network.monotonicNanos());
    tick = TickLength.nanos(roster.active(), network.hasKernelStamps());
    if (ports.takenPorts() != takenPorts) {
      counters.add(CollectorCounters.Event.PORT_TAKEN, ports.takenPorts() - takenPorts);
      takenPorts = ports.takenPorts();
      listener.portsTaken(takenPorts);
    }
  }

  private void findSigners() {
    PairSigners signers = keys.get().signers();
    if (signers == null) {
      return;
    }
    for (Pair pair : roster.pairs()) {
      String name = pair.plan().name();
      if (name != null && pair.plan().keyed()) {
        pair.peer().signer(signers.of(name, pair.plan().target()));
      }
    }
  }

  /** Time between ticks in nanoseconds. */
  public long tickNanos() {
    if (tick <= TickLength.UNSTRETCHED_NANOS) {
      return tick;
    }
    long longest =
        replies.mustReadSoon(pacer.reached()) ? 0 : roster.listener().longestDelayNanos();
    return Math.min(tick, Math.max(TickLength.UNSTRETCHED_NANOS, longest));
  }

  /** One tick. */
  public void tick() {
    long length = tickNanos();
    boolean stepped = clock.hasStepped();
    if (stepped) {
      counters.add(CollectorCounters.Event.CLOCK_STEP);
      listener.clockStepped(clock.steps());
    }
    boolean stalled = network.monotonicNanos() - pacer.reached() > StallLimits.STALL_NANOS;
    if (stalled) {
      replies.recordStall(pacer.reached(), network.monotonicNanos());
    }
    read(stepped, stalled);
    long now = network.monotonicNanos();
    boolean complete = settlement.hasSettledWindow(now);
    if (complete || now - expiredAt >= EXPIRY_NANOS) {
      expiredAt = now;
      settlement.expire(now, plan.intervalNanos());
    }
    if (complete && settlement.publish(now, plan.retentionNanos())) {
      peerStatuses = roster.peerStatuses(now);
    }
    if (roster.missingFlows() > 0 && now - retryAt >= 0) {
      retryPause = Math.min(2 * retryPause, RETRY_LONGEST);
      applyPlan();
    }
    book.advance(now, clock.realtime(now), plan.intervalNanos());
    if (book.currentId() != begunWindow) {
      begunWindow = book.currentId();
      further.begin(begunWindow);
    }
    currentKeys = keys.get();
    // Checked again: a stall may begin in the middle of a tick.
    if (now - pacer.reached() > StallLimits.STALL_NANOS) {
      replies.recordStall(pacer.reached(), now);
    }
    if (now - pacer.reached() > StallLimits.longestGap(length)) {
      pacer.advance(now - length, skip);
    }
    pacer.advance(now, send);
  }

  /** Reads all ports; also called between ticks where the kernel does not stamp arrivals. */
  void read(boolean clockStepped, boolean stalled) {
    List<SourcePort> all = ports.all();
    long now = network.monotonicNanos();
    for (int i = 0; i < all.size(); i++) {
      SourcePort port = all.get(i);
      replies.read(port, clockStepped, stalled);
      drainErrors(port);
      port.checkOverflow(now);
      long checksums = port.takeChecksumErrors();
      if (checksums > 0) {
        counters.add(CollectorCounters.Event.CHECKSUM, checksums);
      }
    }
  }

  private void drainErrors(SourcePort port) {
    errorsDelivered = 0;
    reading = port;
    int all = port.socket().drainErrors(errorSink);
    reading = null;
    if (all > errorsDelivered) {
      counters.add(CollectorCounters.Event.NETWORK_ERROR, all - errorsDelivered);
      counters.add(CollectorCounters.Event.UNPROVEN_ERROR, all - errorsDelivered);
    }
  }

  private void applyError(QueuedError error) {
    errorsDelivered++;
    counters.add(CollectorCounters.Event.NETWORK_ERROR);
    long now = network.monotonicNanos();
    // Errors carry no time: after a stall one may be as old as the last tick.
    long since = Math.min(now, pacer.reached());
    if (error.isLocal()) {
      counters.add(error.kind());
      if (error.kind() == PeerError.TOO_BIG) {
        // That probe was never sent, so it proves nothing about those that were.
        roster.recordTooBig(error.high(), error.low(), error.detail(), now);
        return;
      }
      InetSocketAddress to =
          new InetSocketAddress(Ip.address(error.high(), error.low()), error.port());
      Peer known = roster.peers().get(to);
      if (known != null) {
        known.recordError(error.kind(), now);
      }
      return;
    }
    Flow flow = reading == null ? null : quoted.find(error, reading, currentKeys);
    if (flow == null || isAbsurd(error, flow.pair())) {
      counters.add(CollectorCounters.Event.UNPROVEN_ERROR);
      return;
    }
    counters.add(error.kind());
    if (error.kind() == PeerError.TOO_BIG) {
      recordTooBig(error, flow, since, now);
      return;
    }
    Peer peer = flow.pair().peer();
    peer.recordError(error.kind(), now);
    if (error.kind() == PeerError.PORT_UNREACHABLE) {
      flow.markError(quoted.sequence(), Flow.REFUSED);
      peer.recordRefused(flow.sentAt(quoted.sequence()), since, now);
    }
  }

  /**
   * Returns whether an error reports an MTU that the probe fits, or one below the smallest of any
   * path.
   */
  private static boolean isAbsurd(QueuedError error, Pair pair) {
    return error.kind() == PeerError.TOO_BIG
        && (error.detail() >= pair.packetBytes()
            || (error.detail() != UNKNOWN_MTU
                && error.detail() < (pair.peer().remote().isV4() ? LEAST_MTU_V4 : LEAST_MTU_V6)));
  }

  private void recordTooBig(QueuedError error, Flow flow, long since, long now) {
    flow.markError(quoted.sequence(), Flow.TOO_BIG);
    if (error.detail() == UNKNOWN_MTU) {
      return;
    }
    long sentAt = flow.sentAt(quoted.sequence());
    if (flow.recordTooBig(sentAt, since - TOO_BIG_BEFORE_NANOS, now + TOO_BIG_AFTER_NANOS)) {
      flow.pair().peer().recordTooBig(error.detail(), sentAt);
    }
  }

  private void skip(Flow flow) {
    if (flow.pair().peer().state() != PeerState.DRAINING) {
      counters.add(CollectorCounters.Event.AGENT_PAUSED);
      skipped(flow);
    }
  }

  private void skipped(Flow flow) {
    flow.pair().cell(book.currentId()).countSkipped();
    counters.countSkipped();
  }

  private void send(Flow flow) {
    Peer peer = flow.pair().peer();
    int extra = 0;
    if (peer.state() == PeerState.DRAINING) {
      if (!peer.isHelloDue(pacer.reached())) {
        return;
      }
      extra = Flow.HELLO;
      counters.add(CollectorCounters.Event.HELLO);
    }
    if (flow.isFull()) {
      counters.add(CollectorCounters.Event.FLIGHTS_FULL);
      if (extra == 0) {
        skipped(flow);
      }
      return;
    }
    ProbePlan.TrafficClass type = flow.pair().plan().trafficClass();
    boolean tosAsNumber = flow.pair().sendsTosAsNumber(pacer.reached());
    Payload frame = flow.pair().frame();
    if (frame == null) {
      frame = frame(type, tosAsNumber);
      flow.pair().frame(frame);
    }
    ByteBuffer bytes = frame.bytes();
    long stamp;
    int signed = 0;
    if (type.isLegacy()) {
      stamp = network.monotonicNanos();
      LegacyProbe.probe(bytes, flow.nonce(), flow.id(), flow.nextOnWire(), clock.realtime(stamp));
    } else {
      ProbeWriter.signature(bytes, flow.nonce(), flow.id(), flow.nextOnWire());
      ProbeWriter.flags(bytes, requestFlags | (extra == 0 ? 0 : Slots.FLAG_HELLO));
      stamp = network.monotonicNanos();
      ProbeWriter.sent(bytes, clock.realtime(stamp));
      signed = sign(flow, bytes, extra != 0);
    }
    SendResult result =
        flow.source().socket().send(frame, type.datagramBytes(), peer.remote(), type.tos());
    boolean counts = extra == 0;
    long took = counts ? network.monotonicNanos() - stamp : 0;
    if (took > StallLimits.STALL_NANOS) {
      // We stalled between the stamp and the send: whether it was answered in time is our doing,
      // too.
      extra = Flow.HELLO;
      counts = false;
      counters.add(CollectorCounters.Event.AGENT_PAUSED);
      skipped(flow);
    } else if (took > StallLimits.SLOW_SEND_NANOS) {
      extra = Flow.STALLED;
    }
    if (result == SendResult.SENT) {
      flow.recordSent(stamp, book.currentId(), extra | signed);
      if (counts) {
        flow.pair().cell(book.currentId()).countSent(flow.path());
        counters.countSent();
      }
    } else if (counts) {
      flow.pair().cell(book.currentId()).countSendError();
      counters.countSendError(result);
    }
    PairSigner signer = peer.signer();
    if (signer != null && signer.isTestDue(stamp)) {
      sendTest(flow, frame, signer);
    }
  }

  /**
   * Signs a request by a key of its pair, or of the mesh where there is none that its target is
   * known to take.
   *
   * @return the flag of those by a key of the pair, or 0
   */
  private int sign(Flow flow, ByteBuffer bytes, boolean hello) {
    boolean keyed = flow.pair().plan().keyed();
    PairSigner signer = flow.pair().peer().signer();
    if (keyed && signer != null && signer.trySign(bytes, hello)) {
      return Flow.BY_PAIR;
    }
    ProbeWriter.withoutSender(bytes);
    currentKeys.sign(bytes, 0, keyed ? currentKeys.signing() : 0);
    return 0;
  }

  /**
   * Sends a hello by a key of the pair that the target may not know yet: only its answer lets the
   * key sign what counts.
   */
  private void sendTest(Flow flow, Payload frame, PairSigner signer) {
    Peer peer = flow.pair().peer();
    ProbePlan.TrafficClass type = flow.pair().plan().trafficClass();
    if (!flow.pair().plan().keyed()
        || type.isLegacy()
        || peer.state() == PeerState.DRAINING
        || !flow.hasSpare()) {
      return;
    }
    ByteBuffer bytes = frame.bytes();
    ProbeWriter.signature(bytes, flow.nonce(), flow.id(), flow.nextOnWire());
    ProbeWriter.flags(bytes, requestFlags | Slots.FLAG_HELLO);
    long stamp = network.monotonicNanos();
    ProbeWriter.sent(bytes, clock.realtime(stamp));
    if (signer.trySignTest(bytes, stamp)
        && flow.source().socket().send(frame, type.datagramBytes(), peer.remote(), type.tos())
            == SendResult.SENT) {
      flow.recordSent(stamp, book.currentId(), Flow.HELLO | Flow.BY_PAIR);
      counters.add(CollectorCounters.Event.HELLO);
    }
  }

  private Payload frame(ProbePlan.TrafficClass type, boolean tosAsNumber) {
    int key = (type.datagramBytes() << 9) | (tosAsNumber ? 256 : 0) | type.tos();
    Payload frame = frames.get(key);
    if (frame == null) {
      frame = Payload.allocate(ProbeFormat.MAX_DATAGRAM);
      if (type.isLegacy()) {
        LegacyProbe.frame(frame.bytes(), type.tos());
      } else {
        ProbeWriter.frame(frame.bytes(), type.datagramBytes(), type.tos());
        if (tosAsNumber) {
          ProbeWriter.tosAsNumber(frame.bytes(), type.tos());
        }
      }
      frames.put(key, frame);
    }
    return frame;
  }

  /** Returns whether every probe has its outcome. */
  boolean isSettled() {
    return !settlement.hasPending();
  }

  /** Publishes all windows; probes still in flight are suppressed. */
  void finish() {
    settlement.suppressPending();
    further.finish();
    long now = network.monotonicNanos();
    settlement.finish(now, clock.realtime(now), plan.retentionNanos());
  }

  /** Statuses of peers with a problem, as of the last published window. */
  List<PeerStatus> peerStatuses() {
    return peerStatuses;
  }

  /** Number of flows that probe now. */
  int flows() {
    return roster.active().size();
  }

  /** Frees the ports. */
  public void close() {
    roster.close();
  }
}
