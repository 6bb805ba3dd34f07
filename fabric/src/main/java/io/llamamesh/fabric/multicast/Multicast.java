package io.llamamesh.fabric.multicast;

import io.llamamesh.fabric.codec.CodecException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One node's part in multicast. Each copy goes along a tree that it names by its root; every node
 * computes that tree from the links it knows and sends on to its children. Nodes that know other
 * links for a moment may lose a copy or get it twice: it is sent on once per tree, and delivered
 * once unless all copies are wanted. Used by one thread.
 */
public final class Multicast {

  /** Bytes of the largest payload. */
  public static final int MAX_PAYLOAD_BYTES = MulticastMessage.MAX_PAYLOAD_BYTES;

  private final String self;
  private final long life;
  private final Trees trees;
  private final MulticastOutbox outbox;
  private final RandomGenerator random;
  private final SeenMessages seen = new SeenMessages();

  private long sequence;
  private long transmitted;
  private long delivered;
  private long duplicates;
  private long repeated;
  private long expired;
  private long unlinked;
  private long untreed;
  private long late;
  private long malformed;

  /**
   * A multicast that has sent nothing.
   *
   * @param self this node's name
   * @param life a number that no other life of this node ever has, from 1
   */
  public Multicast(
      String self, long life, Trees trees, MulticastOutbox outbox, RandomGenerator random) {
    if (life < 1) {
      throw new IllegalArgumentException("a life's number is 1 or more");
    }
    this.self = self;
    this.life = life;
    this.trees = trees;
    this.outbox = outbox;
    this.random = random;
  }

  /**
   * Sends a message.
   *
   * @param topic what it is about, 1 to {@value MulticastMessage#MAX_TOPIC_BYTES} bytes of UTF-8
   * @param payload at most {@value #MAX_PAYLOAD_BYTES} bytes
   * @return its name
   * @throws IllegalArgumentException when one of them is out of bounds
   */
  public MessageId send(String topic, byte[] payload, MulticastOptions options) {
    check(topic, payload, options);
    MessageId id = new MessageId(self, life, ++sequence);
    SeenMessages.Window window = seen.window(id);
    window.advance(id.sequence());
    List<String> roots = roots(options.fanout());
    for (int tree = 0; tree < roots.size(); tree++) {
      MulticastMessage message =
          new MulticastMessage(
              id,
              tree,
              roots.get(tree),
              topic,
              payload.clone(),
              options.ttl(),
              0,
              options.onlyNodes(),
              options.loop(),
              options.once(),
              options.recordRoute(),
              List.of());
      if (tree == 0) {
        window.markSentOn(0, id.sequence());
        if (options.loop() && message.isFor(self)) {
          deliver(message, window);
        }
        sendOn(message, null);
      } else if (message.onlyNodes().isEmpty()
          || wantsCopies(message)
          || !Set.of(self).equals(message.onlyNodes())) {
        sendTo(roots.get(tree), message, message.onlyNodes());
      }
    }
    return id;
  }

