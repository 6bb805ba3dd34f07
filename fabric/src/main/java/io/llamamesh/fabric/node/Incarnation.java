package io.llamamesh.fabric.node;

/**
 * The number of a node's life. Whatever is said of a node is said of one incarnation, and a greater
 * one overrides all that was said of a lesser, so it must grow from life to life, whatever the
 * clock and the disk say.
 */
public final class Incarnation {

  /** The greatest that is believed. Greater ones are refused, so that nobody is locked out. */
  public static final long MAX = 1L << 53;

  private Incarnation() {}

  /**
   * The incarnation of a life that begins.
   *
   * @param unixSeconds what the clock says
   * @param stored what the last life stored, 0 if nothing is left of it
   */
  public static long first(long unixSeconds, long stored) {
    return Math.min(MAX, Math.max(Math.max(unixSeconds, 0), Math.max(stored, 0)) + 1);
  }

  /**
   * The incarnation of a node that learns that others hold a record of it that is not of this life.
   *
   * @param own its incarnation until now
   * @param held what they hold
   */
  public static long above(long own, long held) {
    return Math.min(MAX, Math.max(own, held) + 1);
  }

  /** True when a number can be an incarnation. */
  public static boolean isValid(long incarnation) {
    return incarnation > 0 && incarnation <= MAX;
  }
}
