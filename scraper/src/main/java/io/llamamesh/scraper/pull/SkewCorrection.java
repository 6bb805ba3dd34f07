package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.util.List;

/**
 * Moves the windows of an agent whose clock is wrong to when they really were, by whole windows, so
 * that they stay aligned with the other agents'.
 *
 * <p>Windows align to multiples of the interval by the agent's own clock. A clock that is less than
 * three quarters of a window off is left alone: its windows carry the right label. The correction
 * changes only when the clock has moved that far from it, so that the same window keeps its time
 * when it is read again. Thread-safe.
 */
final class SkewCorrection {
  /** Below that, a busy machine's slow answer looks like a wrong clock. */
  private static final Duration NOTICED = Duration.ofSeconds(5);

  private Duration offset = Duration.ZERO;
  private Duration skew = Duration.ZERO;

  /** Goes on with a correction that was made before, so that windows keep their times. */
  synchronized void adopt(Duration earlier) {
    offset = earlier;
  }

  /** By how much times are moved now. */
  synchronized Duration offset() {
    return offset;
  }

  /** The page with its points at their real times. */
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
    return new Page(moved, page.cursor(), page.more(), page.skew(), page.malformed());
  }

  /** How far the agent's clock is ahead of ours. */
  synchronized Duration skew() {
    return skew;
  }

  /** What of it is left in corrected times. */
  synchronized Duration residual() {
    return skew.minus(offset);
  }

  private static Duration rounded(Duration skew, Duration interval) {
    long millis = interval.toMillis();
    return Duration.ofMillis(Math.round((double) skew.toMillis() / millis) * millis);
  }
}
