package io.llamamesh.fabric.multicast;

import java.util.Set;

/**
 * Options of how a message is sent.
 *
 * @param onlyNodes the nodes that it is for, the sender only if it is among them; empty for all.
 *     The tree is pruned to what leads to them; nodes on the way send on without delivering.
 * @param loop true to deliver to the sender, too
 * @param fanout number of trees, 1 to {@value #MAX_FANOUT}: the first from the sender, others from
 *     neighbours of it, each another first hop. There are fewer when it has fewer neighbours.
 * @param ttl hops that a message may take, 0 to {@value #MAX_TTL}
 * @param recordRoute true to keep the nodes that it came by
 * @param once true to deliver one copy to each node, whatever the fanout
 */
public record MulticastOptions(
    Set<String> onlyNodes, boolean loop, int fanout, int ttl, boolean recordRoute, boolean once) {

  /** Trees of one message at most. */
  public static final int MAX_FANOUT = 8;

  /** Hops of one message at most. */
  public static final int MAX_TTL = 64;

  /** The greatest number of a life. */
  public static final long MAX_LIFE = 1L << 52;

  /** Hops if nothing else is said. */
  public static final int DEFAULT_TTL = 20;

  /** To all others, along one tree, at most {@value #DEFAULT_TTL} hops. */
  public static final MulticastOptions DEFAULT =
      new MulticastOptions(Set.of(), false, 1, DEFAULT_TTL, false, true);

  /**
   * Options with their bounds checked.
   *
   * @throws IllegalArgumentException when one is out of bounds
   */
  public MulticastOptions {
    onlyNodes = Set.copyOf(onlyNodes);
    if (fanout < 1 || fanout > MAX_FANOUT) {
      throw new IllegalArgumentException("fanout is 1 to " + MAX_FANOUT);
    }
    if (ttl < 0 || ttl > MAX_TTL) {
      throw new IllegalArgumentException("ttl is 0 to " + MAX_TTL);
    }
  }

  /** The same for these nodes only. */
  public MulticastOptions withOnlyNodes(Set<String> nodes) {
    return new MulticastOptions(nodes, loop, fanout, ttl, recordRoute, once);
  }

  /** The same, delivered to the sender, too, or not. */
  public MulticastOptions withLoop(boolean looped) {
    return new MulticastOptions(onlyNodes, looped, fanout, ttl, recordRoute, once);
  }

  /** The same along so many trees. */
  public MulticastOptions withFanout(int trees) {
    return new MulticastOptions(onlyNodes, loop, trees, ttl, recordRoute, once);
  }

  /** The same for so many hops. */
  public MulticastOptions withTtl(int hops) {
    return new MulticastOptions(onlyNodes, loop, fanout, hops, recordRoute, once);
  }

  /** The same with the route kept, or not. */
  public MulticastOptions withRecordRoute(boolean recorded) {
    return new MulticastOptions(onlyNodes, loop, fanout, ttl, recorded, once);
  }

  /** The same with one copy to each node, or all. */
  public MulticastOptions withOnce(boolean single) {
    return new MulticastOptions(onlyNodes, loop, fanout, ttl, recordRoute, single);
  }
}
