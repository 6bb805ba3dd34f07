package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.keys.PodIdentity;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
