package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.JudgedPair.Direction;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import io.llamamesh.scraper.matrix.PathCell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Classifier of pairs into good and bad ones.
 *
 * <p>A pair is bad when, pooled over up to three windows, it loses more than the limit and more
 * than chance explains: {@code P(X ≥ lost | n, p0) ≤ 0.01 / pairs}, where {@code p0} is the median
 * pair's loss, but at least {@value #MIN_BACKGROUND} and at most the limit: if most pairs are
 * broken, theirs is no background. It stays bad until three windows in a row were good. A pair
 * without a probe that measures the network is not good either: see {@link Silence}.
 */
final class PairJudge {
  static final int WINDOWS = 3;
  static final double MIN_BACKGROUND = 1e-4;
  private static final double SIGNIFICANCE = 0.01;
  private static final int SLOW_WINDOWS = 2;
  private static final double MOST = 0.8;
  private static final double ENOUGH_KNOWN = 0.5;

  private final Limits limits;

  PairJudge(Limits limits) {
    this.limits = limits;
  }

  /** Judges all pairs at one moment; {@code bad} are those that were bad before. */
  List<JudgedPair> judge(List<PairSeries> pairs, Set<PairId> bad) {
    Cell[] pooled = new Cell[pairs.size()];
    for (int i = 0; i < pooled.length; i++) {
      pooled[i] = pairs.get(i).pooled(WINDOWS);
    }
    double background = background(pooled);
    double level = SIGNIFICANCE / Math.max(1, pairs.size());
    List<JudgedPair> judged = new ArrayList<>(pooled.length);
    for (int i = 0; i < pooled.length; i++) {
      PairSeries pair = pairs.get(i);
      Cell cell = pooled[i];
      Silence silence = Silence.of(pair, cell);
      Cause cause = silence.cause();
      if (cause != null) {
        judged.add(JudgedPair.silent(pair, cell, cause));
        continue;
      }
      boolean lossy =
          silence == Silence.NONE
              && (isLossy(cell, background, level)
                  || (bad.contains(PairId.of(pair)) && cell.lost() > 0 && !isAllGood(pair)));
      judged.add(lossy ? lossy(pair, cell) : timed(pair, cell));
    }
    return judged;
  }

  /** Pairs that are bad by loss, for the next analysis. */
  static Set<PairId> bad(List<JudgedPair> judged) {
    Set<PairId> bad = new HashSet<>();
    for (JudgedPair pair : judged) {
      if (pair.isLossy()) {
        bad.add(PairId.of(pair.pair()));
      }
    }
    return bad;
  }

  private boolean isLossy(Cell cell, double background, double level) {
    return cell.lost() > 0
        && cell.lossPercent() > limits.lossPercent()
        && UpperTails.binomial(cell.lost(), cell.received() + cell.lost(), background) <= level;
  }

  private boolean isAllGood(PairSeries pair) {
    List<Cell> last =
        pair.cells().subList(Math.max(0, pair.cells().size() - WINDOWS), pair.cells().size());
    return last.size() == WINDOWS
        && last.stream().allMatch(cell -> cell.lossPercent() <= limits.lossPercent());
  }

  private static JudgedPair lossy(PairSeries pair, Cell cell) {
    List<Integer> badPorts = badPorts(pair.paths());
    Direction direction = direction(cell);
    Verdict verdict;
    if (!badPorts.isEmpty()) {
      verdict = Verdict.PARTIAL_PATH;
    } else if (direction != Direction.UNKNOWN) {
      verdict = Verdict.ONE_WAY_LOSS;
    } else {
      verdict = Verdict.PAIR_LOSS;
    }
    return new JudgedPair(pair, cell, verdict, direction, badPorts);
  }

  private JudgedPair timed(PairSeries pair, Cell cell) {
    List<Cell> cells = pair.cells();
    boolean slow =
        cells.size() >= SLOW_WINDOWS
            && cells.subList(cells.size() - SLOW_WINDOWS, cells.size()).stream()
                // NaN, if none returned, compares false.
                .allMatch(window -> window.rttP99() > limits.rttP99Millis());
    return new JudgedPair(
        pair, cell, slow ? Verdict.HIGH_LATENCY : Verdict.HEALTHY, Direction.UNKNOWN, List.of());
  }

  private double background(Cell[] pooled) {
    double[] losses =
        Arrays.stream(pooled)
            .mapToDouble(Cell::lossPercent)
            .filter(loss -> !Double.isNaN(loss))
            .sorted()
            .toArray();
    double median = losses.length == 0 ? 0 : losses[(losses.length - 1) / 2] / 100;
    return Math.max(MIN_BACKGROUND, Math.min(median, limits.lossPercent() / 100));
  }

  private static Direction direction(Cell cell) {
    long known = cell.forwardLost() + cell.returnLost();
    if (known == 0 || known < ENOUGH_KNOWN * cell.lost()) {
      return Direction.UNKNOWN;
    }
    if (cell.forwardLost() >= MOST * known) {
      return Direction.FORWARD;
    }
    return cell.returnLost() >= MOST * known ? Direction.RETURN : Direction.UNKNOWN;
  }

  /** Source ports that lose more than the pair's other ports, by Fisher's exact test of each. */
  private static List<Integer> badPorts(List<PathCell> paths) {
    long sent = 0;
    long lost = 0;
    for (PathCell path : paths) {
      sent += path.sent();
      lost += Math.min(path.lost(), path.sent());
    }
    List<Integer> bad = new ArrayList<>();
    for (PathCell path : paths) {
      long pathLost = Math.min(path.lost(), path.sent());
      if (UpperTails.hypergeometric(pathLost, path.sent(), lost, sent) * paths.size()
          <= SIGNIFICANCE) {
        bad.add(path.sourcePort());
      }
    }
    return bad;
  }
}
