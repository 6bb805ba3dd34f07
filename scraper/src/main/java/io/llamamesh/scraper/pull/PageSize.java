package io.llamamesh.scraper.pull;

/**
 * How many windows to ask an agent for at once: fewer where its answers were too large, and slowly
 * more again. Not thread-safe.
 */
final class PageSize {
  static final int MOST = 10;

  /** Rarely: each try that is too large costs as much as all that is taken. */
  static final int MORE_AFTER = 20;

  private int windows = MOST;
  private int taken;

  /** How many to ask for. */
  int windows() {
    return windows;
  }

  /** Notes that an answer was too large; whether fewer can be asked for. */
  boolean tooLarge() {
    taken = 0;
    boolean fewer = windows > 1;
    windows = Math.max(1, windows / 2);
    return fewer;
  }

  /** Notes an answer that was not. */
  void taken() {
    taken++;
    if (taken >= MORE_AFTER && windows < MOST) {
      windows++;
      taken = 0;
    }
  }
}
