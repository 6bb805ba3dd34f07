package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The operator's program with the arguments of the rendered Deployment, before an API server that
 * allows what the rendered roles allow and nothing else.
 */
class OperatorRightsIT {
  @TempDir private Path folder;
  private StandInApiServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = StandInApiServer.start();
    client = server.client();
    Kubectl.apply(
        client, Files.readString(Chart.ROOT.resolve("crds/llamameshes.llamamesh.io-v1.yaml")));
    Kubectl.apply(
        client,
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: llama-mesh}
        """);
    node("n1", "10.9.0.1");
    node("n2", "10.9.0.2");
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theRenderedRolesAreEnoughForALifeOfAMesh(boolean allNamespaces) throws Exception {
    String rendering = Chart.render(Map.of("watch.allNamespaces", allNamespaces));
    try (Gate gate = new Gate(server.url(), Rights.of(rendering, "llama-mesh-operator"))) {
      Process operator =
          InstalledOperator.start(
              folder, "operator", rendering, server.kubeconfig().replace(server.url(), gate.url()));
      try {
        mesh(2);
        await().until(() -> configMaps().size() == 2);
        await().until(() -> budgets() == 1);
        client.nodes().withName("n2").delete();
        await().until(() -> configMaps().size() == 1);
        mesh(1);
        await().until(() -> budgets() == 0);
        await()
            .until(() -> {
              LlamaMesh mesh = meshes().get();
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
      assertThat(gate.refused()).as(Files.readString(folder.resolve("operator.log"))).isEmpty();
    }
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
        metadata: {name: default, namespace: llama-mesh}
        spec: {scraper: {replicas: %d}}
        """
            .formatted(scrapers));
  }

  private io.fabric8.kubernetes.client.dsl.Resource<LlamaMesh> meshes() {
    return client.resources(LlamaMesh.class).inNamespace(Chart.NAMESPACE).withName("default");
  }

  private List<ConfigMap> configMaps() {
    return client
        .configMaps()
        .inNamespace(Chart.NAMESPACE)
        .withLabels(Names.selector("default", Component.CONFIG))
        .list()
        .getItems()
        .stream()
        // Beside the one that keeps the accepted spec.
        .filter(map -> map.getMetadata().getAnnotations().containsKey(Names.NODE_ANNOTATION))
        .toList();
  }

  private int budgets() {
    return client
        .policy()
        .v1()
        .podDisruptionBudget()
        .inNamespace(Chart.NAMESPACE)
        .list()
        .getItems()
        .size();
  }

  private void node(String name, String address) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
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
