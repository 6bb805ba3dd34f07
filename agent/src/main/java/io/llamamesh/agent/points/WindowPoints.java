package io.llamamesh.agent.points;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.agent.window.PathFacts;
import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.Point.Tags;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Converter of closed windows to points. */
public final class WindowPoints {

  private static final long SECOND = 1_000_000_000L;
  private static final double MILLI = 1e6;

  /** Consumer of points, one by one. */
  public interface Sink {
    /** Accepts one; an exception ends the conversion. */
    void accept(Point point) throws IOException;
  }

  private WindowPoints() {}

  /**
   * Hands over a window's points, with the network's loss.
   *
   * @param allPaths source ports of all pairs, not only of those that lost something
   * @param us tags of this agent as a destination, for points of its reflector
   * @throws IOException when the sink does
   */
  public static void of(ClosedWindow window, boolean allPaths, Map<String, String> us, Sink sink)
      throws IOException {
    of(window, allPaths, us, LossRule.NETWORK, sink);
  }

  /**
   * Hands over a window's points: per pair and class one, and one per source port.
   *
   * @param allPaths source ports of all pairs, not only of those that lost something
   * @param us tags of this agent as a destination, for points of its reflector
   * @param loss rule by which points count loss
   * @throws IOException when the sink does
   */
  public static void of(
      ClosedWindow window, boolean allPaths, Map<String, String> us, LossRule loss, Sink sink)
      throws IOException {
    Instant time = Instant.ofEpochSecond(window.endNanos() / SECOND, window.endNanos() % SECOND);
    if (!window.reflected().isEmpty()) {
      reflected(window, time, us, sink);
    }
    for (PairResult pair : window.pairs()) {
      sink.accept(new Point(Point.RAW_STATS, time, pair.tags(), fields(pair, loss)));
      if (allPaths || pair.count(Outcome.LOST) > 0) {
        for (PairResult.Path path : pair.paths()) {
          sink.accept(path(time, pair, path));
        }
      }
    }
  }

  /** Points of what our reflector sent back, per sender: the other side of their pairs with us. */
  private static void reflected(
      ClosedWindow window, Instant time, Map<String, String> us, Sink sink) throws IOException {
    for (ClosedWindow.Reflected sender : window.reflected()) {
      Map<String, String> tags = new HashMap<>(us);
      tags.put(Tags.SRC_IP, sender.source());
      sink.accept(
          new Point(
              Point.REFLECTED_STATS,
              time,
              tags,
              Map.of(Fields.REFLECTED, (double) sender.probes())));
    }
  }

  private static Map<String, Double> fields(PairResult pair, LossRule loss) {
    Map<String, Double> fields = new LinkedHashMap<>();
    put(fields, Fields.DUE, due(pair));
    put(fields, Fields.SENT, pair.count(Attempt.SENT));
    put(fields, Fields.RECEIVED, pair.count(Outcome.RECEIVED));
    put(fields, Fields.SKIPPED, pair.count(Attempt.SKIPPED));
    put(fields, Fields.STALLED, pair.count(Mark.STALLED));
    put(fields, Fields.LOST, pair.count(Outcome.LOST));
    put(fields, Fields.LOSS, loss.percent(pair));
    PairResult.Rtt rtt = pair.rtt();
    if (rtt != null) {
      put(fields, Fields.RTT, rtt.mean() / MILLI);
      put(fields, Fields.RTT_MIN, rtt.min() / MILLI);
      put(fields, Fields.RTT_P50, rtt.p50() / MILLI);
      put(fields, Fields.RTT_P90, rtt.p90() / MILLI);
      put(fields, Fields.RTT_P99, rtt.p99() / MILLI);
      put(fields, Fields.RTT_MAX, rtt.max() / MILLI);
      put(fields, Fields.JITTER, rtt.jitter() / MILLI);
    }
    put(fields, Fields.LATE, pair.count(Outcome.LATE));
    put(fields, Fields.REFUSED, pair.count(Outcome.REFUSED));
    put(fields, Fields.TOO_BIG, pair.count(Outcome.TOO_BIG));
    put(fields, Fields.OWN_DROP, pair.count(Outcome.OWN_DROP));
    put(fields, Fields.OVERLOAD, pair.count(Outcome.OVERLOAD));
    put(fields, Fields.CORRUPT, pair.count(Outcome.CORRUPT));
    put(fields, Fields.SUPPRESSED, pair.count(Outcome.SUPPRESSED));
    put(fields, Fields.SEND_ERROR, pair.count(Attempt.SEND_ERROR));
    put(fields, Fields.DUPLICATE, pair.count(Mark.DUPLICATE));
    put(fields, Fields.REORDERED, pair.count(Mark.REORDERED));
    put(fields, Fields.FORWARD_LOST, pair.count(Mark.FORWARD_LOST));
    put(fields, Fields.RETURN_LOST, pair.count(Mark.RETURN_LOST));
    put(fields, Fields.RESIDENCE, pair.residenceNanos() / MILLI);
    put(fields, Fields.DSCP_REWRITTEN, pair.count(Mark.DSCP_REWRITTEN));
    PathFacts facts = pair.facts();
    put(fields, Fields.DSCP_FORWARD, facts.dscpForward() < 0 ? Double.NaN : facts.dscpForward());
    put(fields, Fields.DSCP_RETURN, facts.dscpReturn() < 0 ? Double.NaN : facts.dscpReturn());
    put(fields, Fields.PATH_MTU, facts.mtu() == 0 ? Double.NaN : facts.mtu());
    return fields;
  }

  private static int due(PairResult pair) {
    return pair.count(Attempt.SENT) + pair.count(Attempt.SEND_ERROR) + pair.count(Attempt.SKIPPED);
  }

  private static Point path(Instant time, PairResult pair, PairResult.Path path) {
    Map<String, String> tags = new HashMap<>(pair.tags());
    tags.put(Tags.SRC_PORT, Integer.toString(path.sourcePort()));
    Map<String, Double> fields = new LinkedHashMap<>();
    put(fields, Fields.SENT, path.sent());
    put(fields, Fields.LOST, path.lost());
    put(fields, Fields.RTT, path.rttMeanNanos() / MILLI);
    return new Point(Point.PATH_STATS, time, tags, fields);
  }

  /** Unknown values are absent, never zero. */
  private static void put(Map<String, Double> fields, String name, double value) {
    if (!Double.isNaN(value)) {
      fields.put(name, value);
    }
  }
}
