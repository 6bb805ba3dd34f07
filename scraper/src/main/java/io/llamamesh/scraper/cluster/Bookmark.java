package io.llamamesh.scraper.cluster;

import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where to go on with an agent after a restart.
 *
 * @param cursor behind what the store acknowledged
 * @param clockOffset whole windows by which the agent's times were moved: the same window must get
 *     the same time again
 * @param goneSince since when there is no such agent; absent while there is
 */
public record Bookmark(WindowCursor cursor, Duration clockOffset, @Nullable Instant goneSince) {
  /** Of an agent that is there and whose clock is right. */
  public static Bookmark at(WindowCursor cursor) {
    return new Bookmark(cursor, Duration.ZERO, null);
  }

  /** The same of an agent that is no longer there since then. */
  public Bookmark withGoneSince(Instant since) {
    return new Bookmark(cursor, clockOffset, since);
  }
}
