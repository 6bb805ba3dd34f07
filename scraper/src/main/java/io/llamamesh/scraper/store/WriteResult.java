package io.llamamesh.scraper.store;

import java.time.Instant;

/** Result of writing a page. */
public sealed interface WriteResult {
  /**
   * The points are stored, but for those rejected for good, which were logged and counted.
   *
   * @param lines number of lines of the page
   * @param rejected number of them that the store rejected
   * @param gaveUpAllowed true if some were given up only since the caller allowed it
   */
  record Acknowledged(int lines, int rejected, boolean gaveUpAllowed) implements WriteResult {
    /** A page of which some lines were rejected, without an allowance of the caller. */
    public Acknowledged(int lines, int rejected) {
      this(lines, rejected, false);
    }

    /** A page that is stored completely. */
    public Acknowledged(int lines) {
      this(lines, 0, false);
    }
  }

  /**
   * The store does not accept the page now.
   *
   * @param message its message
   * @param retryAt earliest time of a retry
   */
  record Postponed(String message, Instant retryAt) implements WriteResult {}

  /**
   * The store failed on this page, and accepts others.
   *
   * @param message its message
   * @param retryAt earliest time of a retry
   */
  record Failed(String message, Instant retryAt) implements WriteResult {}
}
