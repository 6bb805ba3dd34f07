package io.llamamesh.fabric.crdt;

import java.util.Comparator;

/**
 * Writer of operations: a node in one of its lives. A life's number is never used by another life
 * of the same node, so two writes can never carry the same {@link Dot}, whatever became of the
 * node's disk.
 *
 * @param node the node's name, 1 to {@value DocumentLimits#MAX_NAME_BYTES} bytes of UTF-8
 * @param life the life's number, 1 to {@link DocumentLimits#MAX_LIFE}; later lives have greater
 *     ones
 */
public record Actor(String node, long life) implements Comparable<Actor> {

  private static final Comparator<Actor> ORDER =
      Comparator.comparing(Actor::node).thenComparingLong(Actor::life);

  /**
   * An actor with its parts checked.
   *
   * @throws IllegalArgumentException when the name or the life is out of bounds
   */
  public Actor {
    DocumentLimits.checkName(node, "node");
    if (life < 1 || life > DocumentLimits.MAX_LIFE) {
      throw new IllegalArgumentException("life of " + node + " out of bounds: " + life);
    }
  }

  @Override
  public int compareTo(Actor other) {
    return ORDER.compare(this, other);
  }
}
