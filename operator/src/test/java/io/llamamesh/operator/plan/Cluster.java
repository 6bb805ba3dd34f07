package io.llamamesh.operator.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Makes up nodes and specs. */
final class Cluster {
  static final Instant JOINED = Instant.parse("2026-11-20T09:00:00Z");
  static final String INGEST = "http://default-scraper-ingest.llama-mesh.svc:8081/ingest";
  private static final YAMLMapper YAML = new YAMLMapper();

  private Cluster() {}

  /** What a spec means that a user writes. */
  static MeshSettings spec(String yaml) {
    return MeshSettings.of(given(yaml));
  }

  static LlamaMeshSpec given(String yaml) {
    try {
      return YAML.readValue(yaml.isBlank() ? "{}" : yaml, LlamaMeshSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** node-1 … node-N, joined. */
  static List<NodeFacts> nodes(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> node(i)).toList();
  }

  static NodeFacts node(int i) {
    return node(i, Map.of());
  }

  static NodeFacts node(int i, Map<String, String> labels) {
    Map<String, String> all = new TreeMap<>(labels);
    all.putIfAbsent("kubernetes.io/os", "linux");
    return new NodeFacts(
        "node-" + i, all, "10.0." + i / 256 + "." + i % 256, null, false, JOINED, 8100, List.of());
  }

  static NodeFacts named(String name) {
    return new NodeFacts(
        name, Map.of("kubernetes.io/os", "linux"), null, null, false, null, null, List.of());
  }

  static NodeFacts notJoined(NodeFacts node) {
    return new NodeFacts(
        node.name(),
        node.labels(),
        node.ipv4(),
        node.ipv6(),
        node.excluded(),
        null,
        null,
        List.of(),
        node.primaryFamily());
  }

  static MeshPlan plan(MeshSettings settings, List<NodeFacts> nodes) {
    return Planner.plan(new MeshFacts("default", settings, INGEST, nodes));
  }

  /** Names of all that a node probes. */
  static List<String> peers(MeshPlan plan, String node) {
    var config = plan.configs().get(node);
    if (config == null) {
      throw new AssertionError("no config for " + node + ", only " + plan.configs().keySet());
    }
    return config.targets().values().stream()
        .flatMap(List::stream)
        .map(target -> String.valueOf(target.name()))
        .distinct()
        .sorted()
        .toList();
  }
}
