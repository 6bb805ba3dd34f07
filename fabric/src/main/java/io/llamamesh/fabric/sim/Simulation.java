package io.llamamesh.fabric.sim;

import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A mesh of nodes, its network and its clock: for tests and benchmarks. Datagrams are lost, links
 * deliver late instead: a lost segment is sent again after 200 ms, then twice that, and so on, and
 * what follows waits behind it.
 */
public final class Simulation {

  public static final long MS = 1_000_000L;
  public static final long SECOND = 1_000 * MS;

  /** What a cut cuts. */
  public enum Way {
    DATAGRAMS,
    LINKS
  }

  /** Whether nothing passes from one node to another. */
  public interface Cut {
    boolean cuts(SimulatedNode from, SimulatedNode to, Way way);
  }

  /** How long it takes from one node to another, without jitter. */
  public interface Latency {
    long nanos(SimulatedNode from, SimulatedNode to);
  }

  /** Takes what nodes notify their hosts of. */
  public interface Listener {
    void notified(SimulatedNode node, Notification notification);
  }

  /** How long a process that has something to do waits for a processor. */
  public interface Scheduling {
    long nanos(SimulatedNode process, RandomGenerator random);
  }

  /** Counts what is sent. */
  public interface Meter {
    void sent(SimulatedNode from, SimulatedNode to, Message message);
  }

  final EventQueue events = new EventQueue();
  final RandomGenerator random;
  final Map<String, SimulatedNode> byAddress = new HashMap<>();
  private final Map<String, SimulatedNode> byName = new HashMap<>();
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final List<Cut> cuts = new ArrayList<>();
  private final List<Listener> listeners = new ArrayList<>();
  private FabricOptions options = FabricOptions.standard();
  private Latency latency = (from, to) -> MS / 2;
  private long jitter = MS / 5;
  private double loss;
  private long now = 1_000 * SECOND;
  private long unixSeconds = 1_800_000_000L;
  private Meter meter = (from, to, message) -> {};
  private Scheduling scheduling = (process, random) -> 0;

  public Simulation(long seed) {
    this.random = new Random(seed);
  }

  public Simulation options(FabricOptions options) {
    this.options = options;
    return this;
  }

  public Simulation loss(double share) {
    this.loss = share;
    return this;
  }

  public Simulation latency(Latency latency) {
    this.latency = latency;
    return this;
  }

  public Simulation jitter(long nanos) {
    this.jitter = nanos;
    return this;
  }

  /** Lets processes wait for a processor, each time that they have something to do. */
  public Simulation scheduling(Scheduling scheduling) {
    this.scheduling = scheduling;
    return this;
  }

  /**
   * A machine with more to do than processors: a wait of some milliseconds, exponentially
   * distributed, and each fiftieth time one of 20 to 120 ms.
   */
  public static long busyMachine(SimulatedNode process, RandomGenerator random) {
    return random.nextInt(50) == 0
        ? 20 * MS + random.nextLong(100 * MS)
        : (long) (5 * MS * random.nextExponential());
  }

  /** A machine with far more to do than processors: each twentieth wait is one of 20 to 200 ms. */
  public static long starvedMachine(SimulatedNode process, RandomGenerator random) {
    return random.nextInt(20) == 0
        ? 20 * MS + random.nextLong(180 * MS)
        : (long) (5 * MS * random.nextExponential());
  }

  public Simulation meter(Meter meter) {
    this.meter = meter;
    return this;
  }

  public Simulation listen(Listener listener) {
    listeners.add(listener);
    return this;
  }

  /** Adds nodes {@code n1} to {@code nN}, not started, the first of them contacts of all. */
  public Simulation nodes(int count, int contacts) {
    List<FabricPeer> peers = new ArrayList<>();
    for (int i = 1; i <= contacts; i++) {
      peers.add(new FabricPeer("n" + i, "192.0.2." + i + ":8101"));
    }
    for (int i = 1; i <= count; i++) {
      add("n" + i, "192.0.2." + i + ":8101", peers);
    }
    return this;
  }

  /** Adds a node, not started. */
  public SimulatedNode add(String name, String address, List<FabricPeer> contacts) {
    SimulatedNode node =
        new SimulatedNode(this, new FabricPeer(name, address), contacts, nodes.size());
    nodes.add(node);
    byName.put(name, node);
    return node;
  }

  public SimulatedNode node(String name) {
    SimulatedNode node = byName.get(name);
    if (node == null) {
      throw new IllegalArgumentException(name);
    }
    return node;
  }

  public SimulatedNode node(int index) {
    return nodes.get(index);
  }

  public List<SimulatedNode> nodes() {
    return nodes;
  }

  public List<SimulatedNode> running() {
    return nodes.stream().filter(SimulatedNode::isRunning).toList();
  }

  /** Starts all within so long, evenly at random. */
  public Simulation startAll(long within) {
    for (SimulatedNode node : nodes) {
      at(now + (within == 0 ? 0 : random.nextLong(within)), node::start);
    }
    return this;
  }

