package io.llamamesh.scraper.pull;

/**
 * How many windows to ask an agent for at once: as many as make a page of some hundred KB, by what
 * its last pages were. All pages that are read together must fit into memory, also those of a
 * network where every source port of every pair has something to tell. Not thread-safe.
 */
final class PageSize {
  /** No more, however small they are: where a fault begins the next ones are much larger. */
  static final int MAX_WINDOWS = 10;

  /** Bytes of a page; as points and as lines it takes a few times as much. */
  static final int WANTED = 512 << 10;

  private static final int FIRST = 2;

  private int windows = FIRST;

  /** How many to ask for. */
  int windows() {
    return windows;
  }

  /** Notes that an answer was too large; whether fewer can be asked for. */
  boolean tryShrink() {
    boolean fewer = windows > 1;
    windows = Math.max(1, windows / 2);
    return fewer;
  }

  /**
   * Notes an answer.
   *
   * @param asked how many windows it may have held
   * @param bytes its size
   * @param full whether it held as many
   */
  void recordPage(int asked, int bytes, boolean full) {
    int fitting = Math.clamp((long) asked * WANTED / Math.max(1, bytes), 1, MAX_WINDOWS);
    if (fitting < windows) {
      windows = fitting;
    } else if (full && asked == windows) {
      // What comes next may be larger.
      windows = Math.min(fitting, 2 * windows);
    }
  }
}
