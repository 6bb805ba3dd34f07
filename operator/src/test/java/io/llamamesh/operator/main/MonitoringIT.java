package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Prometheus is told of a mesh where the cluster has the kinds for it. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
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
      PrometheusOperator.remove(cluster.client);
      cluster.close();
    }
  }

  @Test
  void monitorsAppearWithTheirKindsAndArePutRightAndGoWithTheMesh() {
    cluster.nodes(1, 1);
    cluster.mesh("m", "");
    await().until(() -> cluster.configMaps("m").size() == 1);
    cluster.awaitLook();

    PrometheusOperator.install(cluster.client);

    GenericKubernetesResource rule =
        await().until(() -> object("PrometheusRule", "m-scraper"), Objects::nonNull);
    await().until(() -> object("PodMonitor", "m-agent"), Objects::nonNull);
    await().until(() -> object("ServiceMonitor", "m-scraper"), Objects::nonNull);
    assertThat(rule.getMetadata().getOwnerReferences()).hasSize(1);
    assertThat(rules(rule))
        .hasSize(5)
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
                .withPlural(PrometheusOperator.PLURALS.get(kind))
                .withNamespaced(true)
                .build())
        .inNamespace(cluster.namespace)
        .withName(name)
        .get();
  }
}
