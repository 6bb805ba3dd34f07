package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Secret with the credentials of programs: mounted, and said where it is missing or wrong. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class ProgramsSecretIT {
  private static final String WITH = "fabric: {enabled: true, programsSecret: programs}";
  private static final String WITHOUT = "fabric: {enabled: true}";

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
  void aSecretThatIsMissingOrWrongIsNamedAndAgentsAreReadyAsEver() {
    cluster.mesh("m", WITH);
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));

    LlamaMesh mesh = awaitReason("SecretNotFound");

    assertThat(condition(mesh, "ProgramsReady").getMessage())
        .contains("there is no Secret programs in namespace " + cluster.namespace);
    cluster.awaitMesh("m", m -> is(m, "AgentsReady", "True"));
    assertThat(cluster.configMaps("m")).hasSize(2);
    secret("token", "x");
    awaitReason("SecretKeyNotFound");
    secret("programs.json", "[{\"name\": \"vip\"}]");
    mesh = awaitReason("InvalidPrograms");
    assertThat(condition(mesh, "ProgramsReady").getMessage()).contains("sha256 of vip");
    assertThat(condition(mesh, "AgentsReady").getStatus()).isEqualTo("True");
    secret("programs.json", "[{\"name\": \"vip\", \"sha256\": \"%064x\"}]".formatted(7));
    cluster.awaitMesh("m", m -> is(m, "ProgramsReady", "True"));
  }

  /** Apply under the same name would leave a volume of two kinds, which the server refuses. */
  @Test
  void theAgentsVolumeGetsTheSecretAndLosesItAgain() {
    cluster.mesh("m", WITHOUT);
    await().until(() -> volumes().equals(List.of("state", "auth")));

    cluster.mesh("m", WITH);
    await().until(() -> volumes().equals(List.of("state", "auth-with-programs")));
    cluster.awaitMesh("m", m -> is(m, "ProgramsReady", "False"));

    cluster.mesh("m", WITHOUT);
    await().until(() -> volumes().equals(List.of("state", "auth")));
    cluster.awaitMesh("m", m -> condition(m, "ProgramsReady").getStatus() == null);
  }

  private List<String> volumes() {
    var agents =
        cluster
            .client
            .apps()
            .daemonSets()
            .inNamespace(cluster.namespace)
            .withName(Names.agent("m"))
            .get();
    return agents == null
        ? List.of()
        : agents.getSpec().getTemplate().getSpec().getVolumes().stream()
            .map(Volume::getName)
            .toList();
  }

  private LlamaMesh awaitReason(String reason) {
    return cluster.awaitMesh("m", m -> reason.equals(condition(m, "ProgramsReady").getReason()));
  }

  private void secret(String entry, String value) {
    cluster
        .client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("programs")
                .withNamespace(cluster.namespace)
                .endMetadata()
                .withStringData(Map.of(entry, value))
                .build())
        .fieldManager("test")
        .forceConflicts()
        .serverSideApply();
  }

  private static boolean is(LlamaMesh mesh, String type, String status) {
    return status.equals(condition(mesh, type).getStatus());
  }
}
