package io.llamamesh.scraper.store;

import java.time.Instant;

/** What became of a page of points. */
public sealed interface WriteResult {
  /**
   * The store has them, but for those it rejected for good, which were logged and counted.
   *
   * @param lines lines of the page
   * @param rejected how many of them it rejected
   * @param gaveUpAllowed whether some of these were given up only since their reader insisted
   */
  record Acknowledged(int lines, int rejected, boolean gaveUpAllowed) implements WriteResult {
    /** Some were rejected, whether anybody insisted or not. */
    public Acknowledged(int lines, int rejected) {
      this(lines, rejected, false);
    }

    /** The store has all of them. */
    public Acknowledged(int lines) {
      this(lines, 0, false);
    }
  }

  /**
   * The store did not take them now.
   *
   * @param message its words
   * @param retryAt not before then
   */
  record Postponed(String message, Instant retryAt) implements WriteResult {}

  /**
   * The store failed on this page, and takes others.
   *
   * @param message its words
   * @param retryAt not before then
   */
  record Failed(String message, Instant retryAt) implements WriteResult {}
}
