package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pair and what was found about it.
 *
 * @param pair the pair and its recent windows
 * @param pooled its judged windows together
 * @param verdict {@code HEALTHY}, {@code PAIR_LOSS}, {@code PARTIAL_PATH}, {@code ONE_WAY_LOSS},
 *     {@code HIGH_LATENCY}, or, where it is not the network, {@code TARGETS_SILENT} or {@code
 *     NODE_UNREACHABLE}
 * @param direction on which way its loss happened
 * @param badPorts source ports on which its loss concentrates
 * @param cause why nothing comes back though it is not the network; null where it is, or something
 *     does
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

  /** A pair of which nothing comes back though it is not the network. */
  static JudgedPair silent(PairSeries pair, Cell pooled, Cause cause) {
    Verdict verdict =
        cause == Cause.UNREACHABLE ? Verdict.NODE_UNREACHABLE : Verdict.TARGETS_SILENT;
    return new JudgedPair(pair, pooled, verdict, Direction.UNKNOWN, List.of(), cause);
  }

  /** Which way a round trip lost its probes. */
  enum Direction {
    /** From source to destination. */
    FORWARD,
    /** From destination to source. */
    RETURN,
    /** Both, or it cannot be told. */
    UNKNOWN
  }

  /** Whether the network loses or delays its probes. */
  boolean isBad() {
    return isLossy() || verdict == Verdict.HIGH_LATENCY;
  }

  /** Whether some of its probes tell of the network: they returned, or the network lost them. */
  boolean isTested() {
    return cause == null && pooled.received() + pooled.lost() > 0;
  }

  /** Whether it is this link on which its probes were lost, as far as that is known. */
  boolean accuses(String link) {
    return direction == Direction.RETURN
        ? link.equals(pair.destination() + ">" + pair.source())
        : link.equals(pair.source() + ">" + pair.destination());
  }

  boolean isLossy() {
    return verdict.isLoss();
  }

  /** Source and destination, whatever the class and family. */
  String ends() {
    return pair.source() + '\n' + pair.destination();
  }

  /** How many ordered pairs of nodes these are, classes and families apart. */
  static int distinct(List<JudgedPair> pairs) {
    return (int) pairs.stream().map(JudgedPair::ends).distinct().count();
  }
}
