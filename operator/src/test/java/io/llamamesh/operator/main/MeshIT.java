package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** One resource becomes a mesh, against an API server. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@ResourceLock(value = PrometheusCrds.KINDS, mode = ResourceAccessMode.READ)
final class MeshIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aMeshOfFourNodesComesUp() {
    cluster.nodes(1, 4);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 4);
    assertThat(cluster.peers("m", cluster.n(1))).isEmpty();

    for (int i = 1; i <= 4; i++) {
      cluster.agentReady("m", cluster.n(i));
    }

    await()
        .untilAsserted(() -> {
          for (int i = 1; i <= 4; i++) {
            assertThat(cluster.peers("m", cluster.n(i))).hasSize(3).doesNotContain(cluster.n(i));
          }
        });
    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> "True".equals(condition(m, "AgentsReady").getStatus()));
    assertThat(mesh.getStatus().nodes()).isEqualTo(4);
    assertThat(mesh.getStatus().agentsReady()).isEqualTo(4);
    assertThat(mesh.getStatus().observedGeneration()).isEqualTo(1L);
    assertThat(condition(mesh, "Accepted").getStatus()).isEqualTo("True");
    assertThat(condition(mesh, "ConfigsReady").getStatus()).isEqualTo("True");
    assertThat(condition(mesh, "NetworkHealthy").getStatus()).isEqualTo("Unknown");
  }

  @Test
  void everythingIsOwnedByTheMeshAndBlocksNothing() {
    cluster.nodes(1, 2);
    LlamaMesh mesh = cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 2);

    for (ConfigMap map : cluster.configMaps("m")) {
      assertThat(map.getMetadata().getOwnerReferences())
          .singleElement()
          .satisfies(owner -> {
            assertThat(owner.getUid()).isEqualTo(mesh.getMetadata().getUid());
            assertThat(owner.getBlockOwnerDeletion()).isFalse();
          });
      assertThat(map.getMetadata().getLabels()).containsEntry(Names.MESH_LABEL, "m");
    }
  }

  @Test
  void lookingAgainWritesNothing() {
    cluster.nodes(1, 3);
    // Quantities in spellings that the server does not keep.
    String spelled =
        """
        imagePullSecrets: [registry-credentials]
        agent: {resources: {requests: {cpu: "0.05"}, limits: {cpu: 1000m, memory: 0.25Gi}}}
        """;
    cluster.mesh("m", STORE + spelled);
    for (int i = 1; i <= 3; i++) {
      cluster.agentReady("m", cluster.n(i));
    }
    cluster.awaitMesh("m", m -> "True".equals(condition(m, "AgentsReady").getStatus()));
    cluster.awaitMesh("m", m -> Objects.equals(m.getStatus().nodes(), 3));
    await().until(() -> cluster.peers("m", cluster.n(3)).size() == 2);
    // The scraper is asked every two seconds: what the first answer makes of the status comes
    // before.
    cluster.awaitMesh("m", m -> !"NotAsked".equals(condition(m, "NetworkHealthy").getReason()));

    cluster.stopOperator();
    Map<String, Long> before = cluster.operatorWrites();
    cluster.startOperator();
    await().until(() -> cluster.operator().reconciliations() > 0);
    // Concerns no plan, but has every mesh looked at.
    cluster.labelNode(cluster.n(1), "touched", "yes");
    cluster.awaitLook();

    assertThat(cluster.operatorWrites()).isEqualTo(before);
  }

  @Test
  void aNodeThatIsDeletedLeavesAndItsConfigMapGoes() {
    cluster.nodes(1, 3);
    cluster.mesh("m", "");
    for (int i = 1; i <= 3; i++) {
      cluster.agentReady("m", cluster.n(i));
    }
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 2);

    cluster.client.nodes().withName(cluster.n(3)).delete();

    await().until(() -> cluster.peers("m", cluster.n(1)).equals(List.of(cluster.n(2))));
    await().until(() -> cluster.configMaps("m").size() == 2);
  }

  @Test
  void aNodeWithoutItsPodStaysAMember() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "");
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 1);

    cluster.deleteAgent("m", cluster.n(2));

    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> "False".equals(condition(m, "AgentsReady").getStatus()));
    assertThat(condition(mesh, "AgentsReady").getMessage()).contains(cluster.n(2));
    assertThat(mesh.getStatus().nodes()).isEqualTo(2);
    assertThat(cluster.peers("m", cluster.n(1))).containsExactly(cluster.n(2));
  }

  @Test
  void anExcludedNodeLeaves() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "");
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 1);

    cluster.annotateNode(cluster.n(2), Names.EXCLUDE_ANNOTATION, "true");

    await().until(() -> cluster.peers("m", cluster.n(1)).isEmpty());
    await().until(() -> cluster.configMaps("m").size() == 1);
  }

  @Test
  void aNodeThatTheAgentsDoNotTolerateIsNotWaitedForUntilItsTaintGoes() {
    cluster.nodes(1, 2);
    cluster.taintNode(cluster.n(2), "reserved", "NoSchedule");
    cluster.mesh("m", "agent: {tolerations: []}");
    cluster.agentReady("m", cluster.n(1));

    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> "True".equals(condition(m, "AgentsReady").getStatus()));
    assertThat(mesh.getStatus().nodes()).isEqualTo(1);
    assertThat(cluster.configMaps("m")).hasSize(1);

    cluster.untaintNode(cluster.n(2));

    await().until(() -> cluster.configMaps("m").size() == 2);
    cluster.awaitMesh("m", m -> "False".equals(condition(m, "AgentsReady").getStatus()));
  }

  @Test
  void agentsAreToldWhereToLeaveTheirLastWindows() {
    cluster.nodes(1, 1);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 1);

    assertThat(document(Names.nodeConfigMap("m", cluster.n(1))))
        .contains("url: http://m-scraper-ingest." + cluster.namespace + ".svc:8081/ingest");
    assertThat(
            cluster
                .client
                .services()
                .inNamespace(cluster.namespace)
                .withName("m-scraper-ingest")
                .get()
                .getSpec()
                .getPorts())
        .singleElement()
        .satisfies(port -> {
          assertThat(port.getPort()).isEqualTo(8081);
          assertThat(port.getTargetPort().getStrVal()).isEqualTo("ingest");
        });
  }

  @Test
  void aNodeThatChangesItsGroupByALabelMovesWithIt() {
    cluster.nodes(1, 3);
    cluster.labelNode(cluster.n(1), "role", "front");
    cluster.labelNode(cluster.n(2), "role", "front");
    cluster.labelNode(cluster.n(3), "role", "back");
    cluster.mesh(
        "m",
        """
        groups:
        - {name: front, nodeSelector: {matchLabels: {role: front}}}
        - {name: back, nodeSelector: {matchLabels: {role: back}}}
        """);
    for (int i = 1; i <= 3; i++) {
      cluster.agentReady("m", cluster.n(i));
    }
    await().until(() -> cluster.peers("m", cluster.n(1)).equals(List.of(cluster.n(2))));

    cluster.labelNode(cluster.n(2), "role", "back");

    await().until(() -> cluster.peers("m", cluster.n(2)).equals(List.of(cluster.n(3))));
    await().until(() -> cluster.peers("m", cluster.n(1)).isEmpty());
  }

  @Test
  void theMeshIsGoneWithEverythingThatItMadeEvenWhileTheOperatorIsDown() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "scraper: {replicas: 2}");
    await().until(() -> cluster.configMaps("m").size() == 2);
    cluster.awaitMesh("m", m -> m.getStatus().isObserved());
    cluster.stopOperator();

    cluster.client.resource(cluster.mesh("m")).delete();

    await().until(() -> cluster.configMaps("m").isEmpty());
    await().until(() -> cluster.workloads() == 0);
    cluster.startOperator();
    assertThat(cluster.configMaps("m")).isEmpty();
  }

  /** Nothing of a mesh waits for an operator before it lets go: no finalizers. */
  @Test
  void aNamespaceWithAMeshGoesWhileTheOperatorIsDown() {
    cluster.nodes(1, 2);
    cluster.mesh("m", "");
    cluster.agentReady("m", cluster.n(1));
    await().until(() -> cluster.configMaps("m").size() == 2);
    cluster.stopOperator();

    cluster.client.namespaces().withName(cluster.namespace).delete();

    await()
        .until(() -> {
          cluster.endPods();
          return cluster.client.namespaces().withName(cluster.namespace).get() == null;
        });
  }

  @Test
  void whatSomeoneElseChangedIsPutRight() {
    cluster.nodes(1, 1);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 1);
    String name = Names.nodeConfigMap("m", cluster.n(1));
    String before = document(name);

    TestCluster.retryOnConflict(() ->
        cluster
            .client
            .configMaps()
            .inNamespace(cluster.namespace)
            .withName(name)
            .edit(map -> {
              map.getData().put(Names.CONFIG_KEY, "nonsense: true\n");
              return map;
            }));

    await().untilAsserted(() -> assertThat(document(name)).isEqualTo(before));
  }

  private static final String STORE =
      """
      scraper:
        influxdb:
          url: http://influxdb.monitoring:8086
          v2: {org: net, bucket: llama, tokenSecret: {name: influx, key: token}}
      """;

  private String document(String name) {
    return cluster
        .client
        .configMaps()
        .inNamespace(cluster.namespace)
        .withName(name)
        .get()
        .getData()
        .get(Names.CONFIG_KEY);
  }

  static Condition condition(LlamaMesh mesh, String type) {
    if (mesh.getStatus() == null || mesh.getStatus().conditions() == null) {
      return new Condition();
    }
    return mesh.getStatus().conditions().stream()
        .filter(c -> type.equals(c.getType()))
        .findFirst()
        .orElseGet(Condition::new);
  }
}
