package io.llamamesh.scraper.store;

/**
 * How many lines a request may have: after a store called one too large, as many as passed; after a
 * hundred such requests twice as many are tried, since the store's limit may have changed. After a
 * request that was not answered in time half as many, since the store may be slow rather than away.
 * Pure; not thread-safe.
 */
final class BatchSize {
  /** Lines of a request to a store that takes as much as it is given. */
  static final int MAX_LINES = 5_000;

  /** No fewer after requests without an answer: a store that is away would leave but one. */
  static final int MIN_LINES_ON_TIMEOUT = 500;

  private static final int PASSES_UNTIL_MORE = 100;

  private int lines = MAX_LINES;
  private int passes;

  /** Lines of the next request at most. */
  int lines() {
    return lines;
  }

  /** Notes that so many passed. */
  void recordAccepted(int size) {
    if (size >= lines && lines < MAX_LINES && ++passes >= PASSES_UNTIL_MORE) {
      lines = Math.min(MAX_LINES, 2 * lines);
      passes = 0;
    }
  }

  /** Notes that so many were not answered in time. */
  void recordTimeout(int size) {
    if (size > MIN_LINES_ON_TIMEOUT) {
      lines = Math.min(lines, Math.max(MIN_LINES_ON_TIMEOUT, size / 2));
      passes = 0;
    }
  }

  /** Notes that more than so many were too large. */
  void limitTo(int largestPassed) {
    lines = Math.clamp(largestPassed, 1, MAX_LINES);
    passes = 0;
  }
}
