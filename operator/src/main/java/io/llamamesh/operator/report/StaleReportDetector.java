package io.llamamesh.operator.report;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Detector of scrapers whose reports stand still, whatever their clock says: a report is made anew
 * every few seconds, so its time must move.
 *
 * <p>One per scraper, for one thread at a time.
 */
final class StaleReportDetector {
  /** A report that is older than so many windows says nothing about now. */
  private static final int STALE_INTERVALS = 3;

  private @Nullable Instant time;
  private long movedAt;
  private boolean moved;

  /**
   * Whether a report is too old to be believed.
   *
   * @param report its time, by the scraper's clock
   * @param nanoTime now, by a clock of ours that never jumps
   * @param now by our clock on the wall, good only for the first report of a scraper
   */
  boolean isStale(Instant report, long nanoTime, Instant now, Duration interval) {
    if (!report.equals(time)) {
      moved = time != null;
      time = report;
      movedAt = nanoTime;
    }
    Duration allowed = interval.multipliedBy(STALE_INTERVALS);
    return nanoTime - movedAt > allowed.toNanos()
        || (!moved && report.isBefore(now.minus(allowed)));
  }
}
