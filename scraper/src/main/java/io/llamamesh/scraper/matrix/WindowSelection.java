package io.llamamesh.scraper.matrix;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which windows are pooled.
 *
 * @param windows the last so many of each pair, 1 to {@link #MAX_WINDOWS}
 * @param since only windows that ended after that; then {@code windows} does not limit
 * @param at only windows that ended at or before that: the matrix as it was then; absent: now
 */
public record WindowSelection(int windows, @Nullable Instant since, @Nullable Instant at) {
  /** Windows that are pooled where nothing else is asked for. */
  public static final int DEFAULT_WINDOWS = 3;

  public static final int MAX_WINDOWS = 10_000;

  public WindowSelection {
    if (windows < 1 || windows > MAX_WINDOWS) {
      throw new IllegalArgumentException(
          "windows must be 1 to " + MAX_WINDOWS + ", was " + windows);
    }
    if (since != null && at != null && !since.isBefore(at)) {
      throw new IllegalArgumentException("since must be before at, was " + since + " and " + at);
    }
  }

  /** The last windows up to now. */
  public static WindowSelection last(int windows) {
    return new WindowSelection(windows, null, null);
  }
}