  /**
   * Checks what is to be sent, as {@link #send} does; any thread may call.
   *
   * @throws IllegalArgumentException when topic, payload or options are out of bounds
   */
  public static void check(String topic, byte[] payload, MulticastOptions options) {
    int topicBytes = topic.getBytes(StandardCharsets.UTF_8).length;
    if (topicBytes == 0 || topicBytes > MulticastMessage.MAX_TOPIC_BYTES) {
      throw new IllegalArgumentException("topic of " + topicBytes + " bytes");
    }
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "payload of " + payload.length + " bytes, allowed are " + MAX_PAYLOAD_BYTES);
    }
    if (options.onlyNodes().size() > MulticastMessage.MAX_ONLY_NODES) {
      throw new IllegalArgumentException("more nodes named than a mesh has");
    }
  }

  /** This node, and neighbours of it by chance. */
  private List<String> roots(int fanout) {
    List<String> roots = new ArrayList<>(List.of(self));
    Tree own = trees.from(self);
    if (fanout > 1 && own != null) {
      List<String> neighbours = new ArrayList<>(own.children(self));
      Collections.shuffle(neighbours, Random.from(random));
      roots.addAll(neighbours.subList(0, Math.min(fanout - 1, neighbours.size())));
    }
    return roots;
  }

  /** A copy that a neighbour sent on. */
  public void onMessage(String neighbour, byte[] bytes) {
    MulticastMessage message;
    try {
      message = MulticastMessage.decode(bytes);
    } catch (CodecException e) {
      malformed++;
      return;
    }
    boolean own = message.id().origin().equals(self);
    if (own && message.id().life() != life) {
      // Of this node's last life: nobody here waits for it, and its branch got it by others or not.
      late++;
      return;
    }
    if (own && message.id().sequence() > sequence) {
      malformed++;
      return;
    }
    SeenMessages.Window window = seen.window(message.id());
    if (!window.advance(message.id().sequence())) {
      late++;
      return;
    }
    if (!window.markSentOn(message.tree(), message.id().sequence())) {
      repeated++;
      return;
    }
    if (message.isFor(self) && (!own || message.loop())) {
      deliver(message, window);
    }
    sendOn(message, neighbour);
  }

  private void deliver(MulticastMessage message, SeenMessages.Window window) {
    if (!window.markDelivered(message.id().sequence()) && message.once()) {
      duplicates++;
      return;
    }
    List<String> route = new ArrayList<>(message.route());
    if (message.recordRoute()) {
      route.add(self);
    }
    delivered++;
    outbox.deliver(
        new Delivery(
            message.id(), message.topic(), message.payload(), message.hops(), List.copyOf(route)));
  }

  private void sendOn(MulticastMessage message, @Nullable String from) {
    Tree tree = trees.from(message.root());
    if (tree == null) {
      untreed++;
      return;
    }
    // The root of another's tree gets it from the sender, who may be one of its children there.
    String parent = message.root().equals(self) ? null : from;
    if (message.onlyNodes().isEmpty()) {
      for (String child : tree.children(self)) {
        if (!child.equals(parent) && !isIdleOrigin(child, message, tree)) {
          sendTo(child, message, Set.of());
        }
      }
    } else {
      TreeMap<String, TreeSet<String>> branches = new TreeMap<>();
      for (String node : message.onlyNodes()) {
        String child = childTowards(node, tree);
        boolean wanted = !node.equals(message.id().origin()) || wantsCopies(message);
        if (child != null && wanted) {
          branches.computeIfAbsent(child, name -> new TreeSet<>()).add(node);
        }
      }
      branches.forEach((child, nodes) -> {
        if (!child.equals(from)) {
          sendTo(child, message, nodes);
        }
      });
    }
  }

  /** True for the sender where it has nothing to send on and wants no copy back. */
  private static boolean isIdleOrigin(String child, MulticastMessage message, Tree tree) {
    return child.equals(message.id().origin())
        && !wantsCopies(message)
        && tree.children(child).isEmpty();
  }

  /** True when the sender wants a copy from each tree. */
  private static boolean wantsCopies(MulticastMessage message) {
    return message.loop() && !message.once();
  }

  /** This node's child on whose branch a node is, null when it is on none. */
  private @Nullable String childTowards(String node, Tree tree) {
    String at = node;
    // A tree from link state has no circle; one that changes while it is read might.
    for (int hops = 0; hops <= MulticastOptions.MAX_TTL; hops++) {
      String parent = tree.parent(at);
      if (parent == null) {
        return null;
      }
      if (parent.equals(self)) {
        return at;
      }
      at = parent;
    }
    return null;
  }

  private void sendTo(String child, MulticastMessage message, Set<String> onlyNodes) {
    if (message.ttl() == 0) {
      expired++;
    } else if (outbox.trySend(child, message.next(self, onlyNodes).encode())) {
      transmitted++;
    } else {
      unlinked++;
    }
  }

  /** Counters since the start. */
  public MulticastCounters counters() {
    return new MulticastCounters(
        sequence,
        transmitted,
        delivered,
        duplicates,
        repeated,
        expired,
        unlinked,
        untreed,
        late,
        malformed);
  }
}
