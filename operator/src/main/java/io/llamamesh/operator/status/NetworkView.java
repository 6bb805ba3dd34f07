package io.llamamesh.operator.status;

import io.llamamesh.results.MeshReport;
import org.jspecify.annotations.Nullable;

/** Knowledge of the network at this moment: a scraper's report, or why there is none. */
public sealed interface NetworkView {
  /**
   * A scraper's answer.
   *
   * @param report its latest report
   * @param fabric whom and which partitions its verdict names by the word of the agents' fabric;
   *     empty where windows alone are judged
   * @param blocked why agents are not linked though the network is well: whose port of the fabric
   *     is blocked, and what to do; null where none is
   */
  record Known(MeshReport report, String fabric, @Nullable Obstacle blocked)
      implements NetworkView {
    /** One of windows alone. */
    public Known(MeshReport report) {
      this(report, "", null);
    }
  }

  /**
   * No answer.
   *
   * @param reason in CamelCase, the reason of conditions
   * @param message why, for people
   */
  record Unknown(String reason, String message) implements NetworkView {}

  /** An operator that has just started: what the status says of the network is as good as ever. */
  Unknown NOT_ASKED = new Unknown("NotAsked", "the scraper has not been asked yet");
}
