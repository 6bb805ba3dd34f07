package io.llamamesh.fabric.store;

import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Stores of many nodes on one virtual clock, with links that delay, lose and are cut. Messages of
 * one link keep their order; a multicast reaches whoever is connected by links, but for losses.
 */
final class SimulatedStores {

  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long TICK = 50 * MS;

  private record Event(long at, long number, Runnable action) {}

  /** One node, through all its lives. */
  final class Node {
    final String name;
    final FakeStorage storage = new FakeStorage();
    final Set<String> links = new TreeSet<>();
    final List<Result> results = new ArrayList<>();
    @Nullable ReplicatedStore store;
    long wallSkewSeconds;
    long bytesSent;
    int incarnation;

    Node(String name) {
      this.name = name;
    }

    ReplicatedStore store() {
      if (store == null) {
        throw new IllegalStateException(name + " is down");
      }
      return store;
    }

    void start() {
      InstantSource clock =
          () -> Instant.ofEpochSecond(1_800_000_000L + wallSkewSeconds).plusNanos(now);
      int life = ++incarnation;
      StoreOutbox outbox =
          new StoreOutbox() {
            @Override
            public void send(String neighbour, byte[] message) {
              if (life == incarnation) {
                bytesSent += message.length;
                SimulatedStores.this.send(Node.this, neighbour, message);
              }
            }

            @Override
            public void multicast(byte[] message) {
              if (life == incarnation) {
                SimulatedStores.this.multicast(Node.this, message);
              }
            }
          };
      try {
        store =
            ReplicatedStore.open(
                name,
                storage,
                ReplicatedStoreOptions.DEFAULT,
                outbox,
                clock,
                new Random(random.nextLong()));
      } catch (StorageException e) {
        throw new AssertionError(e);
      }
      links.forEach(other -> connect(name, other));
    }

    void stop() {
      links.forEach(other -> disconnect(name, other));
      store = null;
      incarnation++;
    }

    void restart() {
      stop();
      start();
    }

    void submit(String key, Operation operation) {
      store().submit(new Key(key), operation, null, results::add);
      store().flush(now);
    }

    void increment(String key, long by) {
      submit(key, Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(by)));
    }

