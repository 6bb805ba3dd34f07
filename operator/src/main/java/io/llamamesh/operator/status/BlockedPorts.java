package io.llamamesh.operator.status;

import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Blocked;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the nodes whose port of the fabric is blocked: they answer probes and have no link. A
 * node is named once that has lasted, as an agent that starts has no link for a moment, and stays
 * named for a while after it, as a node that reaches few others has its links by turns.
 *
 * <p>One per mesh; for one thread at a time.
 */
final class BlockedPorts {
  /** Reason of the condition {@code AgentsReady}. */
  static final String REASON = "FabricBlocked";

  /** Time for which it must have lasted, beside the five seconds that agents wait. */
  static final Duration LASTING = Duration.ofSeconds(10);

  /** Time for which it stays named after it was said last. */
  static final Duration HELD = Duration.ofSeconds(30);

  private static final int NAMED = 5;

  private record Said(Instant first, Instant last) {}

  private final Map<String, Said> said = new HashMap<>();

  /**
   * Takes what a report says.
   *
   * @param report null: nothing is known at the moment
   * @param judged nodes that may be named
   * @return who is named now
   */
  NavigableSet<String> next(@Nullable FabricReport report, Set<String> judged, Instant now) {
    if (report != null && report.agents() > 0) {
      for (Blocked each : report.fabricBlocked()) {
        said.merge(each.node(), new Said(now, now), (known, _) -> new Said(known.first(), now));
      }
    }
    said.values().removeIf(each -> !now.isBefore(each.last().plus(HELD)));
    said.keySet().retainAll(judged);
    NavigableSet<String> named = new TreeSet<>();
    said.forEach((node, each) -> {
      if (!each.last().isBefore(each.first().plus(LASTING))) {
        named.add(node);
      }
    });
    return named;
  }

  /** What it means for the agents, and what to do. */
  static Obstacle obstacle(NavigableSet<String> nodes, int port) {
    boolean isOne = nodes.size() == 1;
    String them = isOne ? "it" : "them";
    return new Obstacle(
        REASON,
        NameList.abbreviated(List.copyOf(nodes), NAMED)
            + (isOne ? " answers probes and has" : " answer probes and have")
            + " no link of the fabric: TCP port "
            + port
            + " passes neither to "
            + them
            + " nor from "
            + them
            + " to other nodes. Open it in firewalls between the nodes, in one direction at least,"
            + " or free it where the agent's log says that it is taken");
  }
}
