package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One answer of an agent.
 *
 * @param points of whole windows
 * @param cursor cursor behind the last of them; null from agents without cursors (Go LLAMA)
 * @param more true if further windows follow the cursor
 * @param skew how far the agent's clock is ahead of ours; null if it sends no time
 * @param malformed number of points that could not be parsed
 */
record Page(
    List<Point> points,
    @Nullable WindowCursor cursor,
    boolean more,
    @Nullable Duration skew,
    int malformed) {

  /** The same answer with other points. */
  Page withPoints(List<Point> others) {
    return new Page(others, cursor, more, skew, malformed);
  }
}
