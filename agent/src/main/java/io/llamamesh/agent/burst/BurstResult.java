package io.llamamesh.agent.burst;

import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import io.llamamesh.results.Point.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Result of a burst by one agent.
 *
 * @param series one for each address and class of the target
 */
public record BurstResult(List<Series> series) {

  /** RTTs in nanoseconds, without the residence time. */
  public record Rtt(long p50, long p99, long max) {
    Rtt worst(Rtt other) {
      return new Rtt(Math.max(p50, other.p50), Math.max(p99, other.p99), Math.max(max, other.max));
    }
  }

  /**
   * One source port.
   *
   * @param rttMeanNanos mean of those that were measured; NaN without any
   */
  public record SourcePort(int port, int sent, int lost, double rttMeanNanos) {}

  /**
   * One address in one class.
   *
   * @param address of the reflector, with its port
   * @param sent each has one outcome: received, late, lost, or one of {@code excused}
   * @param late answered, but delayed by an agent itself; neither received nor lost
   * @param forwardLost those lost ones that never reached the reflector
   * @param returnLost those that reached it
   * @param excused what became of the others, by outcome
   * @param rtt null when nothing was received
   */
  public record Series(
      String address,
      String trafficClass,
      int sent,
      int received,
      int late,
      int lost,
      int forwardLost,
      int returnLost,
      Map<String, Integer> excused,
      @Nullable Rtt rtt,
      List<SourcePort> ports) {
    public Series {
      excused = Map.copyOf(excused);
      ports = List.copyOf(ports);
    }

    /** Loss of the probes that count. */
    public LossInterval loss() {
      return LossInterval.of(lost, (long) lost + received);
    }
  }

  public BurstResult {
    series = List.copyOf(series);
  }

  /** Result of a burst that published these windows and no others. */
  public static BurstResult of(List<ClosedWindow> windows) {
    Map<Map<String, String>, PairResult> pairs = new LinkedHashMap<>();
    for (ClosedWindow window : windows) {
      for (PairResult pair : window.pairs()) {
        pairs.merge(pair.tags(), pair, PairResult::plus);
      }
    }
    return new BurstResult(pairs.values().stream().map(BurstResult::series).toList());
  }

  private static Series series(PairResult pair) {
    Map<String, Integer> excused = new TreeMap<>();
    int sent = 0;
    for (Outcome outcome : Outcome.values()) {
      int count = pair.count(outcome);
      sent += count;
      boolean shown =
          outcome == Outcome.RECEIVED || outcome == Outcome.LATE || outcome == Outcome.LOST;
      if (!shown && count > 0) {
        excused.put(outcome.name().toLowerCase(Locale.ROOT), count);
      }
    }
    PairResult.Rtt rtt = pair.rtt();
    List<SourcePort> ports = new ArrayList<>();
    for (PairResult.Path path : pair.paths()) {
      ports.add(new SourcePort(path.sourcePort(), path.sent(), path.lost(), path.rttMeanNanos()));
    }
    return new Series(
        pair.tags().getOrDefault(BurstTargets.ADDRESS, ""),
        pair.tags().getOrDefault(Tags.PORT, ""),
        sent,
        pair.count(Outcome.RECEIVED),
        pair.count(Outcome.LATE),
        pair.count(Outcome.LOST),
        pair.count(Mark.FORWARD_LOST),
        pair.count(Mark.RETURN_LOST),
        excused,
        rtt == null ? null : new Rtt(rtt.p50(), rtt.p99(), rtt.max()),
        ports);
  }

  /** Probes that were sent. */
  public int sent() {
    return series.stream().mapToInt(Series::sent).sum();
  }

  /** Probes that were answered in time. */
  public int received() {
    return series.stream().mapToInt(Series::received).sum();
  }

  /** Probes that were answered, but delayed by an agent itself. */
  public int late() {
    return series.stream().mapToInt(Series::late).sum();
  }

  /** Probes that the network lost. */
  public int lost() {
    return series.stream().mapToInt(Series::lost).sum();
  }

  /** Loss over everything. */
  public LossInterval loss() {
    return LossInterval.of(lost(), (long) lost() + received());
  }

  /** The worst of each RTT over addresses and classes; null when nothing was received. */
  public @Nullable Rtt rtt() {
    return series.stream()
        .map(Series::rtt)
        .filter(rtt -> rtt != null)
        .reduce(Rtt::worst)
        .orElse(null);
  }
}
