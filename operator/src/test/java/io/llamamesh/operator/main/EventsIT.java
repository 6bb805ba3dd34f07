package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the operator says in Events, and reads from those of others. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class EventsIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 1);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void acceptanceAndRefusalAreAnnounced() {
    cluster.mesh("m", "");
    await().until(() -> reasons().equals(List.of("Accepted")));

    cluster.mesh("m", "probes: [{from: default, to: nowhere}]");

    await().until(() -> reasons().equals(List.of("Accepted", "InvalidSpec")));
  }

  @Test
  void aTargetWithTheNameOfANodeIsAnnouncedOnce() {
    cluster.mesh(
        "m", "groups: [{name: all, targets: [{name: " + cluster.n(1) + ", host: 203.0.113.9}]}]");
    cluster.agentReady("m", cluster.n(1));

    await().until(() -> reasons().equals(List.of("Accepted", "DuplicateName")));

    cluster.awaitLook();
    assertThat(reasons()).containsExactly("Accepted", "DuplicateName");
    assertThat(cluster.peers("m", cluster.n(1))).isEmpty();
  }

  @Test
  void podSecurityThatRefusesTheAgentsIsSaidWithTheRemedy() {
    event(
        "DaemonSet",
        "m-agent",
        "FailedCreate",
        "Error creating: pods \"m-agent-x\" is forbidden: violates PodSecurity \"baseline:latest\"");

    cluster.mesh("m", "");

    LlamaMesh mesh =
        cluster.awaitMesh(
            "m", m -> "PodsForbidden".equals(condition(m, "AgentsReady").getReason()));
    assertThat(condition(mesh, "AgentsReady").getMessage())
        .contains("pod-security.kubernetes.io/enforce=privileged")
        .contains("violates PodSecurity");
  }

  private void event(String kind, String name, String reason, String message) {
    cluster
        .client
        .resource(
            new EventBuilder()
                .withNewMetadata()
                .withName("made-by-test")
                .withNamespace(cluster.namespace)
                .endMetadata()
                .withNewInvolvedObject()
                .withKind(kind)
                .withName(name)
                .withNamespace(cluster.namespace)
                .endInvolvedObject()
                .withType("Warning")
                .withReason(reason)
                .withMessage(message)
                .build())
        .create();
  }

  private List<String> reasons() {
    return cluster
        .client
        .v1()
        .events()
        .inNamespace(cluster.namespace)
        .withField("involvedObject.kind", "LlamaMesh")
        .list()
        .getItems()
        .stream()
        .map(Event::getReason)
        .sorted()
        .toList();
  }
}
