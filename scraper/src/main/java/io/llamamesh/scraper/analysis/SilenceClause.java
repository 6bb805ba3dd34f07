package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.SilencedNode;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Clause of a report's message about silenced nodes: whoever reads a verdict sees of whom it says
 * nothing, until when, who wanted that and why.
 */
public final class SilenceClause {
  private static final int NAMED = 5;

  private SilenceClause() {}

  /**
   * The same report with silenced nodes, and a message that names them.
   *
   * @param isEmpty true if without these and leaving nodes there was nothing to judge
   */
  public static MeshReport append(MeshReport report, List<SilencedNode> silenced, boolean isEmpty) {
    if (silenced.isEmpty()) {
      return report;
    }
    String message = isEmpty ? "nothing to judge of the others" : report.message();
    List<SilencedNode> byName =
        silenced.stream().sorted(Comparator.comparing(SilencedNode::node)).toList();
    return report.withSilenced(byName, message + "; " + clause(byName));
  }

  private static String clause(List<SilencedNode> silenced) {
    String named =
        silenced.stream().limit(NAMED).map(SilenceClause::one).collect(Collectors.joining(", "));
    int more = silenced.size() - NAMED;
    return silenced.size()
        + (silenced.size() == 1 ? " node silenced: " : " nodes silenced: ")
        + named
        + (more > 0 ? " and " + more + " more" : "");
  }

  private static String one(SilencedNode silence) {
    return "%s until %s by %s because %s"
        .formatted(
            silence.node(),
            silence.until().truncatedTo(ChronoUnit.SECONDS),
            silence.by(),
            silence.because());
  }
}
