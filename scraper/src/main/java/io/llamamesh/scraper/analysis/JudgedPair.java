package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pair with its verdict.
 *
 * @param pair the pair and its recent windows
 * @param pooled its judged windows, pooled
 * @param verdict {@code HEALTHY}, {@code PAIR_LOSS}, {@code PARTIAL_PATH}, {@code ONE_WAY_LOSS},
 *     {@code HIGH_LATENCY}, or, if not the network is at fault, {@code TARGETS_SILENT} or {@code
 *     NODE_UNREACHABLE}
 * @param direction direction in which its loss happened
 * @param badPorts source ports on which its loss is concentrated
 * @param cause cause of a silence that is not the network's; null if it is the network's, or some
 *     probes return
 */
record JudgedPair(
    PairSeries pair,
    Cell pooled,
    Verdict verdict,
    Direction direction,
    List<Integer> badPorts,
    @Nullable Cause cause) {

  JudgedPair(
      PairSeries pair, Cell pooled, Verdict verdict, Direction direction, List<Integer> badPorts) {
    this(pair, pooled, verdict, direction, badPorts, null);
  }

  /** A silent pair: no probe returns, and the network is not the cause. */
  static JudgedPair silent(PairSeries pair, Cell pooled, Cause cause) {
    Verdict verdict =
        cause == Cause.UNREACHABLE ? Verdict.NODE_UNREACHABLE : Verdict.TARGETS_SILENT;
    return new JudgedPair(pair, pooled, verdict, Direction.UNKNOWN, List.of(), cause);
  }

  /** Direction in which probes were lost. */
  enum Direction {
    /** From source to destination. */
    FORWARD,
    /** From destination to source. */
    RETURN,
    /** Both, or unknown. */
    UNKNOWN
  }

  /** True if the network loses or delays its probes. */
  boolean isBad() {
    return isLossy() || verdict == Verdict.HIGH_LATENCY;
  }

  /** True if some of its probes measure the network: they returned, or the network lost them. */
  boolean isTested() {
    return cause == null && pooled.received() + pooled.lost() > 0;
  }

  /** True if its probes were lost on this link, as far as is known. */
  boolean accuses(String link) {
    return direction == Direction.RETURN
        ? link.equals(pair.destination() + ">" + pair.source())
        : link.equals(pair.source() + ">" + pair.destination());
  }

  boolean isLossy() {
    return verdict.isLoss();
  }

  /** Source and destination, without class and family. */
  String nodePairKey() {
    return pair.source() + '\n' + pair.destination();
  }

  /** Number of distinct ordered pairs of nodes, over all classes and families. */
  static int distinct(List<JudgedPair> pairs) {
    return (int) pairs.stream().map(JudgedPair::nodePairKey).distinct().count();
  }
}
