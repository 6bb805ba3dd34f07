package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes that are about to be removed are listed for the scraper, which does not judge them. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class LeavingNodesIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 3);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 3);
    for (int i = 1; i <= 3; i++) {
      cluster.agentReady("m", cluster.n(i));
    }
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 2);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aMarkedNodeIsProbedAsBeforeAndTakenBackItIsLikeAnyOther() {
    assertThat(leaving()).isEmpty();

    cluster.taintNode(cluster.n(3), "ToBeDeletedByClusterAutoscaler", "NoSchedule");

    await().until(() -> leaving().equals(cluster.n(3)));
    assertThat(cluster.peers("m", cluster.n(1))).contains(cluster.n(3));

    // The DaemonSet makes another one, which does not come up.
    cluster.deleteAgent("m", cluster.n(3));
    for (int look = 0; look < 3; look++) {
      cluster.labelNode(cluster.n(1), "look", "" + look);
      cluster.awaitLook();
    }
    cluster.awaitMesh("m", mesh -> mesh.getStatus().agentsReady() == 2);
    assertThat(agentsReady()).isEqualTo("True");

    cluster.untaintNode(cluster.n(3));
    await().until(() -> leaving().isEmpty());
    await().until(() -> agentsReady().equals("False"));
  }

  @Test
  void aMeshWhoseNodesAllLeaveIsNotWithoutNodes() {
    for (int i = 1; i <= 3; i++) {
      cluster.taintNode(cluster.n(i), "ToBeDeletedByClusterAutoscaler", "NoSchedule");
    }

    await()
        .until(() -> leaving().equals(String.join("\n", cluster.n(1), cluster.n(2), cluster.n(3))));
    cluster.awaitLook();
    assertThat(agentsReady()).isEqualTo("True");
  }

  @Test
  void whoLeavesAPausedMeshIsToldAndTakenBackAsOfAnyOther() {
    cluster.mesh("m", "paused: true");
    cluster.awaitMesh("m", m -> "True".equals(condition(m, "Paused").getStatus()));

    cluster.taintNode(cluster.n(3), "ToBeDeletedByClusterAutoscaler", "NoSchedule");
    await().until(() -> leaving().equals(cluster.n(3)));

    cluster.untaintNode(cluster.n(3));
    await().until(() -> leaving().isEmpty());

    // What the pause is about stays.
    cluster.client.nodes().withName(cluster.n(3)).delete();
    await().until(() -> leaving().equals(cluster.n(3)));
    assertThat(cluster.configMaps("m")).hasSize(3);
    assertThat(cluster.peers("m", cluster.n(1))).contains(cluster.n(3));
  }

  private String agentsReady() {
    return cluster.mesh("m").getStatus().conditions().stream()
        .filter(c -> c.getType().equals("AgentsReady"))
        .findFirst()
        .orElseThrow()
        .getStatus();
  }

  @Test
  void aNodeThatIsRemovedIsNamedForAWhile() {
    cluster.client.nodes().withName(cluster.n(3)).delete();

    await().until(() -> cluster.configMaps("m").size() == 2);
    await().until(() -> leaving().equals(cluster.n(3)));

    cluster.nodes(3, 3);
    await().until(() -> leaving().isEmpty());
  }

  private String leaving() {
    ConfigMap map =
        cluster
            .client
            .configMaps()
            .inNamespace(cluster.namespace)
            .withName(Names.leavingConfigMap("m"))
            .get();
    return map == null ? "" : map.getData().get(Names.LEAVING_KEY);
  }
}
