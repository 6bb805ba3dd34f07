package io.llamamesh.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Windows that a matrix pools.
 *
 * @param windows the last so many of each pair, 1 or more; 0: as many as the scraper pools by
 *     itself
 * @param since only windows that ended after that; null: all
 */
public record MatrixQuery(int windows, @Nullable Instant since) {
  public MatrixQuery {
    if (windows < 0) {
      throw new IllegalArgumentException("windows must not be negative, was " + windows);
    }
  }

  /** The windows that the page shows. */
  public static MatrixQuery latest() {
    return new MatrixQuery(0, null);
  }

  /** The last so many windows of each pair. */
  public static MatrixQuery last(int windows) {
    return new MatrixQuery(windows, null);
  }

  /** All windows that ended after a moment. */
  public static MatrixQuery since(Instant begin) {
    return new MatrixQuery(0, begin);
  }

  /** Path and query below a scraper. */
  public String path() {
    String path = "/api/v1/matrix";
    if (since != null) {
      return path + "?since=" + since;
    }
    return windows == 0 ? path : path + "?windows=" + windows;
  }
}
