package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.Obstacle;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AgentRolloutTest {
  private static final IntOrString ONE = new IntOrString(1);
  private static final AgentsReadiness WELL = new AgentsReadiness(2, 2, List.of(), "", null);
  private static final List<NodeView> NODES =
      List.of(node("n1", true), node("n2", true), node("n3", false));

  @Test
  void aNodeThatIsNotReadyHoldsUpTheOthers() {
    Obstacle obstacle = explain(new IntOrString("10%"), pod("n1", "1", true), pod("n2", "1", true));

    assertThat(obstacle).isNotNull();
    assertThat(obstacle.reason()).isEqualTo("RolloutStuck");
    assertThat(obstacle.message())
        .startsWith("2 of 3 agents run an older template; n3 (NotReady) uses up maxUnavailable;")
        .contains("spec.agent.maxUnavailable above 1");
  }

  @Test
  void itGoesOnWhereMoreMayBeAway() {
    assertThat(explain(new IntOrString(2), pod("n1", "1", true), pod("n2", "1", true))).isNull();
    assertThat(explain(new IntOrString("67%"), pod("n1", "1", true), pod("n2", "1", true)))
        .isNull();
  }

  @Test
  void itIsOverWhereTheOthersHaveTheNewestTemplate() {
    assertThat(explain(ONE, pod("n1", "2", true), pod("n2", "2", true))).isNull();
  }

  @Test
  void nothingIsSaidWhereTheServerTellsNoTemplates() {
    assertThat(explain(ONE, pod("n1", null, true), pod("n2", null, true))).isNull();
  }

  @Test
  void oneAndSeveralAreToldApart() {
    String one =
        explain(ONE, NODES, pod("n1", "1", true), pod("n2", "2", true), pod("n3", "1", false));
    String several =
        explain(
            ONE,
            List.of(node("n1", true), node("n2", false), node("n3", false)),
            pod("n1", "1", true),
            pod("n2", "1", false),
            pod("n3", "1", false));

    assertThat(one)
        .isEqualTo(
            "1 of 3 agents runs an older template; n3 (NotReady) uses up maxUnavailable; bring the"
                + " node back, delete its Node, or raise spec.agent.maxUnavailable above 1");
    assertThat(several)
        .isEqualTo(
            "1 of 3 agents runs an older template; n2, n3 (NotReady) use up maxUnavailable; bring"
                + " the nodes back, delete their Nodes, or raise spec.agent.maxUnavailable above 2");
  }

  private static @Nullable Obstacle explain(
      IntOrString maxUnavailable, PodFacts one, PodFacts two) {
    return obstacle(maxUnavailable, NODES, one, two, pod("n3", "1", false));
  }

  private static String explain(
      IntOrString maxUnavailable, List<NodeView> nodes, PodFacts... pods) {
    Obstacle obstacle = obstacle(maxUnavailable, nodes, pods);
    assertThat(obstacle).isNotNull();
    return obstacle.message();
  }

  private static @Nullable Obstacle obstacle(
      IntOrString maxUnavailable, List<NodeView> nodes, PodFacts... pods) {
    DaemonSet set =
        new DaemonSetBuilder()
            .withNewMetadata()
            .addToAnnotations("deprecated.daemonset.template.generation", "2")
            .endMetadata()
            .build();
    return AgentRollout.explain(WELL, set, maxUnavailable, nodes, List.of(pods)).obstacle();
  }

  private static NodeView node(String name, boolean ready) {
    return new NodeView(name, Map.of(), "10.0.0.1", null, IpFamily.IPV4, false, ready, List.of());
  }

  private static PodFacts pod(String node, @Nullable String template, boolean ready) {
    Map<String, String> labels = new HashMap<>(Names.labels("m", Component.AGENT));
    if (template != null) {
      labels.put("pod-template-generation", template);
    }
    return PodFacts.of(
        new PodBuilder()
            .withNewMetadata()
            .withName("m-agent-" + node)
            .withLabels(labels)
            .endMetadata()
            .withNewSpec()
            .withNodeName(node)
            .endSpec()
            .withNewStatus()
            .addNewCondition()
            .withType("Ready")
            .withStatus(ready ? "True" : "False")
            .endCondition()
            .endStatus()
            .build());
  }
}
