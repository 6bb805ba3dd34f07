package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
  void anEventThatAWebhookDoesNotLetThroughComesOnceItDoes() throws IOException {
    try (FakeWebhook webhook =
        new FakeWebhook(cluster.namespace, cluster.client, "", List.of("events"))) {
      webhook.awaitInForce(somebodysEvent());
      cluster.mesh("m", "");
      await().until(() -> cluster.operatorWrites().containsKey("create events"));
      assertThat(reasons()).isEmpty();
    }
    await().atMost(Duration.ofMinutes(2)).until(() -> reasons().equals(List.of("Accepted")));
  }

  private Event somebodysEvent() {
    return new EventBuilder()
        .withNewMetadata()
        .withName("theirs")
        .withNamespace(cluster.namespace)
        .endMetadata()
        .withNewInvolvedObject()
        .withKind("Pod")
        .withName("theirs")
        .withNamespace(cluster.namespace)
        .endInvolvedObject()
        .build();
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
    cluster
        .client
        .namespaces()
        .withName(cluster.namespace)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\": {\"labels\": {\"pod-security.kubernetes.io/enforce\": \"baseline\"}}}");

    cluster.mesh("m", "");

    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> "PodsRefused".equals(condition(m, "AgentsReady").getReason()));
    assertThat(condition(mesh, "AgentsReady").getMessage())
        .contains("pod-security.kubernetes.io/enforce=privileged")
        .contains("violates PodSecurity");
    // The scraper needs nothing that the level forbids.
    assertThat(condition(mesh, "ScraperReady").getReason()).isNotEqualTo("PodsRefused");
  }

  @Test
  void aQuotaThatRefusesAgentsAndScraperIsToldWithTheFieldsThatMendIt() {
    cluster.quota("q", Map.of("limits.cpu", new Quantity("4")));

    cluster.mesh("m", "");

    LlamaMesh mesh =
        cluster.awaitMesh("m", m -> asksForCpu(m, "AgentsReady") && asksForCpu(m, "ScraperReady"));
    assertThat(condition(mesh, "AgentsReady").getReason()).isEqualTo("PodsRefused");
    assertThat(condition(mesh, "AgentsReady").getMessage())
        .contains("spec.agent.resources")
        .doesNotContain("pod-security");
    assertThat(condition(mesh, "ScraperReady").getReason()).isEqualTo("PodsRefused");
    assertThat(condition(mesh, "ScraperReady").getMessage()).contains("spec.scraper.resources");
  }

  private static boolean asksForCpu(LlamaMesh mesh, String type) {
    String message = condition(mesh, type).getMessage();
    return message != null && message.contains("must specify limits.cpu");
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
