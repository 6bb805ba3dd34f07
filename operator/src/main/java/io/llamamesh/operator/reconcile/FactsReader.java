package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.Services;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns what is watched into the plan's facts. */
final class FactsReader {
  private static final Comparator<PodFacts> NEWEST =
      Comparator.comparing(PodFacts::terminating)
          .reversed()
          .thenComparing(PodFacts::created)
          .thenComparing(PodFacts::name);

  private FactsReader() {}

  static MeshFacts read(
      Owner mesh,
      LlamaMeshSpec spec,
      List<NodeView> nodes,
      List<PodFacts> pods,
      Collection<ConfigMap> configMaps) {
    Map<String, Instant> joined = new HashMap<>();
    for (ConfigMap map : configMaps) {
      String node = NodeConfigMap.node(map);
      Instant since = NodeConfigMap.joined(map);
      if (node != null && since != null) {
        joined.put(node, since);
      }
    }
    Map<String, PodFacts> agents = agents(pods);
    return new MeshFacts(
        mesh.name(),
        spec,
        Services.ingestUrl(mesh),
        nodes.stream()
            .map(node -> facts(node, agents.get(node.name()), joined.get(node.name())))
            .toList());
  }

  /** The pod that counts on each node: the newest that is not going away. */
  static Map<String, PodFacts> agents(List<PodFacts> pods) {
    Map<String, PodFacts> agents = new HashMap<>();
    for (PodFacts pod : pods) {
      if (pod.node() != null && pod.isA(Component.AGENT)) {
        agents.merge(pod.node(), pod, (a, b) -> NEWEST.compare(a, b) >= 0 ? a : b);
      }
    }
    return agents;
  }

  private static NodeFacts facts(
      NodeView node, @Nullable PodFacts agent, @Nullable Instant joined) {
    Instant since = joined;
    if (since == null && agent != null && agent.ready()) {
      since = agent.readySince();
    }
    return new NodeFacts(
        node.name(),
        node.labels(),
        node.ipv4(),
        node.ipv6(),
        node.excluded(),
        since,
        agent == null ? null : agent.probePort(),
        node.taints(),
        node.primary());
  }
}
