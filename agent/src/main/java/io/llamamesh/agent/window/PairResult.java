package io.llamamesh.agent.window;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Result of one pair and class in one window; immutable. */
public final class PairResult {

  /** This object, its array's and list's heads and its distribution. */
  private static final int ROW_BYTES = 192;

  /** One source port, and its place in the list. */
  private static final int PATH_BYTES = 44;

  private final Map<String, String> tags;
  private final int[] counts;
  private final @Nullable Rtt rtt;
  private final double residenceNanos;
  private final List<Path> paths;
  private final PathFacts facts;

  /** Distribution of the window's RTTs, in nanoseconds. */
  public record Rtt(double mean, long min, long p50, long p90, long p99, long max, double jitter) {
    Rtt plus(Rtt other, double weight, double otherWeight) {
      return new Rtt(
          PairResult.mean(mean, weight, other.mean, otherWeight),
          Math.min(min, other.min),
          Math.max(p50, other.p50),
          Math.max(p90, other.p90),
          Math.max(p99, other.p99),
          Math.max(max, other.max),
          PairResult.mean(jitter, weight, other.jitter, otherWeight));
    }
  }

  /**
   * One source port.
   *
   * @param measured number of replies whose RTT is the network's; those that were sent late, or
   *     whose stamps are unusable, are left out
   * @param rttMeanNanos over these; NaN without any
   */
  public record Path(int sourcePort, int sent, int measured, int lost, double rttMeanNanos) {
    Path plus(Path other) {
      return new Path(
          sourcePort,
          sent + other.sent,
          measured + other.measured,
          lost + other.lost,
          PairResult.mean(rttMeanNanos, measured, other.rttMeanNanos, other.measured));
    }
  }

  /**
   * A result.
   *
   * @param tags shared between windows as long as they do not change
   * @param counts by {@link Tally#index}; not copied
   */
  public PairResult(
      Map<String, String> tags,
      int[] counts,
      @Nullable Rtt rtt,
      double residenceNanos,
      List<Path> paths,
      PathFacts facts) {
    this.tags = tags;
    this.counts = counts;
    this.rtt = rtt;
    this.residenceNanos = residenceNanos;
    this.paths = List.copyOf(paths);
    this.facts = facts;
  }

  /**
   * A result that an earlier life stored.
   *
   * @throws IllegalArgumentException when its counts are not those of this code
   */
  public static PairResult restored(
      Map<String, String> tags,
      int[] counts,
      @Nullable Rtt rtt,
      double residenceNanos,
      List<Path> paths,
      PathFacts facts) {
    int expected = Tally.all().size();
    if (counts.length != expected) {
      throw new IllegalArgumentException(
          "expected " + expected + " counts, found " + counts.length);
    }
    return new PairResult(Map.copyOf(tags), counts.clone(), rtt, residenceNanos, paths, facts);
  }

  /**
   * Both combined, where a change of plan split a window: counts and means exactly, of percentiles
   * the worse one since they do not add up.
   */
  public PairResult plus(PairResult other) {
    int[] sum = counts.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += other.counts[i];
    }
    double here = measured();
    double there = other.measured();
    Map<Integer, Path> byPort = new LinkedHashMap<>();
    paths.forEach(path -> byPort.put(path.sourcePort(), path));
    other.paths.forEach(path -> byPort.merge(path.sourcePort(), path, Path::plus));
    return new PairResult(
        tags,
        sum,
        rtt == null || other.rtt == null
            ? (rtt == null ? other.rtt : rtt)
            : rtt.plus(other.rtt, here, there),
        mean(residenceNanos, here, other.residenceNanos, there),
        List.copyOf(byPort.values()),
        other.facts.or(facts));
  }

  /** Number of answered probes whose RTTs count. */
  private double measured() {
    return count(Outcome.RECEIVED) - count(Mark.STALLED);
  }

  /** Weighted mean; where one value is NaN, the other. */
  private static double mean(double a, double weightA, double b, double weightB) {
    if (Double.isNaN(a) || weightA == 0) {
      return b;
    }
    if (Double.isNaN(b) || weightB == 0) {
      return a;
    }
    return (a * weightA + b * weightB) / (weightA + weightB);
  }

  /** Memory of it without its tags, in bytes, estimated from the JVM's layout. */
  int bytes() {
    return ROW_BYTES + counts.length * Integer.BYTES + paths.size() * PATH_BYTES;
  }

  /** All counts, by {@link Tally#index}; a copy. */
  public int[] counts() {
    return counts.clone();
  }

  /** Tags of its points. */
  public Map<String, String> tags() {
    return tags;
  }

  /** Count of one tally. */
  public int count(Tally tally) {
    return counts[tally.index()];
  }

  /**
   * RTT distribution; null when nothing was received, or only probes whose RTT is not the
   * network's.
   */
  public @Nullable Rtt rtt() {
    return rtt;
  }

  /** Mean residence time in nanoseconds; NaN when no reply had it. */
  public double residenceNanos() {
    return residenceNanos;
  }

  /** MTU and DSCP changes of the path. */
  public PathFacts facts() {
    return facts;
  }

  /** One entry for each source port that sent something. */
  public List<Path> paths() {
    return paths;
  }

  /** Loss in percent of the probes that count; NaN when none counts. */
  public double lossPercent() {
    int lost = count(Outcome.LOST);
    int total = lost + count(Outcome.RECEIVED);
    return total == 0 ? Double.NaN : 100.0 * lost / total;
  }
}
