package io.llamamesh.operator.status;

import io.llamamesh.results.MeshReport;

/** Knowledge of the network at this moment: a scraper's report, or why there is none. */
public sealed interface NetworkView {
  /**
   * A scraper's answer.
   *
   * @param report its latest report
   */
  record Known(MeshReport report) implements NetworkView {}

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
