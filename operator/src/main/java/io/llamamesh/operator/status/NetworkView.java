package io.llamamesh.operator.status;

import io.llamamesh.results.MeshReport;

/** What is known of the network now. */
public sealed interface NetworkView {
  /**
   * The scraper told.
   *
   * @param report its latest report
   */
  record Known(MeshReport report) implements NetworkView {}

  /**
   * It cannot be had.
   *
   * @param reason in CamelCase, the reason of conditions
   * @param message why, for people
   */
  record Unknown(String reason, String message) implements NetworkView {}

  /** An operator that has just started: what the status says of the network is as good as ever. */
  Unknown NOT_ASKED = new Unknown("NotAsked", "the scraper has not been asked yet");
}
