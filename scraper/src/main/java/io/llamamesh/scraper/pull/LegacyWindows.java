package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes windows of what a collector without cursors answers (Go LLAMA): its points carry no time
 * and stay the same until its next summary.
 *
 * <p>The time of a summary is the end of the newest window that its interval implies, and never
 * that of the one before. An unchanged answer is the same window, read again; but where all is lost
 * one summary looks like the next, so then an interval later it is another. Points that do not say
 * whose they are get the collector's name, or two collectors' points would be one series. Not
 * thread-safe.
 */
final class LegacyWindows {
  private static final Instant UNSET = Instant.ofEpochSecond(1);

  /** How long after a window's end its summary may still be the one before. */
  private static final Duration SUMMING_UP = Duration.ofSeconds(1);

  private @Nullable List<Point> last;
  private Instant lastEnd = Instant.MIN;
  // Whether that was an unchanged answer taken for another window.
  private boolean assumed;

  Page timed(Page page, String collector, Instant now, Duration interval) {
    List<Point> points = page.points();
    long seconds = Math.max(1, interval.toSeconds());
    Instant end = Instant.ofEpochSecond(now.getEpochSecond() / seconds * seconds);
    boolean unchanged = points.equals(last);
    if (points.isEmpty() || (unchanged && !another(points, end, now))) {
      return new Page(List.of(), null, false, page.skew(), page.malformed());
    }
    last = points;
    if (!end.isAfter(lastEnd) && !assumed && !now.isBefore(lastEnd.plusSeconds(seconds / 2))) {
      // Read late the last time, or in time now: another summary is another window.
      end = lastEnd.plusSeconds(seconds);
    }
    assumed = unchanged;
    lastEnd = end;
    Instant time = end;
    List<Point> timed = points.stream().map(point -> timed(point, collector, time)).toList();
    return new Page(timed, null, false, page.skew(), page.malformed());
  }

  private boolean another(List<Point> unchanged, Instant end, Instant now) {
    return end.isAfter(lastEnd)
        && !now.isBefore(end.plus(SUMMING_UP))
        && unchanged.stream().allMatch(LegacyWindows::allLost);
  }

  private static boolean allLost(Point point) {
    double sent = point.number(Point.Fields.SENT, 0);
    return sent > 0 && point.number(Point.Fields.LOST, 0) >= sent;
  }

  private static Point timed(Point point, String collector, Instant end) {
    Map<String, String> tags = point.tags();
    if (!tags.containsKey(Point.Tags.SRC_NAME)) {
      tags = new HashMap<>(tags);
      tags.put(Point.Tags.SRC_NAME, collector);
    }
    return new Point(
        point.measurement(),
        point.time().isAfter(UNSET) ? point.time() : end,
        tags,
        point.fields());
  }
}
