package io.llamamesh.e2e.row;

/**
 * Seed and length of a storm.
 *
 * @param seed the same seed is the same storm
 * @param minutes how long
 */
public record StormSettings(long seed, int minutes) {
  /** An hour, as an administrator's day has it. */
  public static final int DEFAULT_MINUTES = 60;

  /** Long enough for the longest event. */
  public static final int LEAST_MINUTES = 3;

  /** A week. */
  public static final int MOST_MINUTES = 7 * 24 * 60;
}
