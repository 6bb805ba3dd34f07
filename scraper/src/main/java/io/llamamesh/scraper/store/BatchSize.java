package io.llamamesh.scraper.store;

/**
 * Adaptive number of lines per request: after the store called one too large, the largest size that
 * passed; after a hundred such requests twice as many are tried, since the store's limit may have
 * changed. After a timeout half as many, since the store may be slow rather than unavailable. Pure;
 * not thread-safe.
 */
final class BatchSize {
  /** Lines of a request at first, and at most. */
  static final int MAX_LINES = 5_000;

  /** Smallest size after timeouts: an unavailable store would reduce it to one line. */
  static final int MIN_LINES_ON_TIMEOUT = 500;

  private static final int PASSES_UNTIL_MORE = 100;

  private int lines = MAX_LINES;
  private int passes;

  /** Maximum lines of the next request. */
  int lines() {
    return lines;
  }

  /** Records an accepted request. */
  void recordAccepted(int size) {
    if (size >= lines && lines < MAX_LINES && ++passes >= PASSES_UNTIL_MORE) {
      lines = Math.min(MAX_LINES, 2 * lines);
      passes = 0;
    }
  }

  /** Records a request that timed out. */
  void recordTimeout(int size) {
    if (size > MIN_LINES_ON_TIMEOUT) {
      lines = Math.min(lines, Math.max(MIN_LINES_ON_TIMEOUT, size / 2));
      passes = 0;
    }
  }

  /** Limits requests to the largest size that passed. */
  void limitTo(int largestPassed) {
    lines = Math.clamp(largestPassed, 1, MAX_LINES);
    passes = 0;
  }
}
