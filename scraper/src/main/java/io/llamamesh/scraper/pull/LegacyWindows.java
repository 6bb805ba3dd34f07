package io.llamamesh.scraper.pull;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.results.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Windows made of the answers of a collector without cursors (Go LLAMA): its points carry no time
 * and stay the same until its next summary. Those of the Python LLAMA carry the time of each
 * target's run, see {@link PythonPoints}: all new ones form one window.
 *
 * <p>The time of a summary is the end of the newest window that its interval implies, and never
 * that of the one before. An unchanged answer is the same window read again; but if all probes are
 * lost one summary equals the next, so an interval later it counts as another.
 *
 * <p>Points are named as their tags say: ours, else LLAMA's customary {@code src_hostname} and
 * {@code dst_hostname}. Points without a source get the collector's name, and a name that several
 * share is qualified by the address, or their points would form one series. Not thread-safe.
 */
final class LegacyWindows {
  private static final Instant UNSET = Instant.ofEpochSecond(1);

  /**
   * Time after a window's end during which the collector may still answer with the summary before.
   */
  private static final Duration SUMMING_UP = Duration.ofSeconds(1);

  private final SourceNames names;
  private final PythonPoints python = new PythonPoints();
  private @Nullable List<Point> last;
  private Instant lastEnd = Instant.MIN;
  // True if that was an unchanged answer taken for another window.
  private boolean lastWasAssumed;

  LegacyWindows(SourceNames names) {
    this.names = names;
  }

  Page withTimes(Page page, String collector, Instant now, Duration interval) {
    boolean isPython = PythonPoints.arePython(page.points());
    List<Point> points = isPython ? python.fresh(page.points()) : page.points();
    long seconds = Math.max(1, interval.toSeconds());
    Instant end = Instant.ofEpochSecond(now.getEpochSecond() / seconds * seconds);
    boolean unchanged = points.equals(last);
    if (points.isEmpty() || (unchanged && !isAnotherSummary(points, end, now))) {
      return new Page(List.of(), null, false, page.skew(), page.malformed());
    }
    last = points;
    if (!end.isAfter(lastEnd)
        && !lastWasAssumed
        && !now.isBefore(lastEnd.plusSeconds(seconds / 2))) {
      // Read late last time, or early now: another summary is another window.
      end = lastEnd.plusSeconds(seconds);
    }
    lastWasAssumed = unchanged;
    lastEnd = end;
    Instant time = end;
    Map<String, Set<String>> targets = targets(points);
    List<Point> timed =
        points.stream()
            .map(point -> {
              boolean ownTime = !isPython && point.time().isAfter(UNSET);
              return named(point, collector, targets, ownTime ? point.time() : time);
            })
            .toList();
    return new Page(timed, null, false, page.skew(), page.malformed());
  }

  private boolean isAnotherSummary(List<Point> unchanged, Instant end, Instant now) {
    return end.isAfter(lastEnd)
        && !now.isBefore(end.plus(SUMMING_UP))
        && unchanged.stream().allMatch(LegacyWindows::isAllLost);
  }

  private static boolean isAllLost(Point point) {
    double sent = point.number(Point.Fields.SENT, 0);
    return sent > 0 && point.number(Point.Fields.LOST, 0) >= sent;
  }

  private Point named(
      Point point, String collector, Map<String, Set<String>> targets, Instant time) {
    Map<String, String> tags = new HashMap<>(point.tags());
    String source = tagged(tags, Point.Tags.SRC_NAME, CollectorConfig.SRC_HOSTNAME);
    tags.put(Point.Tags.SRC_NAME, source.isEmpty() ? collector : names.claim(source, collector));
    String target = tagged(tags, Point.Tags.DST_NAME, CollectorConfig.DST_HOSTNAME);
    if (target.isEmpty()) {
      tags.remove(Point.Tags.DST_NAME);
    } else {
      boolean alone = targets.getOrDefault(target, Set.of()).size() < 2;
      tags.put(Point.Tags.DST_NAME, alone ? target : target + " (" + address(point) + ")");
    }
    return new Point(point.measurement(), time, tags, point.fields());
  }

  /** The addresses of each target name. */
  private static Map<String, Set<String>> targets(List<Point> points) {
    Map<String, Set<String>> targets = new HashMap<>();
    for (Point point : points) {
      String name = tagged(point.tags(), Point.Tags.DST_NAME, CollectorConfig.DST_HOSTNAME);
      targets.computeIfAbsent(name, k -> new HashSet<>()).add(address(point));
    }
    return targets;
  }

  private static String address(Point point) {
    return point.tags().getOrDefault(Point.Tags.DST_IP, "");
  }

  private static String tagged(Map<String, String> tags, String ours, String llamas) {
    String name = tags.getOrDefault(ours, "");
    return (name.isBlank() ? tags.getOrDefault(llamas, "") : name).strip();
  }
}
