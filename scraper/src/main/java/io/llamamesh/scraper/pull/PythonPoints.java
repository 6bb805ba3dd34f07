package io.llamamesh.scraper.pull;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.Point.Tags;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Converter from the points of LLAMA's Python collector (dropbox/llama-archive): it publishes a
 * point of measurement {@code rtt} and one of {@code loss} for each target, each with the field
 * {@code value}, and the time when that target's run ended.
 *
 * <p>It publishes no counts, so the points have none. Its RTT of a target that lost everything is 0
 * and is left out; with some loss it is taken as published, too low by that share, since lost
 * probes enter its mean as 0. A target is identified by its tags alone: one without a name is named
 * by them.
 *
 * <p>Not thread-safe.
 */
final class PythonPoints {
  private static final String RTT = "rtt";
  private static final String LOSS = "loss";
  private static final String VALUE = "value";
  private static final String UNTAGGED = "(untagged)";

  /** Times of the last answer's runs, by the targets' tags. */
  private Map<Map<String, String>, Instant> last = Map.of();

  /** True if an answer is a Python collector's. */
  static boolean arePython(List<Point> points) {
    return points.stream()
        .anyMatch(point -> point.measurement().equals(RTT) || point.measurement().equals(LOSS));
  }

  /** A target's run: both of its points together. */
  private static final class Target {
    private Instant time = Instant.MIN;
    private double rtt = Double.NaN;
    private double loss = Double.NaN;

    void add(Point point) {
      double value = point.number(VALUE, Double.NaN);
      if (point.measurement().equals(RTT)) {
        rtt = value >= 0 && value <= PointCheck.MAX_RTT_MILLIS ? value : Double.NaN;
      } else {
        loss = value >= 0 && value <= 100 ? value : Double.NaN;
      }
      if (point.time().isAfter(time)) {
        time = point.time();
      }
    }

    /** Its fields; null before the first run, and for a run in which it could not send. */
    @Nullable Map<String, Double> fields() {
      if (Double.isNaN(loss) || (loss == 0 && rtt == 0)) {
        return null;
      }
      Map<String, Double> fields = new LinkedHashMap<>();
      fields.put(Fields.LOSS, loss);
      if (loss < 100 && !Double.isNaN(rtt)) {
        fields.put(Fields.RTT, rtt);
      }
      return fields;
    }
  }

  /** The points of targets whose runs are newer than in the answer before, with the runs' times. */
  List<Point> fresh(List<Point> points) {
    Map<Map<String, String>, Target> targets = new LinkedHashMap<>();
    for (Point point : points) {
      if (point.measurement().equals(RTT) || point.measurement().equals(LOSS)) {
        targets.computeIfAbsent(point.tags(), tags -> new Target()).add(point);
      }
    }
    Map<Map<String, String>, Instant> times = new LinkedHashMap<>();
    List<Point> fresh = new ArrayList<>();
    targets.forEach((tags, target) -> {
      times.put(tags, target.time);
      Map<String, Double> fields = target.fields();
      if (fields != null && target.time.isAfter(last.getOrDefault(tags, Instant.MIN))) {
        fresh.add(new Point(Point.RAW_STATS, target.time, named(tags), fields));
      }
    });
    last = times;
    return fresh;
  }

  private static Map<String, String> named(Map<String, String> tags) {
    boolean isNamed =
        List.of(Tags.DST_NAME, CollectorConfig.DST_HOSTNAME, Tags.DST_IP).stream()
            .anyMatch(name -> !Objects.requireNonNullElse(tags.get(name), "").isBlank());
    if (isNamed) {
      return tags;
    }
    String name =
        tags.entrySet().stream()
            .filter(tag -> !tag.getKey().startsWith("src_"))
            .map(tag -> tag.getKey() + "=" + tag.getValue())
            .collect(Collectors.joining(" "));
    Map<String, String> all = new LinkedHashMap<>(tags);
    all.put(Tags.DST_NAME, name.isEmpty() ? UNTAGGED : name);
    return all;
  }
}
