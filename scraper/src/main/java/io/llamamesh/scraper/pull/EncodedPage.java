package io.llamamesh.scraper.pull;

import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.PackedLines;
import org.jspecify.annotations.Nullable;

/**
 * A page in line protocol, compressed: while the store is slow, all agents' pages wait in memory.
 *
 * @param after cursor of its request
 * @param cursor cursor behind its last window; null for agents without cursors, whose pages cannot
 *     be fetched again
 * @param maxWindows windows that it holds at most: windows without a pair have no points to be
 *     counted by
 * @param lines its points in line protocol
 */
record EncodedPage(
    @Nullable WindowCursor after,
    @Nullable WindowCursor cursor,
    int maxWindows,
    PackedLines lines) {
  /** More than an agent publishes in a week; a cursor may say any number. */
  static final long MAX_MISSED = 1_000_000;

  static EncodedPage of(@Nullable WindowCursor after, Page page, int maxWindows) {
    return new EncodedPage(
        after, page.cursor(), maxWindows, PackedLines.of(LineProtocol.lines(page.points())));
  }

  /** Size in memory, bytes. */
  int packedBytes() {
    return lines.bytes();
  }

  /**
   * Number of windows between a cursor and this page that the agent no longer retained, at the
   * least; {@value #MAX_MISSED} at most. An agent that was killed and kept its windows continues
   * their numbers under another boot id; one that kept none has lost at least as many.
   */
  long missedAfter(@Nullable WindowCursor reached) {
    if (reached == null || cursor == null) {
      return 0;
    }
    return Math.clamp(cursor.sequence() - maxWindows - reached.sequence(), 0, MAX_MISSED);
  }
}
