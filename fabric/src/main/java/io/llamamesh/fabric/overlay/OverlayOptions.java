package io.llamamesh.fabric.overlay;

/**
 * Sizes and rates of the overlay (HyParView, Leitão et al., DSN 2007).
 *
 * @param active neighbours wanted; one more may be connected for a moment
 * @param passive peers remembered for when a neighbour is lost
 * @param activeWalk hops of a newcomer's random walk
 * @param passiveWalk hops left at which a walk's newcomer is remembered
 * @param joinsWhenFull joins taken per second with a full active view
 * @param joinsElse joins taken per second before that, so that the first nodes knit together first
 * @param reservedForCore neighbours that a newcomer without any other may not displace, so that
 *     nodes that reach this one only never cut it off from the rest
 */
public record OverlayOptions(
    int active,
    int passive,
    int activeWalk,
    int passiveWalk,
    int joinsWhenFull,
    int joinsElse,
    int reservedForCore) {

  /** Lashup's. */
  public static OverlayOptions standard() {
    return new OverlayOptions(6, 42, 8, 5, 25, 1, 3);
  }
}
