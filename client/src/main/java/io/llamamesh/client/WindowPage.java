package io.llamamesh.client;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Windows of one answer, whole ones only, in their order.
 *
 * @param points of all of them; a window without pairs has none
 * @param cursor behind the last of them, for the next call; null from agents without cursors
 * @param hasMore whether further windows wait behind the cursor
 * @param windows how many windows it holds; -1 where the agent does not say
 * @param clockSkew how far the agent's clock is ahead of ours; null where it does not say
 */
public record WindowPage(
    List<Point> points,
    @Nullable WindowCursor cursor,
    boolean hasMore,
    int windows,
    @Nullable Duration clockSkew) {
  public WindowPage {
    points = List.copyOf(points);
  }
}
