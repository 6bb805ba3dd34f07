package io.llamamesh.scraper.web;

import io.llamamesh.http.ChangeSignal;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.matrix.AgentHealth;
import java.util.List;
import java.util.Set;

/** Status of a scraper as the API shows it beside the matrix. Thread-safe. */
public interface ScraperStatus {
  /** The newest report. */
  MeshReport report();

  /** Counter of what may have changed the report, for those who watch it. */
  default ChangeSignal changes() {
    return new ChangeSignal();
  }

  /** Health of each agent's pull. */
  List<AgentHealth> agents();

  /** Names of leaving nodes, which are shown and not judged. */
  default Set<String> leaving() {
    return Set.of();
  }

  /** Silenced nodes, which are shown and not judged. */
  default List<SilencedNode> silenced() {
    return List.of();
  }

  /** Metrics in Prometheus' text format. */
  String metrics();

  /** True if this scraper leads: it writes to the store and reports for the mesh. */
  boolean isLeader();

  /** Reason why the scraper is not ready yet; empty if it is. */
  String notReadyReason();
}
