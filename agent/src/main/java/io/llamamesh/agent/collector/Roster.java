package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.wire.ProbeFormat;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Pairs, flows and peers of the present plan, and those of earlier plans that still wait for
 * answers. A new plan keeps every flow that it names again, with its port, sequence and probes in
 * flight; the others are retired: no further probes, but those in flight are still accounted for.
 */
final class Roster {

  private static final int MAX_STATUSES = 1000;

  private final UdpNetwork network;
  private final SourcePorts ports;
  private final PeerListener listener;
  private final CollectorListener collectorListener;
  private final RandomGenerator random;
  private final FlowTable table;
  private final Map<Key, Entry> entries = new LinkedHashMap<>();
  private final Map<InetSocketAddress, Peer> peers = new HashMap<>();

  /** Values of the maps as lists, for scans many times a second. */
  private final List<Pair> pairList = new ArrayList<>();

  private final List<Peer> peerList = new ArrayList<>();
  private final List<Flow> active = new ArrayList<>();
  private final List<Flow> retired = new ArrayList<>();
  private final List<Pair> leaving = new ArrayList<>();

  /** Reported reasons for missing flows, by pair; a retry does not report the same again. */
  private final Map<Key, String> skipReasons = new HashMap<>();

  private int missing;
  private long longestTimeout;

  /**
   * Identity of a pair: what may not change under probes in flight, that is their length, timeout,
   * ToS and signing. A pair with another of these is another pair; the old one leaves with the
   * probes that it sent.
   */
  private record Key(ProbePlan.TrafficClass type, InetSocketAddress target, boolean keyed) {
    static Key of(ProbePlan.Pair pair) {
      return new Key(pair.trafficClass(), pair.target(), pair.keyed());
    }
  }

  /** A pair of the present plan and its flows, by path. */
  private record Entry(Pair pair, List<Flow> flows) {}

  Roster(
      UdpNetwork network,
      SourcePorts ports,
      RandomGenerator random,
      PeerListener listener,
      CollectorListener collectorListener) {
    this.random = random;
    this.table = new FlowTable(new FlowIds(random));
    this.network = network;
    this.ports = ports;
    this.listener = listener;
    this.collectorListener = collectorListener;
  }

  /** Replaces the plan. */
  void apply(ProbePlan plan) {
    Set<Key> wanted = new HashSet<>();
    for (ProbePlan.Pair pair : plan.pairs()) {
      wanted.add(Key.of(pair));
    }
    entries.forEach((key, entry) -> {
      if (!wanted.contains(key)) {
        retire(entry.flows(), 0);
        leaving.add(entry.pair());
      }
    });
    entries.keySet().retainAll(wanted);
    skipReasons.keySet().retainAll(wanted);
    missing = 0;
    for (ProbePlan.Pair pair : plan.pairs()) {
      missing += pair.sourcePorts() - ensureFlows(pair);
    }
    active.clear();
    pairList.clear();
    entries
        .values()
        .forEach(entry -> {
          active.addAll(entry.flows());
          pairList.add(entry.pair());
        });
    Set<InetSocketAddress> targets = new HashSet<>();
    pairList.forEach(pair -> targets.add(pair.plan().target()));
    leaving.forEach(pair -> targets.add(pair.plan().target()));
    peers.keySet().retainAll(targets);
    peerList.clear();
    peerList.addAll(peers.values());
    updateLongestTimeout();
  }

  private void updateLongestTimeout() {
    longestTimeout = 0;
    for (Pair pair : pairList) {
      longestTimeout = Math.max(longestTimeout, pair.timeoutNanos());
    }
    for (Pair pair : leaving) {
      longestTimeout = Math.max(longestTimeout, pair.timeoutNanos());
    }
  }

  /** Longest timeout of all pairs that have probes in flight or windows open, in nanoseconds. */
  long longestTimeout() {
    return longestTimeout;
  }

  /** Opens the flows that a pair lacks; returns how many it has. */
  private int ensureFlows(ProbePlan.Pair wanted) {
    Entry entry =
        entries.computeIfAbsent(
            Key.of(wanted),
            key -> new Entry(new Pair(peer(wanted.target()), wanted), new ArrayList<>()));
    List<Flow> flows = entry.flows();
    entry.pair().plan(wanted);
    retire(flows, wanted.sourcePorts());
    flows.forEach(flow -> flow.ensureCapacity(flowCapacity(wanted)));
    while (flows.size() < wanted.sourcePorts()) {
      Flow flow = openFlow(entry.pair(), flows.size());
      if (flow == null) {
        return flows.size();
      }
      flows.add(flow);
    }
    skipReasons.remove(Key.of(wanted));
    return flows.size();
  }

  /** Opens a flow of a pair; returns null, with the reason reported, where that is impossible. */
  private @Nullable Flow openFlow(Pair pair, int path) {
    ProbePlan.Pair plan = pair.plan();
    SourcePort source;
    try {
      source = ports.acquire(plan, path);
    } catch (IOException e) {
      reportSkipped(plan, String.valueOf(e.getMessage()));
      return null;
    }
    int id = table.reserve();
    if (id < 0) {
      ports.release(source);
      reportSkipped(plan, "more than " + FlowTable.LIMIT + " flows");
      return null;
    }
    Flow flow =
        new Flow(
            id,
            random.nextInt(ProbeFormat.MODULUS),
            pair,
            path,
            source,
            phase(plan, source, path),
            flowCapacity(plan));
    table.put(flow);
    pair.openPath(path, source.port());
    return flow;
  }

