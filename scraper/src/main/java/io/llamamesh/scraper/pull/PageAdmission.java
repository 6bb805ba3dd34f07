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
  private final Counters counters;
  private final InstantSource clock;

  PageAdmission(Counters counters, InstantSource clock) {
    this.counters = counters;
    this.clock = clock;
  }

  /** The page without points of more series than an agent may have. */
  Page admit(Page page) {
    List<Point> points = quota.admitted(page.points(), clock.instant());
    int excess = page.points().size() - points.size();
    if (excess == 0) {
      return page;
    }
    counters.excess(excess);
    return new Page(points, page.cursor(), page.more(), page.skew(), page.malformed());
  }
}
