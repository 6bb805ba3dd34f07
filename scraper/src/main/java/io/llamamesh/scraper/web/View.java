package io.llamamesh.scraper.web;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.matrix.AgentHealth;
import java.util.List;

/** What the API shows beside the matrix; asked by many threads at once. */
public interface View {
  /** The newest report. */
  MeshReport report();

  /** How reading each agent goes. */
  List<AgentHealth> agents();

  /** Metrics in Prometheus' text format. */
  String metrics();

  /** Whether this scraper writes to the store and speaks for the mesh. */
  boolean leads();

  /** Why the scraper cannot do its work yet; empty where it can. */
  String notReady();
}
