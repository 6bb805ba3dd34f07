package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Admission control for an agent's pages: points beyond the quota of series are dropped and
 * counted, and so are those of another name where the agent speaks for itself only. Thread-safe:
 * poller and pump share it.
 */
final class PageAdmission {
  private final SeriesQuota quota = new SeriesQuota();
  private final PullCounters counters;
  private final InstantSource clock;

  private final @Nullable String onlyOf;

  PageAdmission(PullCounters counters, InstantSource clock) {
    this(counters, clock, null);
  }

  /**
   * @param onlyOf name of the agent whose points alone are admitted; null: of any
   */
  PageAdmission(PullCounters counters, InstantSource clock, @Nullable String onlyOf) {
    this.counters = counters;
    this.clock = clock;
    this.onlyOf = onlyOf;
  }

  /** The page without points beyond the quota of series, which are counted. */
  Page admit(Page page) {
    Page admitted = admitUncounted(page);
    counters.countExcess(page.points().size() - admitted.points().size());
    return admitted;
  }

  /** The same for windows that were admitted before and are fetched again: counts nothing. */
  Page admitUncounted(Page page) {
    List<Point> own =
        onlyOf == null
            ? page.points()
            : page.points().stream().filter(point -> isOf(onlyOf, point)).toList();
    List<Point> points = quota.admitted(own, clock.instant());
    return points.size() == page.points().size() ? page : page.withPoints(points);
  }

  /** True if a point was measured by the agent of that name. */
  static boolean isOf(String agent, Point point) {
    boolean reflected = point.measurement().equals(Point.REFLECTED_STATS);
    return agent.equals(point.tags().get(reflected ? Point.Tags.DST_NAME : Point.Tags.SRC_NAME));
  }
}
