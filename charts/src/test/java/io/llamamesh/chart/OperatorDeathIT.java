package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
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
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can befall the operator's program: killed while it writes, refused again and again. */
class OperatorDeathIT {
  private static final int NODES = 200;

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
    for (int i = 1; i <= NODES; i++) {
      client
          .resource(
              new NodeBuilder()
                  .withNewMetadata()
                  .withName("n" + i)
                  .addToLabels("kubernetes.io/os", "linux")
                  .endMetadata()
                  .withNewStatus()
                  .addNewAddress("10.9.0." + i, "InternalIP")
                  .endStatus()
                  .build())
          .create();
    }
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void aRolloutOf200ConfigsIsFinishedByTheNextOneAndNothingIsOrphanedOrDoubled() throws Exception {
    String rendering = Chart.render(Map.of());
    try (Gate gate = new Gate(server.url(), Rights.of(rendering, "llama-mesh-operator"))) {
      gate.holdAfter(NODES / 2, "configmaps");
      Process first =
          InstalledOperator.start(
              folder, "first", rendering, server.kubeconfig().replace(server.url(), gate.url()));
      try {
        mesh();
        await().until(gate::holds);
      } finally {
        first.destroyForcibly();
        assertThat(first.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
    }
    int written = configs().size();
    // Some went while it was away.
    client.nodes().withName("n1").delete();
    client.nodes().withName("n2").delete();
    assertThat(written).isBetween(1, NODES / 2);

    Process second =
        InstalledOperator.start(folder, "second", rendering, server.kubeconfig("second"));
    try {
      await().until(() -> "True".equals(condition("ConfigsReady")));
      assertThat(configs())
          .extracting(map -> map.getMetadata().getAnnotations().get(Names.NODE_ANNOTATION))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.rangeClosed(3, NODES).mapToObj(i -> "n" + i).toList());
      assertThat(objects()).containsExactlyInAnyOrder("default-agent", "default-scraper");
      // What the first one wrote is taken as it is: the rest, the two that are gone, and no more.
      assertThat(
              server
                  .journal()
                  .count(r ->
                      r.identity().equals("second")
                          && r.writes()
                          && r.resource().equals("configmaps")))
          .isEqualTo(NODES - written);
    } finally {
      second.destroy();
      assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aLookThatFailsIsFollowedByAnotherHoweverOftenItFails() throws Exception {
    String rendering = Chart.render(Map.of());
    try (Gate gate = new Gate(server.url(), Rights.of(rendering, "llama-mesh-operator"))) {
      gate.refuseNext(10, "llamameshes/status");
      Process operator =
          InstalledOperator.start(
              folder, "only", rendering, server.kubeconfig().replace(server.url(), gate.url()));
      try {
        mesh();

        await().until(() -> gate.refusalsLeft() == 0);
        await().until(() -> "True".equals(condition("ConfigsReady")));
      } finally {
        operator.destroy();
        assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  private void mesh() {
    Kubectl.apply(
        client,
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: llama-mesh}
        spec: {}
        """);
  }

  private List<ConfigMap> configs() {
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

  private List<String> objects() {
    List<HasMetadata> objects = new java.util.ArrayList<>();
    objects.addAll(client.apps().daemonSets().inNamespace(Chart.NAMESPACE).list().getItems());
    objects.addAll(client.apps().deployments().inNamespace(Chart.NAMESPACE).list().getItems());
    return objects.stream().map(object -> object.getMetadata().getName()).toList();
  }

  private String condition(String type) {
    LlamaMesh mesh =
        client.resources(LlamaMesh.class).inNamespace(Chart.NAMESPACE).withName("default").get();
    return mesh.getStatus() == null || mesh.getStatus().conditions() == null
        ? ""
        : mesh.getStatus().conditions().stream()
            .filter(c -> c.getType().equals(type))
            .map(c -> c.getStatus())
            .findFirst()
            .orElse("");
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(100));
  }
}
