package io.llamamesh.scraper.document;

import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import org.jspecify.annotations.Nullable;

/**
 * Which part of the matrix a document shows; absent means all.
 *
 * @param port traffic class
 * @param family {@code IPv4} or {@code IPv6}
 * @param sourceZone pairs whose source is in that zone; empty: in none
 * @param destinationZone pairs whose destination is in that zone; empty: in none
 * @param rollUp when zones are shown instead of pairs
 */
public record Slice(
    @Nullable String port,
    @Nullable String family,
    @Nullable String sourceZone,
    @Nullable String destinationZone,
    RollUp rollUp) {
  /** Everything, pair by pair. */
  public static final Slice ALL = new Slice(null, null, null, null, RollUp.NONE);

  /** When zones are shown instead of pairs. */
  public enum RollUp {
    /** Never. */
    NONE,
    /** Above a hundred nodes in more than one zone. */
    AUTO,
    /** Always. */
    ZONE
  }

  boolean includes(PairSeries pair, MatrixView view) {
    return includes(port, pair.port())
        && includes(family, pair.family())
        && (sourceZone == null || sourceZone.equals(view.zone(pair.source())))
        && (destinationZone == null || destinationZone.equals(view.zone(pair.destination())));
  }

  private static boolean includes(@Nullable String asked, String is) {
    return asked == null || asked.equals(is);
  }
}
