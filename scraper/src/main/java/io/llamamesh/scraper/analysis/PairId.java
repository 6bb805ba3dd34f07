package io.llamamesh.scraper.analysis;

import io.llamamesh.scraper.matrix.PairSeries;
import java.util.Comparator;

/**
 * Identity of an ordered pair in a class and family.
 *
 * @param source name of the node that probed
 * @param destination name of the node or target that was probed
 * @param port the traffic class
 * @param family the address family
 */
record PairId(String source, String destination, String port, String family)
    implements Comparable<PairId> {
  private static final Comparator<PairId> ORDER =
      Comparator.comparing(PairId::source)
          .thenComparing(PairId::destination)
          .thenComparing(PairId::port)
          .thenComparing(PairId::family);

  /** Natural order, so that a set of pairs stays fast even if made-up names share one hash. */
  @Override
  public int compareTo(PairId other) {
    return ORDER.compare(this, other);
  }

  static PairId of(PairSeries pair) {
    return new PairId(pair.source(), pair.destination(), pair.port(), pair.family());
  }
}
