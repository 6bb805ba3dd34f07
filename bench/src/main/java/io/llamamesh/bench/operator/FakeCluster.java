package io.llamamesh.bench.operator;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llamamesh.bench.process.Child;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * Nodes that are objects only, before some API server. The stand-in has no controllers, so that
 * each node gets a ready agent of the mesh that is made later, and every node is a member from the
 * operator's first reconciliation on; a real control plane makes the agents' pods itself, and they
 * are ready once {@link #makeAgentsReady} says so. Belongs to one thread.
 */
final class FakeCluster implements AutoCloseable {
  private static final String NAMESPACE = "bench";
  private static final String MESH = "m";
  private static final Map<String, Quantity> ROOM =
      Map.of(
          "cpu", new Quantity("64"),
          "memory", new Quantity("256Gi"),
          "ephemeral-storage", new Quantity("1Ti"),
          "pods", new Quantity("110"));
  private static final long PATIENCE_MILLIS = 300_000;
  private static final String READY =
      "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","
          + "\"lastTransitionTime\":\"2026-11-20T10:00:00Z\"}]}}";

  private final BenchApi api;
  private final KubernetesClient client;

  private FakeCluster(BenchApi api) {
    this.api = api;
    this.client = api.client();
  }

  /** Makes the nodes; the server is the caller's. */
  static FakeCluster start(BenchApi api, int nodes) throws IOException {
    FakeCluster cluster = new FakeCluster(api);
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
      if (!api.hasControllers()) {
        cluster.addAgent(i);
      }
    }
    return cluster;
  }

  void createMesh() {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName(MESH);
    mesh.getMetadata().setNamespace(NAMESPACE);
    client.resource(mesh).create();
  }

  /** Waits until every node has its config; the ConfigMaps are counted, not read. */
  void awaitConfigs(int nodes) throws IOException, InterruptedException {
    // One more keeps the accepted spec, and a controller gives each namespace one of its own.
    await(api.hasControllers() ? () -> configMaps() >= nodes + 2 : () -> configWrites() > nodes);
  }

  /** ConfigMaps that are there, counted by the server: it sends one of them. */
  private long configMaps() {
    var page =
        client
            .configMaps()
            .inNamespace(NAMESPACE)
            .list(new ListOptionsBuilder().withLimit(1L).build());
    Long more = page.getMetadata().getRemainingItemCount();
    return page.getItems().size() + (more == null ? 0 : more);
  }

  /** Waits until the status has so many members and of configs that are all current. */
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
    return api.writes().entrySet().stream()
        .filter(e -> e.getKey().endsWith(" configmaps"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Everything written by the operator but status and the mesh's Lease. */
  long writes() {
    return api.writes().entrySet().stream()
        .filter(e -> !e.getKey().endsWith("/status"))
        .filter(e -> !e.getKey().contains(" leases"))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Says of every agent's pod that it is ready, as kubelets would, until there are so many. */
  void makeAgentsReady(int agents) throws IOException, InterruptedException {
    await(() -> {
      List<Pod> pods =
          client
              .pods()
              .inNamespace(NAMESPACE)
              .withLabels(Names.selector(MESH, Component.AGENT))
              .list()
              .getItems();
      pods.stream().filter(FakeCluster::isWaiting).forEach(this::ready);
      return pods.stream().filter(pod -> !isWaiting(pod)).count() >= agents;
    });
  }

  /** True when it has a node, and nobody has said that it is ready. */
  private static boolean isWaiting(Pod pod) {
    return pod.getSpec().getNodeName() == null
        || pod.getStatus() == null
        || pod.getStatus().getConditions() == null
        || pod.getStatus().getConditions().stream()
            .noneMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private void ready(Pod pod) {
    if (pod.getSpec().getNodeName() != null) {
      client
          .resource(pod)
          .subresource("status")
          .patch(PatchContext.of(PatchType.STRATEGIC_MERGE), READY);
    }
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
            .withAllocatable(ROOM)
            .withCapacity(ROOM)
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
                .addNewOwnerReference()
                .withApiVersion("apps/v1")
                .withKind("DaemonSet")
                .withName(Names.agent(MESH))
                .withUid("nobody-collects-it-here")
                .withController(true)
                .endOwnerReference()
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
  }
}
