package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.OutsideTargets;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.status.RegistryView;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The registry's ConfigMap at its largest. */
final class RegistryConfigMapTest {
  private static final int MOST = 1 << 20;
  private static final Owner OWNER = new Owner("llama-mesh", "m", "1");

  @Test
  void aConfigMapHoldsTheLargestClusterAndRegistry() {
    String groups =
        IntStream.range(0, 20)
            .mapToObj(i -> "{name: g%d, nodeSelector: {matchLabels: {g: g%d}}}".formatted(i, i))
            .collect(Collectors.joining(", "));
    String labels =
        IntStream.range(0, 8)
            .mapToObj(i -> "t%d: l%d".formatted(i, i))
            .collect(Collectors.joining(", "));
    MeshSettings settings =
        MeshSettings.of(
            Serialization.unmarshal(
                "registration: {enabled: true, tokenSecret: t}\ntopology: {maxPeers: 8}\ngroups: [%s]\ntagLabels: {%s}\n"
                    .formatted(groups, labels),
                LlamaMeshSpec.class));
    List<NodeFacts> nodes =
        IntStream.range(0, 3_000).mapToObj(RegistryConfigMapTest::node).toList();
    List<ListedProbe> listed =
        IntStream.range(0, 2_000)
            .mapToObj(i ->
                new ListedProbe(
                    "g" + i % 20,
                    "198.51." + i / 256 + "." + i % 256,
                    8100,
                    "",
                    "名".repeat(i % 250) + i,
                    false,
                    Map.of("t1", "ü".repeat(256), "t2", "x".repeat(i % 256))))
            .toList();
    RegistryView view = RegistryView.of(listed, settings.tagLabels().keySet());
    MeshFacts facts = new MeshFacts("m", settings, "http://m", nodes, view.probes());
    MeshPlan plan = Planner.plan(facts);

    ConfigMap map =
        RegistryConfigMap.of(
            OWNER, OutsideTargets.nodes(facts, plan), plan.outside().reserved(), view.probes());

    int bytes = 0;
    for (String text : map.getData().values()) {
      bytes += text.getBytes(StandardCharsets.UTF_8).length;
    }
    assertThat(bytes).isBetween(MOST * 8 / 10, MOST - 16_384);
    assertThat(RegistryConfigMap.probes(map)).isEqualTo(view.probes());
    assertThat(plan.outside().unreserved()).isPositive();
  }

  private static NodeFacts node(int number) {
    Map<String, String> labels =
        new TreeMap<>(Map.of("kubernetes.io/os", "linux", "g", "g" + number % 20));
    IntStream.range(0, 8).forEach(i -> labels.put("l" + i, "v".repeat(63)));
    return new NodeFacts(
        "n".repeat(110) + number,
        labels,
        "10.0." + number / 256 + "." + number % 256,
        null,
        false,
        Instant.EPOCH,
        8100,
        List.of());
  }

  @Test
  void theSameIsTheSameBytes() {
    ListedProbe probe =
        new ListedProbe(
            "g", "198.51.100.1", 8100, "", "p", false, Map.of("z", "1", "a", "2", "m", "3"));
    ConfigMap map =
        RegistryConfigMap.of(
            OWNER, new TreeMap<>(Map.of("g", List.of())), List.of("n1"), List.of(probe));

    assertThat(map.getData())
        .containsEntry(Names.NODES_KEY, "{\"groups\":{\"g\":[]},\"names\":[\"n1\"]}");
    assertThat(map.getData().get(Names.PROBES_KEY))
        .contains("{\"a\":\"2\",\"m\":\"3\",\"z\":\"1\"}");
    assertThat(RegistryView.of(List.of(probe), Set.of("z")).probes().getFirst().tags())
        .containsOnlyKeys("z");
  }
}
