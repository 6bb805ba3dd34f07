package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.Services;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reader of the plan's facts from what is watched. */
final class FactsReader {
  private static final Comparator<PodFacts> NEWEST =
      Comparator.comparing(PodFacts::terminating)
          .reversed()
          .thenComparing(PodFacts::created)
          .thenComparing(PodFacts::name);

  private FactsReader() {}

  /**
   * The facts.
   *
   * @param admitted nodes that may join, where they have not yet
   * @param outside probes that are registered
   */
  static MeshFacts read(
      Owner mesh,
      MeshSettings settings,
      List<NodeView> nodes,
      List<PodFacts> pods,
      Collection<ConfigMap> configMaps,
      Set<String> admitted,
      Supplier<List<ListedProbe>> outside) {
    Map<String, Instant> joined = joined(configMaps);
    Map<String, PodFacts> agents = agents(pods);
    for (String node : admitted) {
      PodFacts agent = agents.get(node);
      if (agent != null && agent.isReady() && agent.readySince() != null) {
        joined.putIfAbsent(node, agent.readySince());
      }
    }
    return new MeshFacts(
        mesh.name(),
        settings,
        Services.ingestUrl(mesh),
        nodes.stream()
            .map(node -> facts(node, agents.get(node.name()), joined.get(node.name())))
            .toList(),
        settings.registration() == null ? List.of() : outside.get());
  }

  /** Nodes whose agents are ready and that have not joined by what their configs say. */
  static Set<String> joining(List<PodFacts> pods, Collection<ConfigMap> configMaps) {
    Set<String> joining = new HashSet<>();
    agents(pods)
        .forEach((node, agent) -> {
          if (agent.isReady()) {
            joining.add(node);
          }
        });
    joining.removeAll(joined(configMaps).keySet());
    return joining;
  }

  private static Map<String, Instant> joined(Collection<ConfigMap> configMaps) {
    Map<String, Instant> joined = new HashMap<>();
    for (ConfigMap map : configMaps) {
      String node = NodeConfigMap.node(map);
      Instant since = NodeConfigMap.joined(map);
      if (node != null && since != null) {
        joined.put(node, since);
      }
    }
    return joined;
  }

  /** The pod that counts on each node: the newest that is not going away. */
  static Map<String, PodFacts> agents(List<PodFacts> pods) {
    Map<String, PodFacts> agents = new HashMap<>();
    for (PodFacts pod : pods) {
      if (pod.node() != null && pod.hasComponent(Component.AGENT)) {
        agents.merge(pod.node(), pod, (a, b) -> NEWEST.compare(a, b) >= 0 ? a : b);
      }
    }
    return agents;
  }

  private static NodeFacts facts(
      NodeView node, @Nullable PodFacts agent, @Nullable Instant joined) {
    return new NodeFacts(
        node.name(),
        node.labels(),
        node.ipv4(),
        node.ipv6(),
        node.excluded(),
        joined,
        agent == null ? null : agent.probePort(),
        node.taints(),
        node.primaryFamily());
  }
}
