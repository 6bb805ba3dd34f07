package io.llamamesh.scraper.document;

import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import org.jspecify.annotations.Nullable;

/**
 * Filter of the pairs that a matrix document shows; null means all.
 *
 * @param port traffic class
 * @param family {@code IPv4} or {@code IPv6}
 * @param sourceZone zone of the source; empty: without a zone
 * @param destinationZone zone of the destination; empty: without a zone
 * @param rollUp condition for showing zones instead of pairs
 */
public record Slice(
    @Nullable String port,
    @Nullable String family,
    @Nullable String sourceZone,
    @Nullable String destinationZone,
    RollUp rollUp) {
  /** All pairs. */
  public static final Slice ALL = new Slice(null, null, null, null, RollUp.NONE);

  /** Condition for showing zones instead of pairs. */
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

  private static boolean includes(@Nullable String wanted, String actual) {
    return wanted == null || wanted.equals(actual);
  }
}
