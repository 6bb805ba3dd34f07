package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.util.List;

/**
 * Clock skew correction: moves the windows of an agent whose clock is wrong to their real times, by
 * whole windows, so that they stay aligned with the other agents'.
 *
 * <p>Windows align to multiples of the interval by the agent's own clock. A clock that is less than
 * three quarters of a window off is not corrected: its windows carry the right label. The
 * correction changes only when the clock has moved that far from it, so that a window keeps its
 * time when it is fetched again. Thread-safe.
 */
final class SkewCorrection {
  /**
   * Smallest skew that is corrected: below it, a busy machine's slow answer looks like a wrong
   * clock.
   */
  private static final Duration NOTICED = Duration.ofSeconds(5);

  private Duration offset = Duration.ZERO;
  private Duration skew = Duration.ZERO;

  /** Adopts an earlier correction, so that windows keep their times. */
  synchronized void adopt(Duration earlier) {
    offset = earlier;
  }

  /** Correction that is applied now. */
  synchronized Duration offset() {
    return offset;
  }

  /** Corrects the times of a page's points. */
  synchronized Page correct(Page page, Duration interval) {
    Duration measured = page.skew();
    if (measured != null) {
      skew = measured;
      Duration allowed = interval.multipliedBy(3).dividedBy(4);
      if (measured.minus(offset).abs().compareTo(allowed) > 0
          && measured.minus(offset).abs().compareTo(NOTICED) > 0) {
        offset = rounded(measured, interval);
      }
    }
    if (offset.isZero()) {
      return page;
    }
    List<Point> moved =
        page.points().stream()
            .map(point ->
                new Point(
                    point.measurement(), point.time().minus(offset), point.tags(), point.fields()))
            .toList();
    return page.withPoints(moved);
  }

  /** Skew of the agent's clock, positive if it is ahead of ours, as last measured. */
  synchronized Duration skew() {
    return skew;
  }

  /** Skew that remains in corrected times. */
  synchronized Duration residual() {
    return skew.minus(offset);
  }

  private static Duration rounded(Duration skew, Duration interval) {
    long millis = interval.toMillis();
    return Duration.ofMillis(Math.round((double) skew.toMillis() / millis) * millis);
  }
}
