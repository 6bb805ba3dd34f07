package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.InstantSource;
import java.util.List;

/**
 * What of an agent's pages goes on to matrix and store: points of no more series than an agent may
 * have, the rest counted. Thread-safe: both who poll and who store an agent ask it.
 */
final class PageAdmission {
  private final SeriesQuota quota = new SeriesQuota();
  private final PullCounters counters;
  private final InstantSource clock;

  PageAdmission(PullCounters counters, InstantSource clock) {
    this.counters = counters;
    this.clock = clock;
  }

  /** The page without points of more series than an agent may have, which are counted. */
  Page admit(Page page) {
    Page admitted = admitAgain(page);
    counters.countExcess(page.points().size() - admitted.points().size());
    return admitted;
  }

  /** The same for windows that were admitted before, and are read once more: counts nothing. */
  Page admitAgain(Page page) {
    List<Point> points = quota.admitted(page.points(), clock.instant());
    return points.size() == page.points().size()
        ? page
        : new Page(points, page.cursor(), page.more(), page.skew(), page.malformed());
  }
}
