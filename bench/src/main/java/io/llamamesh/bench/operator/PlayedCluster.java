package io.llamamesh.bench.operator;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.bench.process.Child;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * A stand-in API server with nodes, and on each a ready agent of the mesh that is made later: so
 * that every node is a member from the operator's first look on. Belongs to one thread.
 */
final class PlayedCluster implements AutoCloseable {
  private static final String NAMESPACE = "bench";
  private static final String MESH = "m";
  private static final String OPERATOR = "operator";
  private static final long PATIENCE_MILLIS = 300_000;
  private static final String READY =
      "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","
          + "\"lastTransitionTime\":\"2026-11-20T10:00:00Z\"}]}}";

  private final StandInApiServer api;
  private final KubernetesClient client;

  private PlayedCluster(StandInApiServer api) {
    this.api = api;
    this.client = api.client("bench");
  }

  static PlayedCluster start(int nodes) throws IOException {
    PlayedCluster cluster = new PlayedCluster(StandInApiServer.start());
    try (InputStream crd =
        Objects.requireNonNull(
            LlamaMesh.class.getResourceAsStream("llamameshes.llamamesh.io-v1.yaml"))) {
      cluster.client.load(crd).serverSideApply();
    }
    cluster
        .client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    for (int i = 0; i < nodes; i++) {
      cluster.addNode(i);
      cluster.addAgent(i);
    }
    return cluster;
  }

  String kubeconfig() {
    return api.kubeconfig(OPERATOR);
  }

  void createMesh() {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName(MESH);
    mesh.getMetadata().setNamespace(NAMESPACE);
    client.resource(mesh).create();
  }

  /** Waits until every node has its config; the ConfigMaps are counted, not read. */
  void awaitConfigs(int nodes) throws IOException, InterruptedException {
    // One more keeps the accepted spec.
    await(() -> configWrites() > nodes);
  }

  /** Waits until the status tells of so many members and of configs that are all current. */
  void awaitMembers(int nodes) throws IOException, InterruptedException {
    await(() -> {
      LlamaMesh mesh =
          client.resources(LlamaMesh.class).inNamespace(NAMESPACE).withName(MESH).get();
      return mesh != null
          && mesh.getStatus() != null
          && Objects.equals(mesh.getStatus().nodes(), nodes)
          && mesh.getStatus().conditions() != null
          && mesh.getStatus().conditions().stream()
              .anyMatch(c -> c.getType().equals("ConfigsReady") && c.getStatus().equals("True"));
    });
  }

  /** ConfigMaps written by the operator. */
  long configWrites() {
    return api.journal()
        .count(
            r -> r.identity().equals(OPERATOR) && r.writes() && r.resource().equals("configmaps"));
  }

  /** Everything written by the operator but status. */
  long writes() {
    return api.journal()
        .count(
            r -> r.identity().equals(OPERATOR) && r.writes() && !r.resource().endsWith("/status"));
  }

  void forgetWrites() {
    api.journal().reset();
  }

  void addNode(int i) {
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name(i))
            .withLabels(labels(i))
            .endMetadata()
            .withNewStatus()
            .addNewAddress(address(i), "InternalIP")
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build();
    client.resource(node).create();
  }

  void addAgent(int i) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName("agent-" + i)
                .withNamespace(NAMESPACE)
                .withLabels(Names.labels(MESH, Component.AGENT))
                .endMetadata()
                .withNewSpec()
                .withNodeName(name(i))
                .addNewContainer()
                .withName("agent")
                .withImage("agent")
                .addNewPort()
                .withName(Names.PROBE_PORT)
                .withContainerPort(8100)
                .withProtocol("UDP")
                .endPort()
                .endContainer()
                .endSpec()
                .build())
        .create();
    client
        .pods()
        .inNamespace(NAMESPACE)
        .withName("agent-" + i)
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), READY);
  }

  static String name(int i) {
    return "node-" + i;
  }

  static String address(int i) {
    return "10." + (i >> 16) + "." + ((i >> 8) & 255) + "." + (i & 255);
  }

  static Map<String, String> labels(int i) {
    return Map.of("kubernetes.io/os", "linux", "topology.kubernetes.io/zone", "z" + i % 3);
  }

  private static void await(BooleanSupplier condition) throws IOException, InterruptedException {
    Child.pause(PATIENCE_MILLIS, condition);
    if (!condition.getAsBoolean()) {
      throw new IOException("the operator did not get there in " + PATIENCE_MILLIS / 1000 + " s");
    }
  }

  @Override
  public void close() {
    client.close();
    api.close();
  }
}
