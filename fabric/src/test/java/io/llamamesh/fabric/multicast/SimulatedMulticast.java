package io.llamamesh.fabric.multicast;

import io.llamamesh.fabric.codec.CodecException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Nodes on a random connected graph, each with its multicast; copies go one after the other. */
final class SimulatedMulticast {

  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  private record Copy(String from, String to, byte[] message) {}

  final List<String> names = new ArrayList<>();
  final Map<String, Set<String>> links = new TreeMap<>();
  final Map<String, Multicast> nodes = new HashMap<>();
  final Map<String, List<Delivery>> deliveries = new HashMap<>();
  final Random random;
  private final Map<String, Tree> trees = new HashMap<>();
  private final ArrayDeque<Copy> queue = new ArrayDeque<>();
  private boolean individualViews;
  private double loss;

  /** Roots of the trees of the last message, by their number. */
  final Map<Integer, String> roots = new TreeMap<>();

  SimulatedMulticast(int count, long seed) {
    random = new Random(seed);
    for (int i = 0; i < count; i++) {
      names.add("n" + i);
      links.put("n" + i, new TreeSet<>());
      deliveries.put("n" + i, new ArrayList<>());
    }
    for (int i = 1; i < count; i++) {
      link(names.get(i), names.get(random.nextInt(i)));
    }
    for (int i = 0; i < 2 * count; i++) {
      link(names.get(random.nextInt(count)), names.get(random.nextInt(count)));
    }
    names.forEach(name -> start(name, 1));
  }

  private void link(String a, String b) {
    if (!a.equals(b) && links.get(a).size() < 7 && links.get(b).size() < 7) {
      links.get(a).add(b);
      links.get(b).add(a);
    }
  }

  void start(String name, long life) {
    nodes.put(
        name,
        new Multicast(
            name,
            life,
            root -> individualViews ? randomTree(root) : tree(root),
            new MulticastOutbox() {
              @Override
              public boolean trySend(String neighbour, byte[] message) {
                rememberRoot(message);
                if (!links.get(name).contains(neighbour)) {
                  return false;
                }
                if (random.nextDouble() >= loss) {
                  queue.add(new Copy(name, neighbour, message));
                }
                return true;
              }

              @Override
              public void deliver(Delivery delivery) {
                deliveries.get(name).add(delivery);
              }
            },
            random));
  }

  private void rememberRoot(byte[] bytes) {
    try {
      MulticastMessage message = MulticastMessage.decode(bytes);
      roots.put(message.tree(), message.root());
    } catch (CodecException e) {
      throw new AssertionError(e);
    }
  }

  /** Each look at a tree shows another one. */
  void disagree() {
    individualViews = true;
  }

  void lose(double share) {
    loss = share;
  }

  Tree tree(String root) {
    return trees.computeIfAbsent(root, name -> breadthFirst(name, false));
  }

  private Tree randomTree(String root) {
    return breadthFirst(root, true);
  }

  private Tree breadthFirst(String root, boolean shuffled) {
    Map<String, String> parents = new TreeMap<>();
    ArrayDeque<String> next = new ArrayDeque<>(List.of(root));
    while (!next.isEmpty()) {
      String node = next.remove();
      List<String> neighbours = new ArrayList<>(links.get(node));
      if (shuffled) {
        Collections.shuffle(neighbours, random);
      }
      for (String other : neighbours) {
        if (!other.equals(root) && parents.putIfAbsent(other, node) == null) {
          next.add(other);
        }
      }
    }
    return Tree.of(parents);
  }

  int distance(String root, String node) {
    int hops = 0;
    String at = node;
    while (!at.equals(root)) {
      at = tree(root).parent(at);
      hops++;
    }
    return hops;
  }

  MessageId send(String from, byte[] payload, MulticastOptions options) {
    roots.clear();
    MessageId id = nodes.get(from).send("topic", payload, options);
    while (!queue.isEmpty()) {
      Copy copy = queue.remove();
      nodes.get(copy.to()).onMessage(copy.from(), copy.message());
    }
    return id;
  }

  List<Delivery> at(String node) {
    return deliveries.get(node);
  }

  long transmitted() {
    return nodes.values().stream().mapToLong(node -> node.counters().transmitted()).sum();
  }

  long expired() {
    return nodes.values().stream().mapToLong(node -> node.counters().expired()).sum();
  }
}
