package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes windows of what a collector without cursors answers (Go LLAMA): its points carry no time
 * and stay the same until its next summary.
 *
 * <p>The time of a summary is the end of the newest window that its interval implies; an unchanged
 * answer is the same window, read again. Not thread-safe.
 */
final class LegacyWindows {
  private static final Instant UNSET = Instant.ofEpochSecond(1);

  private @Nullable List<Point> last;

  Page timed(Page page, Instant now, Duration interval) {
    if (page.points().isEmpty() || page.points().equals(last)) {
      return new Page(List.of(), null, false, page.skew(), page.malformed());
    }
    last = page.points();
    long seconds = Math.max(1, interval.toSeconds());
    Instant end = Instant.ofEpochSecond(now.getEpochSecond() / seconds * seconds);
    List<Point> timed =
        page.points().stream()
            .map(point ->
                point.time().isAfter(UNSET)
                    ? point
                    : new Point(point.measurement(), end, point.tags(), point.fields()))
            .toList();
    return new Page(timed, null, false, page.skew(), page.malformed());
  }
}
