package io.llamamesh.scraper.store;

/**
 * How many lines a request may have: after a store called one too large, as many as passed; after a
 * hundred such requests twice as many are tried, since the store's limit may have changed. After a
 * request that was not answered in time half as many, since the store may be slow rather than away.
 * Pure; not thread-safe.
 */
final class BatchSize {
  /** Lines of a request to a store that takes as much as it is given. */
  static final int MOST = 5_000;

  /** No fewer after requests without an answer: a store that is away would leave but one. */
  static final int LEAST_WHEN_LATE = 500;

  private static final int PASSES_UNTIL_MORE = 100;

  private int lines = MOST;
  private int passes;

  /** Lines of the next request at most. */
  int lines() {
    return lines;
  }

  /** Notes that so many passed. */
  void passed(int size) {
    if (size >= lines && lines < MOST && ++passes >= PASSES_UNTIL_MORE) {
      lines = Math.min(MOST, 2 * lines);
      passes = 0;
    }
  }

  /** Notes that so many were not answered in time. */
  void late(int size) {
    if (size > LEAST_WHEN_LATE) {
      lines = Math.min(lines, Math.max(LEAST_WHEN_LATE, size / 2));
      passes = 0;
    }
  }

  /** Notes that more than so many were too large. */
  void limit(int largestPassed) {
    lines = Math.clamp(largestPassed, 1, MOST);
    passes = 0;
  }
}
