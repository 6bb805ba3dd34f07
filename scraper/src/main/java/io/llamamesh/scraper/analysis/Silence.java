package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.PairSeries;
import org.jspecify.annotations.Nullable;

/** Reason why no probe of a pair measures the network. */
enum Silence {
  /** Some do measure it: they returned, or the network lost them. */
  NONE(null),
  /** The destination's host refuses them, as nothing listens there. */
  REFUSED(Cause.REFUSED),
  /** The source's kernel refuses to send them. */
  UNSENT(Cause.UNSENT),
  /** Their replies cannot be used, or a host drops them. */
  UNANSWERED(Cause.UNANSWERED),
  /** The source's agent did not run when they were due. */
  SKIPPED(null),
  /** One end is draining, or it is too early to judge. */
  EXCUSED(null);

  /** Windows needed for a cause, as many as for latency: a peer's first one may be incomplete. */
  static final int ENOUGH_WINDOWS = 2;

  private final @Nullable Cause cause;

  Silence(@Nullable Cause cause) {
    this.cause = cause;
  }

  /** The cause in a report; null if it is not a fault. */
  @Nullable Cause cause() {
    return cause;
  }

  /**
   * The reason of a pair, by its pooled windows. If the host refuses some probes and more are lost,
   * these are loss: a host may refuse fewer probes than arrive, but never more.
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
