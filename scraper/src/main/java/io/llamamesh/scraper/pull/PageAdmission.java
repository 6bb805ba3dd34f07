package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.InstantSource;
import java.util.List;

/**
 * Admission control for an agent's pages: points beyond the quota of series are dropped and
 * counted. Thread-safe: poller and pump share it.
 */
final class PageAdmission {
  private final SeriesQuota quota = new SeriesQuota();
  private final PullCounters counters;
  private final InstantSource clock;

  PageAdmission(PullCounters counters, InstantSource clock) {
    this.counters = counters;
    this.clock = clock;
  }

  /** The page without points beyond the quota of series, which are counted. */
  Page admit(Page page) {
    Page admitted = admitUncounted(page);
    counters.countExcess(page.points().size() - admitted.points().size());
    return admitted;
  }

  /** The same for windows that were admitted before and are fetched again: counts nothing. */
  Page admitUncounted(Page page) {
    List<Point> points = quota.admitted(page.points(), clock.instant());
    return points.size() == page.points().size() ? page : page.withPoints(points);
  }
}
