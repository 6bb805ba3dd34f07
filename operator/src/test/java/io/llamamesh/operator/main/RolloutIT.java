package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A new template of the agents, as the real DaemonSet controller rolls it out. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class RolloutIT {
  private static final String OLD = "agent: {resources: {requests: {cpu: 20m}}}";
  private static final String NEW = "agent: {resources: {requests: {cpu: 21m}}}";

  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 3);
    cluster.mesh("m", OLD);
    for (int i = 1; i <= 3; i++) {
      cluster.agentReady("m", cluster.n(i));
    }
    awaitReason("AllReady");
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aRolloutBehindANodeThatIsNotReadyIsStuckAndSaysWhy() {
    cluster.nodeReady(cluster.n(3), false);
    cluster.mesh("m", NEW);

    LlamaMesh mesh = awaitReason("RolloutStuck");

    assertThat(condition(mesh, "AgentsReady").getStatus()).isEqualTo("False");
    assertThat(condition(mesh, "AgentsReady").getMessage())
        .startsWith(
            "2 of 3 agents run an older template; "
                + cluster.n(3)
                + " (NotReady) uses up maxUnavailable;");
    assertThat(condition(mesh, "Ready").getReason()).isEqualTo("RolloutStuck");

    cluster.nodeReady(cluster.n(3), true);

    cluster.awaitMesh("m", m -> !"RolloutStuck".equals(reason(m)));
  }

  @Test
  void aNodeThatIsNotReadyIsNoTroubleToAgentsOfTheNewestTemplate() {
    cluster.nodeReady(cluster.n(3), false);
    cluster.awaitMesh("m", m -> m.getStatus().agentsReady() == 2);
    cluster.awaitLook();

    assertThat(reason(cluster.mesh("m"))).isEqualTo("AllReady");
  }

  private LlamaMesh awaitReason(String reason) {
    return cluster.awaitMesh("m", m -> reason.equals(reason(m)));
  }

  private static String reason(LlamaMesh mesh) {
    return String.valueOf(condition(mesh, "AgentsReady").getReason());
  }
}
