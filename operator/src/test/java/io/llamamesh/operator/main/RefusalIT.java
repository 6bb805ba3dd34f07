package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A spec that cannot work is refused, and what runs goes on. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class RefusalIT {
  private static final String BAD =
      """
      probes: [{from: default, to: nowhere}]
      """;

  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 2);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aRefusedFirstSpecMakesNothing() {
    cluster.mesh("m", BAD);

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "Accepted", "False"));

    assertThat(condition(mesh, "Accepted").getReason()).isEqualTo("InvalidSpec");
    assertThat(condition(mesh, "Accepted").getMessage())
        .startsWith("spec.probes[0].to: 'nowhere' is not in spec.groups");
    assertThat(condition(mesh, "Ready").getReason()).isEqualTo("InvalidSpec");
    assertThat(cluster.configMaps("m")).isEmpty();
    assertThat(cluster.client.apps().daemonSets().inNamespace(cluster.namespace).list().getItems())
        .isEmpty();
  }

  @Test
  void membershipGoesOnWithTheLastAcceptedSpecEvenAfterARestart() {
    cluster.mesh("m", "collector: {interval: 5s}");
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).equals(List.of(cluster.n(2))));
    cluster.mesh("m", BAD);
    cluster.awaitMesh("m", m -> is(m, "Accepted", "False"));

    cluster.stopOperator();
    cluster.startOperator();
    cluster.nodes(3, 3);
    cluster.agentReady("m", cluster.n(3));

    await()
        .until(() -> cluster.peers("m", cluster.n(1)).equals(List.of(cluster.n(2), cluster.n(3))));
    assertThat(cluster.document("m", cluster.n(1))).contains("interval: 5");
    LlamaMesh mesh = cluster.awaitMesh("m", m -> m.getStatus().nodes().equals(3));
    assertThat(condition(mesh, "Accepted").getMessage()).contains("The last accepted spec stays");
    assertThat(mesh.getStatus().observedGeneration()).isEqualTo(2L);
  }

  @Test
  void aConfigThatIsTooLongForItsConfigMapIsRefusedAndWhatRunsGoesOn() {
    cluster.mesh("m", "");
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).equals(List.of(cluster.n(2))));
    String tags =
        IntStream.range(0, 30)
            .mapToObj(i -> "t" + i + ": " + "x".repeat(500))
            .collect(Collectors.joining(", "));
    String targets =
        IntStream.range(0, 100)
            .mapToObj(i -> "{name: t" + i + ", host: 203.0.113." + i + "}")
            .collect(Collectors.joining(", "));

    cluster.mesh(
        "m", "groups: [{name: default, tags: {" + tags + "}, targets: [" + targets + "]}]");

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "Accepted", "False"));
    assertThat(condition(mesh, "Accepted").getMessage())
        .contains("spec.groups: the config of node " + cluster.n(1), "a ConfigMap holds");
    cluster.nodes(3, 3);
    await().until(() -> cluster.configMaps("m").size() == 3);
    assertThat(cluster.peers("m", cluster.n(1))).containsExactly(cluster.n(2));
  }

  @Test
  void ofTwoMeshesOnTheSamePortsTheOlderWinsUntilItGoes() {
    cluster.mesh("b-older", "");
    await().until(() -> cluster.configMaps("b-older").size() == 2);
    // Names decide between meshes of the same second, so the newer one has the later name.
    cluster.mesh("c-newer", "");

    LlamaMesh newer = cluster.awaitMesh("c-newer", m -> is(m, "Accepted", "False"));

    assertThat(condition(newer, "Accepted").getReason()).isEqualTo("PortConflict");
    assertThat(condition(newer, "Accepted").getMessage())
        .contains("spec.reflector.port: UDP port 8100 is used by the older mesh")
        .contains("spec.collector.apiPort")
        .contains("basePort, for instance 25004");
    assertThat(cluster.configMaps("c-newer")).isEmpty();

    cluster.client.resource(cluster.mesh("b-older")).delete();

    cluster.awaitMesh("c-newer", m -> is(m, "Accepted", "True"));
  }

  @Test
  void aMeshOnOtherPortsIsAcceptedBesideTheFirst() {
    cluster.mesh("a", "");
    await().until(() -> cluster.configMaps("a").size() == 2);

    cluster.mesh(
        "b",
        """
        reflector: {port: 8200}
        collector: {apiPort: 8200}
        ports: [{name: default, basePort: 26000}]
        """);

    cluster.awaitMesh("b", m -> is(m, "Accepted", "True"));
    await().until(() -> cluster.configMaps("b").size() == 2);
  }

  @Test
  void aPausedMeshIsNotWrittenAndSaysSo() {
    cluster.mesh("m", "");
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    await().until(() -> cluster.peers("m", cluster.n(1)).size() == 1);

    cluster.mesh("m", "paused: true");
    cluster.awaitMesh("m", m -> is(m, "Paused", "True"));
    cluster.nodes(3, 3);

    LlamaMesh paused = cluster.awaitMesh("m", m -> is(m, "ConfigsReady", "False"));
    assertThat(condition(paused, "ConfigsReady").getReason()).isEqualTo("Paused");
    assertThat(condition(paused, "ConfigsReady").getMessage()).contains(cluster.n(3));
    assertThat(cluster.configMaps("m")).hasSize(2);

    cluster.mesh("m", "paused: false");
    await().until(() -> cluster.configMaps("m").size() == 3);
    cluster.awaitMesh("m", m -> is(m, "Paused", "False"));
  }

  private static boolean is(LlamaMesh mesh, String type, String status) {
    return status.equals(condition(mesh, type).getStatus());
  }
}
