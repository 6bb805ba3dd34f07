package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** The tokens of its pods are bound to the one that is gone. */
  @ParameterizedTest
  @ValueSource(strings = {"m-agent", "m-scraper"})
  void podsAreReplacedOnceTheirServiceAccountWasDeletedAndMadeAnew(String name) {
    var account = cluster.client.serviceAccounts().inNamespace(cluster.namespace).withName(name);
    String first = account.require().getMetadata().getUid();
    assertThat(annotated(name)).isNull();
    // Its age counts in whole seconds.
    await().until(() -> Instant.now().isAfter(created(name).plusSeconds(1)));

    account.delete();

    await().until(() -> annotated(name) != null);
    assertThat(annotated(name))
        .isEqualTo(account.require().getMetadata().getUid())
        .isNotEqualTo(first);
    assertThat(annotated(name.equals("m-agent") ? "m-scraper" : "m-agent")).isNull();
    long generation = workload(name).getMetadata().getGeneration();
    cluster.awaitLook();
    cluster.awaitLook();
    assertThat(workload(name).getMetadata().getGeneration()).isEqualTo(generation);
  }

  private HasMetadata workload(String name) {
    var apps = cluster.client.apps();
    return name.equals("m-agent")
        ? apps.daemonSets().inNamespace(cluster.namespace).withName(name).require()
        : apps.deployments().inNamespace(cluster.namespace).withName(name).require();
  }

  private Instant created(String name) {
    return Instant.parse(workload(name).getMetadata().getCreationTimestamp());
  }

  private @Nullable String annotated(String name) {
    var template =
        workload(name) instanceof DaemonSet set
            ? set.getSpec().getTemplate()
            : ((Deployment) workload(name)).getSpec().getTemplate();
    return template.getMetadata().getAnnotations() == null
        ? null
        : template.getMetadata().getAnnotations().get(Names.ACCOUNT_ANNOTATION);
  }

  private LlamaMesh awaitReason(String reason) {
    return cluster.awaitMesh("m", m -> reason.equals(reason(m)));
  }

  private static String reason(LlamaMesh mesh) {
    return String.valueOf(condition(mesh, "AgentsReady").getReason());
  }
}
