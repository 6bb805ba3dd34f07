package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.PackedLines;
import org.jspecify.annotations.Nullable;

/**
 * A page as it is handed to the store, compressed: while the store is slow, all agents' pages wait.
 *
 * @param after the cursor it was asked with
 * @param cursor behind it; absent for agents without cursors, whose pages come only once
 * @param maxWindows how many windows it may hold: those without a pair have no points to be seen by
 * @param lines its points in line protocol
 */
record EncodedPage(
    @Nullable WindowCursor after,
    @Nullable WindowCursor cursor,
    int maxWindows,
    PackedLines lines) {
  /** More than an agent publishes in a week; a cursor may say any number. */
  static final long MAX_MISSED = 1_000_000;

  static EncodedPage of(@Nullable WindowCursor after, Page page, int most) {
    return new EncodedPage(
        after, page.cursor(), most, PackedLines.of(LineProtocol.lines(page.points())));
  }

  /** Bytes of memory that it takes. */
  int packedBytes() {
    return lines.bytes();
  }

  /**
   * Windows behind that cursor that the agent no longer had; fewer where it held fewer than most,
   * and {@value #MAX_MISSED} at most. An agent that was killed and kept its windows goes on with
   * their numbers under another boot id; one that kept none has lost at least as many.
   */
  long missedAfter(@Nullable WindowCursor reached) {
    if (reached == null || cursor == null) {
      return 0;
    }
    return Math.clamp(cursor.sequence() - maxWindows - reached.sequence(), 0, MAX_MISSED);
  }
}
