package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Prometheus finds a mesh where the cluster has the kinds for it. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
@ResourceLock(PrometheusCrds.KINDS)
@Order(1)
final class MonitoringIT {
  private ClusterUnderTest cluster;

  @BeforeEach
  void start(TestCluster given) {
    // Somebody's cluster may have these kinds itself, and they must not be touched.
    given.controlPlane();
    cluster = new ClusterUnderTest(given);
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      PrometheusCrds.remove(cluster.client);
      cluster.close();
    }
  }

  @Test
  void monitorsAppearWithTheirKindsAndArePutRightAndGoWithTheMesh() {
    cluster.nodes(1, 1);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 1);
    cluster.awaitLook();

    PrometheusCrds.install(cluster.client);

    GenericKubernetesResource rule =
        await().until(() -> object("PrometheusRule", "m-scraper"), Objects::nonNull);
    await().until(() -> object("PodMonitor", "m-agent"), Objects::nonNull);
    await().until(() -> object("ServiceMonitor", "m-scraper"), Objects::nonNull);
    assertThat(rule.getMetadata().getOwnerReferences()).hasSize(1);
    assertThat(rules(rule))
        .hasSize(9)
        .allSatisfy(r -> assertThat(r.toString()).contains("m-scraper"));

    cluster.mesh("m", "alerts: {lossPercent: 7}");
    await().until(() -> rules(object("PrometheusRule", "m-scraper")).toString().contains("> 0.07"));
    long writes = monitorWrites();
    cluster.awaitLook();
    cluster.awaitLook();
    assertThat(monitorWrites()).isEqualTo(writes);

    cluster.client.resource(cluster.mesh("m")).delete();
    await().until(() -> object("PrometheusRule", "m-scraper") == null);
    await().until(() -> object("PodMonitor", "m-agent") == null);
  }

  @Test
  void aLabelThatIsTakenOffTheMeshGoesAndAToolsLabelNeverComes() {
    PrometheusCrds.install(cluster.client);
    cluster.nodes(1, 1);
    cluster.mesh("m", "");
    cluster.labelMesh("m", "release", "prometheus");
    cluster.labelMesh("m", "argocd.argoproj.io/instance", "net");
    for (String name : List.of("m-scraper", "m-agent")) {
      awaitLabels(name, labels -> "prometheus".equals(labels.get("release")));
    }
    // Somebody else's on the monitor stays.
    GenericKubernetesResource rule = object("PrometheusRule", "m-scraper");
    TestCluster.retryOnConflict(() ->
        cluster
            .client
            .resource(rule)
            .edit(r -> {
              r.getMetadata().getLabels().put("theirs", "too");
              return r;
            }));

    cluster.labelMesh("m", "release", null);

    awaitLabels("m-scraper", labels -> !labels.containsKey("release"));
    awaitLabels("m-agent", labels -> !labels.containsKey("release"));
    assertThat(object("PrometheusRule", "m-scraper").getMetadata().getLabels())
        .containsEntry("theirs", "too")
        .doesNotContainKey("argocd.argoproj.io/instance");
  }

  @Test
  void aStrangersMonitorStaysAsItIs() {
    PrometheusCrds.install(cluster.client);
    GenericKubernetesResource theirs =
        await()
            .ignoreExceptions()
            .until(
                () -> cluster.client.resource(somebodys("PodMonitor")).create(), Objects::nonNull);
    cluster.nodes(1, 1);
    cluster.mesh("m", "");
    await().until(() -> cluster.operatorRights().contains("get podmonitors.monitoring.coreos.com"));

    // All are tried again, that one first.
    cluster.mesh("m", "alerts: {lossPercent: 7}");

    await()
        .ignoreExceptions()
        .until(() -> rules(object("PrometheusRule", "m-scraper")).toString().contains("> 0.07"));
    assertThat(object("PodMonitor", "m-agent").getMetadata().getResourceVersion())
        .isEqualTo(theirs.getMetadata().getResourceVersion());
  }

  @Test
  void aWebhookThatDoesNotAnswerHoldsUpNothingElse() throws IOException {
    PrometheusCrds.install(cluster.client);
    cluster.nodes(1, 1);
    try (FakeWebhook webhook =
        new FakeWebhook(
            cluster.namespace,
            cluster.client,
            "monitoring.coreos.com",
            List.of("prometheusrules", "podmonitors"))) {
      webhook.awaitInForce(somebodys("PrometheusRule"));
      cluster.mesh("m", "");
      await().until(() -> cluster.configMaps("m").size() == 1);
      await().until(webhook::isAsked);

      // Two seconds for each kind that is held up, and a look at least once in them.
      for (int i = 2; i <= 6; i++) {
        long before = cluster.operator().reconciliations();
        Instant from = Instant.now();
        cluster.nodes(i, i);
        int wanted = i;
        await().until(() -> cluster.configMaps("m").size() == wanted);
        await().until(() -> cluster.operator().reconciliations() > before);
        assertThat(Duration.between(from, Instant.now())).isLessThan(Duration.ofSeconds(15));
      }
      await().until(() -> object("ServiceMonitor", "m-scraper"), Objects::nonNull);
      assertThat(object("PrometheusRule", "m-scraper")).isNull();
    }
    // It is tried again once a minute.
    await()
        .atMost(Duration.ofMinutes(4))
        .until(() -> object("PrometheusRule", "m-scraper"), Objects::nonNull);
  }

  private GenericKubernetesResource somebodys(String kind) {
    GenericKubernetesResource object = new GenericKubernetesResource();
    object.setApiVersion("monitoring.coreos.com/v1");
    object.setKind(kind);
    object.setMetadata(
        new ObjectMetaBuilder().withName("m-agent").withNamespace(cluster.namespace).build());
    return object;
  }

  private void awaitLabels(String name, Predicate<Map<String, String>> wanted) {
    String kind = name.endsWith("agent") ? "PodMonitor" : "PrometheusRule";
    await()
        .atMost(Duration.ofMinutes(3))
        .until(
            () -> object(kind, name),
            found -> found != null && wanted.test(found.getMetadata().getLabels()));
  }

  private long monitorWrites() {
    return cluster.operatorWrites().entrySet().stream()
        .filter(e -> e.getKey().endsWith("monitoring.coreos.com"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static List<?> rules(GenericKubernetesResource rule) {
    List<Map<String, List<?>>> groups = rule.get("spec", "groups");
    return groups.getFirst().get("rules");
  }

  private GenericKubernetesResource object(String kind, String name) {
    return cluster
        .client
        .genericKubernetesResources(
            new ResourceDefinitionContext.Builder()
                .withGroup("monitoring.coreos.com")
                .withVersion("v1")
                .withKind(kind)
                .withPlural(PrometheusCrds.PLURALS.get(kind))
                .withNamespaced(true)
                .build())
        .inNamespace(cluster.namespace)
        .withName(name)
        .get();
  }
}
