package io.llamamesh.fabric.partition;

import java.util.List;

/**
 * Two groups of nodes of which no member of the one reaches any of the other, as far as they watch
 * each other. Neither group is down: all are known to live.
 *
 * @param sideA names in order; the side that has the first of all names
 * @param sideB names in order
 * @param direction which way nothing arrives
 * @param probesOnly whether links between the sides work and only probes do not arrive
 * @param via some nodes that reach both sides, in order, at most {@link #MAX_VIA}
 * @param viaCount how many there are
 */
public record Partition(
    List<String> sideA,
    List<String> sideB,
    Direction direction,
    boolean probesOnly,
    List<String> via,
    int viaCount) {

  /** Nodes that reach both sides and are named. */
  public static final int MAX_VIA = 16;

  /** The direction in which nothing arrives. */
  public enum Direction {
    /** Neither way. */
    BOTH,
    /** What A sends does not arrive at B. */
    A_TO_B,
    /** What B sends does not arrive at A. */
    B_TO_A
  }

  /** Copies the lists. */
  public Partition {
    sideA = List.copyOf(sideA);
    sideB = List.copyOf(sideB);
    via = List.copyOf(via);
  }
}
