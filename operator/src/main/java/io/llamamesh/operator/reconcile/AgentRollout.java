package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.NameList;
import io.llamamesh.operator.status.Obstacle;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The rollout of a new template to the agents: the DaemonSet's controller counts an agent whose
 * node is NotReady as unavailable, so that a few such nodes hold up all the others for ever.
 */
final class AgentRollout {
  static final String STUCK = "RolloutStuck";

  /** Counts up with each change of a DaemonSet's template; pods carry it as a label. */
  private static final String GENERATION = "deprecated.daemonset.template.generation";

  private static final int NAMED = 3;

  private AgentRollout() {}

  /**
   * The agents with what holds up their rollout, unless something else is wrong with them.
   *
   * @param set their DaemonSet; null: there is none
   * @param maxUnavailable how many may be away at once
   */
  static AgentsReadiness explain(
      AgentsReadiness agents,
      @Nullable DaemonSet set,
      IntOrString maxUnavailable,
      List<NodeView> nodes,
      List<PodFacts> pods) {
    String template = set == null ? null : template(set);
    if (template == null || agents.obstacle() != null || !agents.missing().isEmpty()) {
      return agents;
    }
    Map<String, PodFacts> byNode = FactsReader.agents(pods);
    Set<String> notReady =
        nodes.stream()
            .filter(node -> !node.ready())
            .map(NodeView::name)
            .collect(Collectors.toCollection(TreeSet::new));
    List<PodFacts> carried = List.copyOf(byNode.values());
    long older =
        carried.stream()
            .filter(pod -> pod.isReady() && !notReady.contains(String.valueOf(pod.node())))
            .filter(pod -> pod.template() != null && !template.equals(pod.template()))
            .count();
    List<String> away =
        carried.stream()
            .filter(pod -> !pod.isReady())
            .map(pod -> String.valueOf(pod.node()))
            .filter(notReady::contains)
            .sorted(Comparator.naturalOrder())
            .toList();
    long allowed = AgentReplacement.allowed(maxUnavailable, carried.size());
    if (older == 0 || away.size() < allowed) {
      return agents;
    }
    boolean one = away.size() == 1;
    return agents.withObstacle(
        new Obstacle(
            STUCK,
            older
                + " of "
                + carried.size()
                + (older == 1 ? " agents runs" : " agents run")
                + " an older template; "
                + NameList.abbreviated(away, NAMED)
                + (one
                    ? " (NotReady) uses up maxUnavailable; bring the node back, delete its Node"
                    : " (NotReady) use up maxUnavailable; bring the nodes back, delete their Nodes")
                + ", or raise spec.agent.maxUnavailable above "
                + away.size()));
  }

  private static @Nullable String template(DaemonSet set) {
    Map<String, String> annotations = set.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(GENERATION);
  }
}
