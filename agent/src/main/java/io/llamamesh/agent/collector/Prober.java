package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The measurement, one tick after the other: read, account, send. Belongs to one thread; sockets
 * and clocks are the network's, so that tests can play both.
 */
final class Prober {

  /** A tick later than this means that we did not run; what came due meanwhile is skipped. */
  static final long STALL_NANOS = 100_000_000L;

  private static final long EXPIRY_NANOS = 50_000_000L;
  private static final int FAST_RATE = 5000;
  private static final long SLOW_TICK = 10_000_000L;
  private static final long FAST_TICK = 1_000_000L;

  private final UdpNetwork network;
  private final ClockWatch clock;
  private final SourcePorts ports;
  private final Roster roster;
  private final Replies replies;
  private final Settlement settlement;
  private final Pacer pacer;
  private final WindowBook book = new WindowBook();
  private final CollectorCounters counters;
  private final CollectorReports reports;
  private final int nonce;
  private final Map<Integer, Payload> frames = new HashMap<>();
  private ProbePlan plan = ProbePlan.IDLE;
  private long tick = SLOW_TICK;
  private long expiredAt;
  private long steppedOver;

  Prober(
      UdpNetwork network,
      Poller poller,
      List<InetAddress> locals,
      int nonce,
      WindowArchive archive,
      CollectorCounters counters,
      PeerListener peerListener,
      CollectorReports reports) {
    this.network = network;
    this.clock = new ClockWatch(network);
    this.ports = new SourcePorts(network, poller, locals);
    this.roster = new Roster(network, ports, peerListener, reports);
    this.replies = new Replies(network, clock, roster, counters, nonce);
    this.settlement = new Settlement(roster, book, archive, counters);
    this.pacer = new Pacer(network.monotonicNanos());
    this.expiredAt = network.monotonicNanos();
    this.counters = counters;
    this.reports = reports;
    this.nonce = nonce;
  }

  /** Makes this the plan; flows that it names again go on as they are. */
  void apply(ProbePlan next) {
    plan = next;
    roster.apply(next);
    pacer.flows(roster.active(), network.monotonicNanos());
    tick = pacer.rate() < FAST_RATE ? SLOW_TICK : FAST_TICK;
    if (ports.steppedOver() != steppedOver) {
      steppedOver = ports.steppedOver();
      reports.portsSteppedOver(steppedOver);
    }
  }

  /** Time between ticks in nanoseconds. */
  long tickNanos() {
    return tick;
  }

  /** One tick. */
  void tick() {
    boolean stepped = clock.stepped();
    if (stepped) {
      counters.add(CollectorCounters.Event.CLOCK_STEP);
      reports.clockStepped(clock.steps());
    }
    boolean stalled = network.monotonicNanos() - pacer.reached() > STALL_NANOS;
    read(stepped, stalled);
    long now = network.monotonicNanos();
    if (now - expiredAt >= EXPIRY_NANOS) {
      expiredAt = now;
      settlement.expire(now, plan.intervalNanos());
    }
    book.advance(now, clock.realtime(now), plan.intervalNanos());
    // Up to the last expiry: a window is complete only when its last probe has its outcome.
    settlement.publish(expiredAt, plan.retentionNanos());
    if (stalled) {
      pacer.advance(now - tick, flow -> counters.add(CollectorCounters.Event.AGENT_PAUSED));
    }
    pacer.advance(now, this::send);
  }

  /** Reads all ports, between ticks too where arrivals are not stamped by the kernel. */
  void read(boolean clockStepped, boolean stalled) {
    List<SourcePort> all = ports.all();
    long now = network.monotonicNanos();
    for (int i = 0; i < all.size(); i++) {
      SourcePort port = all.get(i);
      replies.read(port, clockStepped, stalled);
      port.socket().drainErrors(this::failed);
      port.checkOverflow(now, 1_000_000_000L);
    }
  }

  private void failed(PeerError error, long high, long low, int port, int detail) {
    counters.add(CollectorCounters.Event.NETWORK_ERROR);
    if (error == PeerError.PORT_UNREACHABLE) {
      Peer peer = roster.peers().get(new InetSocketAddress(Ip.address(high, low), port));
      if (peer != null) {
        peer.refused(network.monotonicNanos());
      }
    }
  }

  private void send(Flow flow) {
    Peer peer = flow.pair().peer();
    byte extra = 0;
    if (peer.state() == PeerState.DRAINING) {
      if (!peer.helloDue(pacer.reached())) {
        return;
      }
      extra = Flow.HELLO;
      counters.add(CollectorCounters.Event.HELLO);
    }
    if (flow.full()) {
      counters.add(CollectorCounters.Event.FLIGHTS_FULL);
      return;
    }
    ProbePlan.TrafficClass type = flow.pair().plan().trafficClass();
    Payload frame = frame(type);
    ByteBuffer bytes = frame.bytes();
    ProbeWriter.signature(bytes, nonce, flow.id(), flow.nextOnWire());
    ProbeWriter.flags(bytes, extra == 0 ? 0 : Slots.FLAG_HELLO);
    long stamp = network.realtimeNanos();
    ProbeWriter.sent(bytes, stamp);
    SendResult result =
        flow.source().socket().send(frame, type.datagramBytes(), peer.remote(), type.tos());
    if (result == SendResult.SENT) {
      flow.flies(clock.monotonic(stamp), book.present(), extra);
      if (extra == 0) {
        flow.pair().cell(book.present()).sent(flow.path());
        counters.add(Outcome.SENT);
      }
    } else if (extra == 0) {
      flow.pair().cell(book.present()).count(Outcome.SEND_ERROR);
      counters.add(Outcome.SEND_ERROR);
    }
  }

  private Payload frame(ProbePlan.TrafficClass type) {
    int key = (type.datagramBytes() << 8) | type.tos();
    Payload frame = frames.get(key);
    if (frame == null) {
      frame = Payload.allocate(ProbeFormat.MAX_DATAGRAM);
      ProbeWriter.frame(frame.bytes(), type.datagramBytes(), type.tos());
      frames.put(key, frame);
    }
    return frame;
  }

  /** How many flows probe now. */
  int flows() {
    return roster.active().size();
  }

  void close() {
    roster.close();
  }
}
