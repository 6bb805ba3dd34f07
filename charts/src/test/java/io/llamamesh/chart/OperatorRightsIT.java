package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.InstalledOperator;
import io.llamamesh.testkit.chart.Kubectl;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The operator's program with the arguments of the rendered Deployment and the token of its
 * ServiceAccount, on a real API server that knows the rendered roles. What it has beyond its need
 * is found by the {@code MeshRightsIT} of module local.
 */
@KubernetesCluster(crds = InstalledOperator.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
class OperatorRightsIT {
  @TempDir private Path folder;
  private TestCluster cluster;
  private KubernetesClient client;

  @BeforeEach
  void start(TestCluster given) {
    cluster = given;
    client = given.client();
    node(1, "10.9.0.1");
    node(2, "10.9.0.2");
  }

  /** The mesh too: an operator of all namespaces would write into one that is being deleted. */
  @AfterEach
  void removeMeshAndNodes() {
    client.resources(LlamaMesh.class).withName("default").delete();
    client.nodes().withName(node(1)).delete();
    client.nodes().withName(node(2)).delete();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRenderedRolesAreEnoughForALifeOfAMesh(boolean allNamespaces) throws Exception {
    String rendering =
        Chart.render(cluster.namespace(), Map.of("watch.allNamespaces", allNamespaces));
    Kubectl.apply(client, rendering);
    Process operator = InstalledOperator.start(cluster, folder, "operator", rendering);
    try {
      mesh(2);
      await().until(() -> configMaps().size() == 2);
      await().until(() -> budget());
      client.nodes().withName(node(2)).delete();
      await().until(() -> configMaps().size() == 1);
      mesh(1);
      await().until(() -> !budget());
      await()
          .until(() -> {
            LlamaMesh mesh = client.resources(LlamaMesh.class).withName("default").get();
            return mesh.getStatus() != null && mesh.getStatus().conditions() != null;
          });
      assertThat(operator.isAlive()).isTrue();
      CheckedIn.assertCurrent(
          Chart.ROOT.resolve("docs/reference/metrics-operator.md"),
          MetricsPage.of("Metrics of the operator", metrics()));
    } finally {
      operator.destroy();
      assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(cluster.rights(InstalledOperator.NAME).refused())
        .as(Files.readString(folder.resolve("operator.log")))
        .isEmpty();
  }

  private String metrics() throws IOException, InterruptedException {
    Matcher port =
        Pattern.compile("healthPort=(\\d+)")
            .matcher(Files.readString(folder.resolve("operator.log")));
    assertThat(port.find()).isTrue();
    return Get.text("127.0.0.1", Integer.parseInt(port.group(1)), "/metrics");
  }

  private void mesh(int scrapers) {
    Kubectl.apply(
        client,
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: %s}
        spec: {scraper: {replicas: %d}}
        """
            .formatted(cluster.namespace(), scrapers));
  }

  private List<ConfigMap> configMaps() {
    return client
        .configMaps()
        .withLabels(Names.selector("default", Component.CONFIG))
        .list()
        .getItems()
        .stream()
        // Beside the one that keeps the accepted spec.
        .filter(map -> map.getMetadata().getAnnotations().containsKey(Names.NODE_ANNOTATION))
        .toList();
  }

  /** Whether the mesh has one; the operator's own is there or not. */
  private boolean budget() {
    return client.policy().v1().podDisruptionBudget().list().getItems().stream()
        .anyMatch(budget -> budget.getMetadata().getName().startsWith("default-"));
  }

  /** Nodes have no namespace: other tests must not take these for theirs. */
  private String node(int number) {
    return cluster.namespace() + "-" + number;
  }

  private void node(int number, String address) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(node(number))
                .addToLabels("kubernetes.io/os", "linux")
                .endMetadata()
                .withNewStatus()
                .addNewAddress(address, "InternalIP")
                .endStatus()
                .build())
        .create();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200));
  }
}
