package io.llamamesh.bench.accuracy;

import io.llamamesh.bench.figures.Rounds;
import io.llamamesh.results.Point;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A collector's results over some windows.
 *
 * @param p50Micros median over pairs and windows of their medians
 * @param p99Micros the same of their 99th percentiles: percentiles of parts don't merge
 * @param outcomes probes by field of the points: {@code sent}, {@code lost}, {@code own_drop}, …
 */
record Measured(double p50Micros, double p99Micros, Map<String, Double> outcomes) {

  Measured {
    outcomes = Map.copyOf(outcomes);
  }

  static Measured of(List<Point> points) {
    Rounds p50 = new Rounds();
    Rounds p99 = new Rounds();
    Map<String, Double> outcomes = new HashMap<>();
    for (Point point : points) {
      Double middle = point.fields().get("rtt_p50");
      Double high = point.fields().get("rtt_p99");
      if (middle != null && high != null) {
        p50.add(1e3 * middle);
        p99.add(1e3 * high);
      }
      for (String outcome :
          List.of("sent", "lost", "own_drop", "overload", "late", "refused", "send_error")) {
        outcomes.merge(outcome, point.fields().getOrDefault(outcome, 0.0), Double::sum);
      }
    }
    return new Measured(p50.median().orElse(Double.NaN), p99.median().orElse(Double.NaN), outcomes);
  }

  double count(String outcome) {
    return outcomes.getOrDefault(outcome, 0.0);
  }
}
