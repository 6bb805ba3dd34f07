package io.llamamesh.operator.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Readiness of the agents, by their pods.
 *
 * @param expected selected nodes that are themselves Ready: each should have a ready agent, unless
 *     it is leaving
 * @param ready agents that are ready, on whatever node
 * @param missing Ready nodes that stay, without a ready agent, sorted
 * @param hint what keeps one of the missing from coming up, or empty
 * @param obstacle why pods do not come up, where that has a name and a remedy, or null
 */
public record AgentsReadiness(
    int expected, int ready, List<String> missing, String hint, @Nullable Obstacle obstacle) {
  public AgentsReadiness {
    missing = List.copyOf(missing);
  }

  /** The same with a reason why pods do not come up. */
  public AgentsReadiness withObstacle(Obstacle reason) {
    return new AgentsReadiness(expected, ready, missing, hint, reason);
  }
}
