package io.llamamesh.scraper.analysis;

import io.llamamesh.scraper.matrix.PairSeries;
import java.util.Comparator;

/**
 * An ordered pair in a class.
 *
 * @param source who probed
 * @param destination who was probed
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

  /** A set of pairs stays fast where somebody made up names that all have one hash. */
  @Override
  public int compareTo(PairId other) {
    return ORDER.compare(this, other);
  }

  static PairId of(PairSeries pair) {
    return new PairId(pair.source(), pair.destination(), pair.port(), pair.family());
  }
}