  /** Lets all collectors probe each other with so many probes a second. */
  public Simulation probeAll(int perSecond) {
    for (SimulatedNode node : nodes) {
      node.probe(nodes.stream().filter(other -> other != node).toList(), perSecond);
    }
    return this;
  }

  public Cut cut(Cut cut) {
    cuts.add(cut);
    return cut;
  }

  public void heal(Cut cut) {
    cuts.remove(cut);
  }

  /** Cuts two groups from each other, both ways, for everything. */
  public Cut partition(Set<String> a, Set<String> b) {
    return cut((from, to, way) ->
        (a.contains(from.name()) && b.contains(to.name()))
            || (b.contains(from.name()) && a.contains(to.name())));
  }

  boolean isCut(SimulatedNode from, SimulatedNode to, Way way) {
    for (int i = 0; i < cuts.size(); i++) {
      if (cuts.get(i).cuts(from, to, way)) {
        return true;
      }
    }
    return false;
  }

  boolean isLost() {
    return loss > 0 && random.nextDouble() < loss;
  }

  long delay(SimulatedNode from, SimulatedNode to) {
    return latency.nanos(from, to) + (jitter > 0 ? random.nextLong(jitter) : 0);
  }

  /** The delay of a segment of a link, with what was lost sent again. */
  long segmentDelay(SimulatedNode from, SimulatedNode to) {
    long delay = delay(from, to);
    long again = 200 * MS;
    while (isLost() && again < 10 * SECOND) {
      delay += again;
      again *= 2;
    }
    return delay;
  }

  long schedulingDelay(SimulatedNode process) {
    return scheduling.nanos(process, random);
  }

  void metered(SimulatedNode from, SimulatedNode to, Message message) {
    meter.sent(from, to, message);
  }

  void notified(SimulatedNode node, Notification notification) {
    for (int i = 0; i < listeners.size(); i++) {
      listeners.get(i).notified(node, notification);
    }
  }

  FabricOptions options() {
    return options;
  }

  public long now() {
    return now;
  }

  public long unixSeconds() {
    return unixSeconds + now / SECOND;
  }

  /** What all clocks say now. */
  public Simulation unixSeconds(long seconds) {
    unixSeconds = seconds - now / SECOND;
    return this;
  }

  public void at(long time, Runnable event) {
    events.add(Math.max(now, time), event);
  }

  /** Lets so much time pass. */
  public Simulation run(long nanos) {
    long until = now + nanos;
    while (!events.isEmpty() && events.nextTime() <= until) {
      now = events.nextTime();
      events.remove().run();
    }
    now = until;
    return this;
  }

  /** Lets time pass until something holds. Returns how long it took, or -1 if it did not. */
  public long runUntil(BooleanSupplier holds, long atMost, long step) {
    long from = now;
    while (!holds.getAsBoolean()) {
      if (now - from >= atMost) {
        return -1;
      }
      run(step);
    }
    return now - from;
  }

  // What one sees from above.

  /** Whether all running nodes hold all running nodes, and no others, for up. */
  public boolean agreesOnWhoIsUp() {
    List<SimulatedNode> running = running();
    for (SimulatedNode node : running) {
      if (node.fabric().upCount() != running.size()) {
        return false;
      }
    }
    return true;
  }

  /** The groups of running nodes that are connected by links that both ends hold for neighbours. */
  public List<Set<String>> components() {
    List<Set<String>> components = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (SimulatedNode node : running()) {
      if (seen.add(node.name())) {
        Set<String> component = new HashSet<>();
        List<SimulatedNode> queue = new ArrayList<>(List.of(node));
        component.add(node.name());
        while (!queue.isEmpty()) {
          SimulatedNode next = queue.removeLast();
          eachNeighbor(
              next,
              other -> {
                if (component.add(other.name())) {
                  seen.add(other.name());
                  queue.add(other);
                }
              });
        }
        components.add(component);
      }
    }
    return components;
  }

  private void eachNeighbor(SimulatedNode node, Consumer<SimulatedNode> action) {
    for (FabricPeer peer : node.fabric().overlay().neighbors()) {
      SimulatedNode other = node(peer.name());
      if (other.isRunning() && other.fabric().overlay().isNeighbor(node.name())) {
        action.accept(other);
      }
    }
  }

  /** The greatest number of neighbours, a guest included. */
  public int greatestDegree() {
    int greatest = 0;
    for (SimulatedNode node : running()) {
      int guests = node.fabric().overlay().guest() == null ? 0 : 1;
      greatest = Math.max(greatest, node.fabric().overlay().degree() + guests);
    }
    return greatest;
  }

  public int leastDegree() {
    int least = Integer.MAX_VALUE;
    for (SimulatedNode node : running()) {
      least = Math.min(least, node.fabric().overlay().degree());
    }
    return least;
  }

  /** How many running nodes hold one for this. */
  public long holdsFor(String name, MemberState state) {
    return running().stream()
        .filter(node -> !node.name().equals(name) && node.fabric().state(name) == state)
        .count();
  }
}
