package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node's address changes under a running agent. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class AddressIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 3);
    cluster.mesh("m", "");
    for (int i = 1; i <= 3; i++) {
      cluster.agentReady("m", cluster.n(i));
    }
    cluster.awaitMesh("m", m -> "True".equals(condition(m, "AgentsReady").getStatus()));
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void theAgentIsReplacedAndTheOthersProbeTheNewAddress() {
    cluster.readdress(cluster.n(1), "10.1.9.9");

    await().until(() -> cluster.agents("m", cluster.n(1)).isEmpty());
    assertThat(cluster.agents("m", cluster.n(2))).hasSize(1);
    cluster.endAgents("m");
    cluster.agentReady("m", cluster.n(1));

    cluster.awaitMesh("m", m -> "True".equals(condition(m, "AgentsReady").getStatus()));
    assertThat(cluster.agents("m", cluster.n(1))).hasSize(1);
    await().until(() -> cluster.document("m", cluster.n(2)).contains("10.1.9.9"));
  }

  @Test
  void oneAfterTheOtherIsReplacedAndThoseThatWaitAreNamed() {
    cluster.readdress(cluster.n(1), "10.1.9.1");
    cluster.readdress(cluster.n(2), "10.1.9.2");

    await().until(() -> cluster.agents("m", cluster.n(1)).isEmpty());
    LlamaMesh mesh =
        cluster.awaitMesh(
            "m", m -> "AddressChanged".equals(condition(m, "AgentsReady").getReason()));
    assertThat(condition(mesh, "AgentsReady").getMessage()).contains(cluster.n(2));
    assertThat(cluster.agents("m", cluster.n(2))).hasSize(1);

    cluster.endAgents("m");
    cluster.agentReady("m", cluster.n(1));

    await().until(() -> cluster.agents("m", cluster.n(2)).isEmpty());
  }
}
