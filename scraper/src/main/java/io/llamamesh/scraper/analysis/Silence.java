package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import org.jspecify.annotations.Nullable;

/** Why no probe of a pair tells of the network, where none does. */
enum Silence {
  /** Some do: they returned, or the network lost them. */
  NONE(null),
  /** The destination's host says that nobody listens. */
  REFUSED(Cause.REFUSED),
  /** The source's kernel does not take them. */
  UNSENT(Cause.UNSENT),
  /** Their answers cannot be used, or a host drops them. */
  UNANSWERED(Cause.UNANSWERED),
  /** The source's agent did not run when they were due. */
  SKIPPED(null),
  /** An end has said goodbye, or it is too early to say. */
  EXCUSED(null);

  /** As many windows as latency needs: the first one of a peer may be cut short. */
  static final int ENOUGH_WINDOWS = 2;

  private final @Nullable Cause cause;

  Silence(@Nullable Cause cause) {
    this.cause = cause;
  }

  /** What it is called in a report; null where it is nobody's fault. */
  @Nullable Cause cause() {
    return cause;
  }

  /**
   * Of a pair's judged windows together. Where the host refuses some probes and more are lost,
   * those are loss: it may refuse fewer than arrive, but not for nothing.
   */
  static Silence of(PairSeries pair, Cell pooled) {
    if (pooled.received() > 0 || pooled.lost() > pooled.refused()) {
      return NONE;
    }
    if (pair.cells().size() < ENOUGH_WINDOWS || pooled.suppressed() > 0 || pooled.due() == 0) {
      return EXCUSED;
    }
    if (pooled.refused() > 0) {
      return REFUSED;
    }
    if (pooled.sent() > 0) {
      return UNANSWERED;
    }
    return pooled.sendErrors() > 0 ? UNSENT : SKIPPED;
  }
}
