package io.llamamesh.fabric.crdt;

import java.util.Comparator;

/**
 * Name of one elementary write: the actor's n-th in a document. The same dot never names two
 * writes, and never stands at two places of a document.
 *
 * @param actor who wrote
 * @param event the number of the write, from 1
 */
public record Dot(Actor actor, long event) implements Comparable<Dot> {

  private static final Comparator<Dot> ORDER =
      Comparator.comparing(Dot::actor).thenComparingLong(Dot::event);

  /**
   * A dot with its number checked.
   *
   * @throws IllegalArgumentException when the number is out of bounds
   */
  public Dot {
    if (event < 1 || event > DocumentLimits.MAX_EVENT) {
      throw new IllegalArgumentException("event out of bounds: " + event);
    }
  }

  @Override
  public int compareTo(Dot other) {
    return ORDER.compare(this, other);
  }
}
