package io.llamamesh.scraper.store;

import java.time.Instant;

/** What became of a page of points. */
public sealed interface WriteResult {
  /**
   * The store has them, but for those it rejected for good, which were logged and counted.
   *
   * @param lines lines of the page
   */
  record Acknowledged(int lines) implements WriteResult {}

  /**
   * The store did not take them now.
   *
   * @param message its words
   * @param retryAt not before then
   */
  record Postponed(String message, Instant retryAt) implements WriteResult {}
}
