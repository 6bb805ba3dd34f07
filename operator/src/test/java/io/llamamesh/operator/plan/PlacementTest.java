package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.MeshSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where agents can run, by the rules of Kubernetes' scheduler. */
final class PlacementTest {
  private static final NodeTaint GPU = new NodeTaint("gpu", "yes", "NoSchedule");

  @Test
  void byDefaultEveryTaintIsTolerated() {
    assertThat(fits("", tainted(null, GPU, new NodeTaint("x", null, "NoExecute")))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          []                                                        | false
          [{key: gpu, operator: Exists}]                            | true
          [{key: gpu, operator: Equal, value: "yes"}]               | true
          [{key: gpu, value: "yes", effect: NoSchedule}]            | true
          [{key: gpu, value: "no"}]                                 | false
          [{key: gpu, value: "yes", effect: NoExecute}]             | false
          [{operator: Exists, effect: NoSchedule}]                  | true
          [{operator: Exists}]                                      | true
          [{key: disk, operator: Exists}]                           | false
          """)
  void tolerationsDecideAsTheSchedulerDoes(String tolerations, boolean fits) {
    assertThat(fits("agent: {tolerations: " + tolerations + "}", tainted(null, GPU)))
        .isEqualTo(fits);
  }

  @Test
  void aNodeWhoseAgentRunsAlreadyStaysUnderNoScheduleButNotUnderNoExecute() {
    String none = "agent: {tolerations: []}";

    assertThat(fits(none, tainted(8100, GPU))).isTrue();
    assertThat(fits(none, tainted(8100, new NodeTaint("gpu", "yes", "NoExecute")))).isFalse();
  }

  @Test
  void aNodesOwnTroubleIsNoReasonToLeave() {
    assertThat(new NodeTaint("node.kubernetes.io/not-ready", null, "NoExecute").canRepelAgents())
        .isFalse();
    assertThat(new NodeTaint("node.kubernetes.io/not-ready", null, "NoSchedule").canRepelAgents())
        .isFalse();
    assertThat(
            new NodeTaint("node.kubernetes.io/unschedulable", null, "NoSchedule").canRepelAgents())
        .isFalse();
    assertThat(new NodeTaint("gpu", "yes", "PreferNoSchedule").canRepelAgents()).isFalse();
    assertThat(GPU.canRepelAgents()).isTrue();
  }

  @Test
  void aNodeThatNoAgentCanBePutOnIsNotSelected() {
    MeshSettings spec = Cluster.spec("agent: {tolerations: []}");

    MeshPlan plan = Cluster.plan(spec, List.of(Cluster.node(2), tainted(null, GPU)));

    assertThat(plan.selected()).containsExactly("node-2");
  }

  private static boolean fits(String yaml, NodeFacts node) {
    return Placement.of(Cluster.spec(yaml).agent()).fits(node);
  }

  private static NodeFacts tainted(Integer probePort, NodeTaint... taints) {
    NodeFacts node = Cluster.node(1);
    return new NodeFacts(
        node.name(),
        node.labels(),
        node.ipv4(),
        node.ipv6(),
        node.excluded(),
        Cluster.JOINED,
        probePort,
        List.of(taints));
  }
}
