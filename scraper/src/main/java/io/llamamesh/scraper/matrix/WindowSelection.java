package io.llamamesh.scraper.matrix;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Selection of the windows to pool.
 *
 * @param windows number of windows of each pair, the last ones; 1 to {@link #MAX_WINDOWS}
 * @param since only windows that ended after it; then {@code windows} does not limit
 * @param at only windows that ended at or before it, for the matrix as it was then; null: now
 */
public record WindowSelection(int windows, @Nullable Instant since, @Nullable Instant at) {
  /** Default number of windows. */
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

  /** Selects the last windows up to now. */
  public static WindowSelection last(int windows) {
    return new WindowSelection(windows, null, null);
  }
}
