package io.llamamesh.local.main;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import io.llamamesh.crd.Names;
import io.llamamesh.results.MatrixDocument;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Ordered pairs that must report: those that the operator's ConfigMaps ask the agents to probe.
 *
 * @param members nodes that have joined
 * @param pairs {@code source>destination}
 */
record ExpectedPairs(Set<String> members, Set<String> pairs) {
  ExpectedPairs {
    members = Set.copyOf(members);
    pairs = Set.copyOf(pairs);
  }

  /** The pairs of all ConfigMaps that the operator has written by now. */
  static ExpectedPairs of(KubernetesClient client, String namespace, String mesh) {
    List<ConfigMap> maps =
        client
            .configMaps()
            .inNamespace(namespace)
            .withLabels(Names.selector(mesh, Names.Component.CONFIG))
            .list()
            .getItems();
    Set<String> members = new TreeSet<>();
    Set<String> pairs = new TreeSet<>();
    for (ConfigMap map : maps) {
      String node = map.getMetadata().getAnnotations().getOrDefault(Names.NODE_ANNOTATION, "");
      if (map.getMetadata().getAnnotations().containsKey(Names.JOINED_ANNOTATION)) {
        members.add(node);
      }
      String document = map.getData() == null ? null : map.getData().get(Names.CONFIG_KEY);
      if (document != null) {
        for (String destination : destinations(document)) {
          pairs.add(node + ">" + destination);
        }
      }
    }
    return new ExpectedPairs(members, pairs);
  }

  /** Without the pairs whose source can't report. */
  ExpectedPairs without(Collection<String> deadSources) {
    return new ExpectedPairs(
        members,
        pairs.stream()
            .filter(pair -> !deadSources.contains(pair.substring(0, pair.indexOf('>'))))
            .collect(Collectors.toSet()));
  }

  /** Expected pairs that a matrix does not have, in order. */
  List<String> missingFrom(MatrixDocument matrix) {
    Set<String> missing = new TreeSet<>(pairs);
    matrix.pairs().stream()
        .filter(pair -> pair.sent() > 0)
        .forEach(pair -> missing.remove(pair.source() + ">" + pair.destination()));
    return List.copyOf(missing);
  }

  private static Set<String> destinations(String document) {
    try {
      CollectorConfig config = CollectorConfigYaml.read(document, 1).config();
      return config.targets().values().stream()
          .flatMap(List::stream)
          .map(target -> target.name() == null ? target.ip() : target.name())
          .collect(Collectors.toSet());
    } catch (InvalidConfigException e) {
      throw new IllegalStateException(
          "the operator wrote a config that can't be read: " + e.getMessage(), e);
    }
  }
}
