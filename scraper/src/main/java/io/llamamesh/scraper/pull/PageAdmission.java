package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Admission control for an agent's pages: points beyond the quota of series are dropped and
 * counted, and so are those of another name where the agent speaks for itself only. Thread-safe:
 * poller and pump share it.
 */
final class PageAdmission {
  private static final Logger LOG = LoggerFactory.getLogger(PageAdmission.class);

  private final SeriesQuota quota = new SeriesQuota();
  private final PullCounters counters;
  private final InstantSource clock;
  private final PointRights rights;
  private final AtomicBoolean isForeignLogged = new AtomicBoolean();

  PageAdmission(PullCounters counters, InstantSource clock) {
    this(counters, clock, PointRights.ALL);
  }

  /**
   * @param rights points that the sender may hand over; the others are left out
   */
  PageAdmission(PullCounters counters, InstantSource clock, PointRights rights) {
    this.rights = rights;
    this.counters = counters;
    this.clock = clock;
  }

  /**
   * The page without points of other nodes, and without those beyond the quota of series; both are
   * counted.
   */
  Page admit(Page page) {
    Page own = own(page);
    counters.countForeign(page.points().size() - own.points().size());
    Page admitted = withinQuota(own);
    counters.countExcess(own.points().size() - admitted.points().size());
    return admitted;
  }

  /** The same for windows that were admitted before and are fetched again: counts nothing. */
  Page admitUncounted(Page page) {
    return withinQuota(own(page));
  }

  private Page own(Page page) {
    Point foreign = rights.firstForeign(page.points());
    if (foreign == null) {
      return page;
    }
    if (isForeignLogged.compareAndSet(false, true)) {
      LOG.warn(
          "points of other nodes left out holder=\"{}\" measurement={} srcName={} dstName={}",
          rights.holder(),
          foreign.measurement(),
          foreign.tags().get(Point.Tags.SRC_NAME),
          foreign.tags().get(Point.Tags.DST_NAME));
    }
    return page.withPoints(page.points().stream().filter(rights::includes).toList());
  }

  private Page withinQuota(Page page) {
    List<Point> points = quota.admitted(page.points(), clock.instant());
    return points.size() == page.points().size() ? page : page.withPoints(points);
  }
}
