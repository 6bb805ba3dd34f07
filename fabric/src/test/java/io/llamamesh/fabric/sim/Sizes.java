package io.llamamesh.fabric.sim;

/**
 * How much is simulated: enough to find what is broken within a minute, or with {@code
 * -Dfabric.big=true} what is promised, which takes many minutes.
 */
public final class Sizes {

  private static final boolean BIG = Boolean.getBoolean("fabric.big");

  private Sizes() {}

  public static boolean isBig() {
    return BIG;
  }

  public static int of(int ordinary, int big) {
    return BIG ? big : ordinary;
  }

  /** How many nodes a large mesh has; {@code -Dfabric.nodes} sets it to another number. */
  public static int nodes(int ordinary, int big) {
    return Integer.getInteger("fabric.nodes", of(ordinary, big));
  }
}
