package io.llamamesh.scraper.analysis;

import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import java.util.List;

/**
 * A pair and what was found about it.
 *
 * @param pair the pair and its recent windows
 * @param pooled its judged windows together
 * @param verdict {@code HEALTHY}, {@code PAIR_LOSS}, {@code PARTIAL_PATH}, {@code ONE_WAY_LOSS} or
 *     {@code HIGH_LATENCY}
 * @param direction on which way its loss happened
 * @param badPorts source ports on which its loss concentrates
 */
record JudgedPair(
    PairSeries pair, Cell pooled, Verdict verdict, Direction direction, List<Integer> badPorts) {

  /** Which way a round trip lost its probes. */
  enum Direction {
    /** From source to destination. */
    FORWARD,
    /** From destination to source. */
    RETURN,
    /** Both, or it cannot be told. */
    UNKNOWN
  }

  boolean bad() {
    return verdict != Verdict.HEALTHY;
  }

  /** Whether it is this link on which its probes were lost, as far as that is known. */
  boolean accuses(String link) {
    return direction == Direction.RETURN
        ? link.equals(pair.destination() + ">" + pair.source())
        : link.equals(pair.source() + ">" + pair.destination());
  }

  boolean lossy() {
    return switch (verdict) {
      case PAIR_LOSS, PARTIAL_PATH, ONE_WAY_LOSS -> true;
      case HEALTHY, HIGH_LATENCY, NODE_LOSS, ZONE_LOSS, NO_DATA -> false;
    };
  }
}