  private void reportSkipped(ProbePlan.Pair plan, String reason) {
    if (!reason.equals(skipReasons.put(Key.of(plan), reason))) {
      collectorListener.targetSkipped(plan.target(), plan.trafficClass().name(), reason);
    }
  }

  private Peer peer(InetSocketAddress target) {
    return peers.computeIfAbsent(
        target, t -> new Peer(new Remote(t), random.nextInt(), listener, network.monotonicNanos()));
  }

  /** Retires flows of a pair from a path on. */
  private void retire(List<Flow> flows, int from) {
    while (flows.size() > from) {
      retired.add(flows.removeLast());
    }
  }

  /**
   * Most probes that can be in flight: those of the timeout and the grace, and a few ticks more.
   */
  private static int flowCapacity(ProbePlan.Pair plan) {
    long span = plan.trafficClass().timeoutNanos() + WindowBook.GRACE_NANOS + 500_000_000L;
    return (int) Math.min(1 << 20, span / plan.periodNanos() + 2);
  }

  /**
   * Offset in the period at which a flow is due: spread by a hash over targets, and evenly over the
   * ports of one target, so that a tick's probes go to different targets.
   */
  private static long phase(ProbePlan.Pair plan, SourcePort source, int path) {
    long hash = source.socket().local().getAddress().hashCode() * 31L + plan.target().hashCode();
    hash = hash * 31 + plan.trafficClass().name().hashCode();
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash ^= hash >>> 33;
    long period = plan.periodNanos();
    return (Math.floorMod(hash, period) + period / plan.sourcePorts() * path) % period;
  }

  /**
   * Returns whether no target beyond this site answers, nor an error comes back from one: of the
   * targets with public addresses, or of those on other hosts where there are none of these.
   */
  boolean isSilentBeyondSite(long now, long nanos) {
    boolean isBeyond = pairList.stream().anyMatch(pair -> reach(pair) == Reach.PUBLIC);
    Reach wanted = isBeyond ? Reach.PUBLIC : Reach.SITE;
    boolean isAny = false;
    for (Pair pair : pairList) {
      if (reach(pair) == wanted) {
        if (!pair.peer().isSilent(now, nanos)) {
          return false;
        }
        isAny = true;
      }
    }
    return isAny;
  }

  /** From where an address means the same host. */
  private enum Reach {
    HOST,
    SITE,
    PUBLIC
  }

  private static Reach reach(Pair pair) {
    InetAddress address = pair.plan().target().getAddress();
    if (address.isLoopbackAddress()) {
      return Reach.HOST;
    }
    return address.isLinkLocalAddress() || Ip.isSiteOwn(address) ? Reach.SITE : Reach.PUBLIC;
  }

  /**
   * Retires the flows of silent targets, whose ports the system chose: the next plan gives them
   * others.
   *
   * @return how many
   */
  int retireSilent(long now, long nanos) {
    ports.replaceChosen();
    int flows = 0;
    for (Entry entry : entries.values()) {
      Pair pair = entry.pair();
      if (pair.plan().trafficClass().basePort() == 0
          && reach(pair) != Reach.HOST
          && pair.peer().isSilent(now, nanos)) {
        flows += entry.flows().size();
        retire(entry.flows(), 0);
      }
    }
    return flows;
  }

  /** Frees what retired flows and leaving pairs no longer need. */
  void sweep() {
    if (retired.isEmpty() && leaving.isEmpty()) {
      return; // as nearly always, and then without allocating
    }
    retired.removeIf(flow -> {
      if (!flow.isIdle()) {
        return false;
      }
      table.remove(flow);
      ports.release(flow.source());
      return true;
    });
    if (leaving.removeIf(pair -> !pair.hasOpenWindow())) {
      updateLongestTimeout();
    }
  }

  /** Listener of peers. */
  PeerListener listener() {
    return listener;
  }

  /** Flow of a signature; null where none has that id and nonce. */
  @Nullable Flow flow(int nonce, int id) {
    Flow flow = table.get(id);
    return flow != null && flow.nonce() == nonce ? flow : null;
  }

  /** Flows of the plan that could not be opened. */
  int missingFlows() {
    return missing;
  }

  /** Flows that probe. */
  List<Flow> active() {
    return active;
  }

  /** Flows that only wait for answers. */
  List<Flow> retired() {
    return retired;
  }

  List<Pair> pairs() {
    return pairList;
  }

  /** Peers that are probed, or still waited for. */
  List<Peer> peerList() {
    return peerList;
  }

  List<Pair> leaving() {
    return leaving;
  }

  /**
   * Records the MTU of our own link towards a host, whichever port probes go to; see {@link
   * Peer#recordTooBig}.
   */
  void recordTooBig(long high, long low, int mtu, long sentAt) {
    for (Peer peer : peers.values()) {
      if (peer.remote().high() == high && peer.remote().low() == low) {
        peer.recordTooBig(mtu, sentAt);
      }
    }
  }

  /** Statuses of peers with a problem, at most {@value #MAX_STATUSES}. */
  List<PeerStatus> peerStatuses(long now) {
    return peers.values().stream()
        .map(peer -> peer.status(now))
        .flatMap(Stream::ofNullable)
        .limit(MAX_STATUSES)
        .toList();
  }

  Map<InetSocketAddress, Peer> peers() {
    return peers;
  }

  void close() {
    ports.closeAll();
  }
}
