package io.llamamesh.scraper.web;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.matrix.AgentHealth;
import java.util.List;
import java.util.Set;

/** What the API shows beside the matrix; asked by many threads at once. */
public interface ScraperStatus {
  /** The newest report. */
  MeshReport report();

  /** How reading each agent goes. */
  List<AgentHealth> agents();

  /** Names of nodes that are leaving: they are shown and not judged. */
  default Set<String> leaving() {
    return Set.of();
  }

  /** Metrics in Prometheus' text format. */
  String metrics();

  /** Whether this scraper writes to the store and speaks for the mesh. */
  boolean isLeader();

  /** Why the scraper cannot do its work yet; empty where it can. */
  String notReadyReason();
}
