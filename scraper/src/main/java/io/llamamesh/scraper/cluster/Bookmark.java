package io.llamamesh.scraper.cluster;

import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Saved position in an agent's windows, to resume from after a restart.
 *
 * @param cursor cursor behind what the store acknowledged
 * @param clockOffset correction of the agent's times in whole windows, so that a window gets the
 *     same time again
 * @param goneSince time since when the agent is gone; null while it is known
 */
public record Bookmark(WindowCursor cursor, Duration clockOffset, @Nullable Instant goneSince) {
  /** The bookmark of a known agent whose clock is right. */
  public static Bookmark at(WindowCursor cursor) {
    return new Bookmark(cursor, Duration.ZERO, null);
  }

  /** The bookmark of an agent that is gone since then. */
  public Bookmark withGoneSince(Instant since) {
    return new Bookmark(cursor, clockOffset, since);
  }
}
