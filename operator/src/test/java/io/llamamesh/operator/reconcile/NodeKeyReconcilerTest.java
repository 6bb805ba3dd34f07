package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.keys.PodIdentity;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.OutsideLimits;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class NodeKeyReconcilerTest {
  private static NodeView node(String name) {
    return new NodeView(
        name,
        Map.of(),
        "10.0.0.1",
        null,
        IpFamily.IPV4,
        false,
        true,
        List.of(),
        false,
        "uid-" + name);
  }

  private static PodIdentity pod(@Nullable Component component, @Nullable String node) {
    return new PodIdentity("p", "u", component, node, false, true);
  }

  private static CollectorConfig probing(String... targets) {
    List<CollectorConfig.Target> list =
        Arrays.stream(targets)
            .map(name -> new CollectorConfig.Target("10.0.0.1", 8100, Map.of(), name, true))
            .toList();
    return new CollectorConfig(
        1,
        "m",
        null,
        CollectorConfig.Summarization.LLAMA_DEFAULT,
        null,
        Map.of(),
        Map.of(),
        Map.of(),
        List.of(),
        Map.of("all", list),
        null,
        null);
  }

  /** In a sparse mesh those are not whom it probes. */
  @Test
  void theSendersOfANodeAreTheMembersThatProbeItWithTheirAddresses() {
    TreeMap<String, CollectorConfig> configs =
        new TreeMap<>(
            Map.of("a", probing("b", "outside"), "b", probing("c"), "c", probing("b", "a")));
    MeshPlan plan =
        new MeshPlan(
            new TreeSet<>(configs.keySet()),
            new TreeSet<>(configs.keySet()),
            configs,
            List.of(),
            new TreeSet<>(),
            new TreeSet<>(),
            new TreeMap<>(),
            List.of(),
            new OutsideLimits(List.of(), 0, new TreeSet<>()));
    NodeKeyReconciler.Senders senders =
        new NodeKeyReconciler.Senders(plan, List.of(node("a"), node("b")));

    assertThat(senders.of("b")).isEqualTo(Map.of("a", List.of("10.0.0.1"), "c", List.of()));
    assertThat(senders.of("c")).containsOnlyKeys("b");
    assertThat(senders.of("outside")).isEmpty();
  }

  /** What it hands over at its end is taken by its node's key. */
  @Test
  void aNodeThatLeavesTheSelectionHasKeysWhileItsAgentIsThere() {
    assertThat(
            NodeKeyReconciler.generations(
                Set.of("stays"),
                List.of(node("stays"), node("leaves"), node("left"), node("scraper")),
                List.of(
                    pod(Component.AGENT, "leaves"),
                    pod(Component.AGENT, null),
                    pod(Component.AGENT, "deleted"),
                    pod(null, "left"),
                    pod(Component.SCRAPER, "scraper")),
                Map.of("leaves", 2)))
        .isEqualTo(Map.of("stays", "uid-stays/0", "leaves", "uid-leaves/2"));
  }
}