    long counter(String key) {
      return store().get(new Key(key)).fields().counter("c");
    }
  }

  private final Random random;
  private final Map<String, Node> nodes = new TreeMap<>();
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.number, b.number));
  private final Map<String, Long> lastArrival = new TreeMap<>();
  private final Set<String> up = new HashSet<>();
  private BiPredicate<String, String> cut = (a, b) -> false;
  private double multicastLoss;
  private double linkLoss;
  private long number;
  private long now;
  long multicasts;

  /** Nodes n1 to n{count}, each linked to a few others, all connected. */
  SimulatedStores(int count, long seed) {
    this.random = new Random(seed);
    for (int i = 1; i <= count; i++) {
      nodes.put("n" + i, new Node("n" + i));
    }
    for (int i = 2; i <= count; i++) {
      link("n" + i, "n" + (1 + random.nextInt(i - 1)));
    }
    for (int i = 0; i < count; i++) {
      link("n" + (1 + random.nextInt(count)), "n" + (1 + random.nextInt(count)));
    }
    nodes.values().forEach(Node::start);
    at(TICK, this::tick);
  }

  /** Makes two nodes able to have a link, once they are connected. */
  void link(String a, String b) {
    if (!a.equals(b)) {
      node(a).links.add(b);
      node(b).links.add(a);
    }
  }

  Node node(String name) {
    return nodes.get(name);
  }

  Iterable<Node> nodes() {
    return nodes.values();
  }

  long now() {
    return now;
  }

  void loseMulticasts(double share) {
    multicastLoss = share;
  }

  void loseMessages(double share) {
    linkLoss = share;
  }

  /** Cuts links between nodes; those that are up go down at once. */
  void cut(BiPredicate<String, String> between) {
    cut = between;
    for (Node node : nodes.values()) {
      for (String other : node.links) {
        if (isCut(node.name, other)) {
          disconnect(node.name, other);
        }
      }
    }
  }

  void heal() {
    cutOnly((a, b) -> false);
  }

  /** Cuts links between nodes, and connects all others. */
  void cutOnly(BiPredicate<String, String> between) {
    cut(between);
    for (Node node : nodes.values()) {
      node.links.forEach(other -> connect(node.name, other));
    }
  }

  private boolean isCut(String a, String b) {
    return cut.test(a, b) || cut.test(b, a);
  }

  private static String pair(String a, String b) {
    return a.compareTo(b) < 0 ? a + "-" + b : b + "-" + a;
  }

  private void connect(String a, String b) {
    if (node(a).store != null && node(b).store != null && !isCut(a, b) && up.add(pair(a, b))) {
      node(a).store().neighbourUp(b, now);
      node(b).store().neighbourUp(a, now);
    }
  }

  private void disconnect(String a, String b) {
    if (up.remove(pair(a, b))) {
      node(a).store().neighbourDown(b);
      node(b).store().neighbourDown(a);
    }
  }

  private void send(Node from, String to, byte[] message) {
    if (message.length > StoreMessage.MAX_BYTES) {
      throw new AssertionError("message of " + message.length + " bytes");
    }
    if (random.nextDouble() < linkLoss) {
      return;
    }
    long arrival = now + MS + random.nextLong(20 * MS);
    arrival = Math.max(arrival, lastArrival.getOrDefault(from.name + ">" + to, 0L) + 1);
    lastArrival.put(from.name + ">" + to, arrival);
    int incarnation = node(to).incarnation;
    at(
        arrival,
        () -> {
          Node target = node(to);
          if (target.incarnation == incarnation && up.contains(pair(from.name, to))) {
            target.store().onMessage(from.name, message, now);
          }
        });
  }

  private void multicast(Node from, byte[] message) {
    if (message.length > StoreMessage.MAX_MULTICAST_BYTES) {
      throw new AssertionError("multicast of " + message.length + " bytes");
    }
    multicasts++;
    for (String to : reachable(from.name)) {
      if (!to.equals(from.name) && random.nextDouble() >= multicastLoss) {
        at(
            now + MS + random.nextLong(60 * MS),
            () -> {
              if (node(to).store != null) {
                node(to).store().onMulticast(message, now);
              }
            });
      }
    }
  }

  private Set<String> reachable(String from) {
    Set<String> seen = new TreeSet<>(Set.of(from));
    List<String> queue = new ArrayList<>(seen);
    while (!queue.isEmpty()) {
      String next = queue.removeLast();
      for (String other : node(next).links) {
        if (up.contains(pair(next, other)) && seen.add(other)) {
          queue.add(other);
        }
      }
    }
    return seen;
  }

  private void at(long at, Runnable action) {
    events.add(new Event(at, number++, action));
  }

  private void tick() {
    for (Node node : nodes.values()) {
      if (node.store != null) {
        node.store.tick(now);
      }
    }
    at(now + TICK, this::tick);
  }

  void run(double seconds) {
    long end = now + (long) (seconds * 1e9);
    while (!events.isEmpty() && events.peek().at() <= end) {
      Event event = events.remove();
      now = event.at();
      event.action().run();
    }
    now = end;
  }

  /** Runs until all nodes that are up agree; seconds that took, or -1 when the limit passed. */
  double runUntilEqual(double limitSeconds) {
    long start = now;
    while (!isEqual()) {
      if (now - start > limitSeconds * 1e9) {
        return -1;
      }
      run(0.1);
    }
    return (now - start) / 1e9;
  }

  boolean isEqual() {
    Map<String, String> first = null;
    for (Node node : nodes.values()) {
      if (node.store != null) {
        Map<String, String> versions = new TreeMap<>();
        for (Key key : node.store.keys(KeyPattern.of("**"), "", Integer.MAX_VALUE)) {
          versions.put(key.text(), node.store.version(key));
        }
        if (first != null && !first.equals(versions)) {
          return false;
        }
        first = versions;
      }
    }
    return true;
  }
}
