package io.llamamesh.scraper.pull;

/**
 * Adaptive number of windows per request to an agent, so that a page has some hundred KB, by the
 * size of its last pages. All concurrent pages must fit into memory, even if every source port of
 * every pair lost something. Not thread-safe.
 */
final class PageSize {
  /** Maximum however small they are: when a fault begins the next ones are much larger. */
  static final int MAX_WINDOWS = 10;

  /** Bytes of a page; as points and as lines it takes a few times as much. */
  static final int WANTED = 512 << 10;

  private static final int FIRST = 2;

  private int windows = FIRST;

  /** Number of windows to request. */
  int windows() {
    return windows;
  }

  /** Halves the number after an answer that was too large; false if it is 1 already. */
  boolean tryShrink() {
    boolean fewer = windows > 1;
    windows = Math.max(1, windows / 2);
    return fewer;
  }

  /**
   * Records an answer.
   *
   * @param requested windows requested
   * @param bytes size of the answer
   * @param full true if it held as many windows
   */
  void recordPage(int requested, int bytes, boolean full) {
    int fitting = Math.clamp((long) requested * WANTED / Math.max(1, bytes), 1, MAX_WINDOWS);
    if (fitting < windows) {
      windows = fitting;
    } else if (full && requested == windows) {
      // The next windows may be larger.
      windows = Math.min(fitting, 2 * windows);
    }
  }
}
