package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshDefaults;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.resources.Images;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * Prints what the operator needs for so many nodes, against the stand-in: not a test, since a
 * machine's speed proves nothing. Start it with the number of nodes.
 */
public final class OperatorBench {
  private static final String NAMESPACE = "bench";

  private OperatorBench() {}

  /** Runs it; the first argument is the number of nodes, 1000 by default. */
  public static void main(String[] args) throws Exception {
    int nodes = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
    plan(nodes);
    try (StandInApiServer api = StandInApiServer.start();
        KubernetesClient client = api.client("bench");
        KubernetesClient own = api.client("operator")) {
      prepare(client, nodes);
      try (EmbeddedOperator operator =
          EmbeddedOperator.start(
              own, new OperatorOptions(Set.of(NAMESPACE), new Images("agent", "scraper")))) {
        run(api, client, nodes);
        System.out.printf("looks=%d heap used=%d MiB%n", operator.looks(), heap());
      }
    }
  }

  private static void plan(int nodes) {
    LlamaMeshSpec spec = MeshDefaults.fill(null);
    List<NodeFacts> facts =
        IntStream.range(0, nodes)
            .mapToObj(i ->
                new NodeFacts(
                    "node-" + i,
                    Map.of("kubernetes.io/os", "linux", "topology.kubernetes.io/zone", "z" + i % 3),
                    address(i),
                    null,
                    false,
                    Instant.EPOCH,
                    8100,
                    List.of()))
            .toList();
    for (int round = 1; round <= 3; round++) {
      long start = System.nanoTime();
      MeshPlan plan = Planner.plan(new MeshFacts("bench", spec, "http://m", facts));
      System.out.printf(
          "plan round=%d nodes=%d configs=%d ms=%d%n",
          round, nodes, plan.configs().size(), millis(start));
    }
  }

  private static void run(StandInApiServer api, KubernetesClient client, int nodes) {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName("m");
    mesh.getMetadata().setNamespace(NAMESPACE);
    // All are joined from the first look on: their pods are there before the mesh is.
    IntStream.range(0, nodes).forEach(i -> pod(client, i));
    long start = System.nanoTime();
    client.resource(mesh).create();
    await(() -> client.configMaps().inNamespace(NAMESPACE).list().getItems().size() > nodes);
    System.out.printf("converged nodes=%d ms=%d%n", nodes, millis(start));
    await(() -> status(client) == nodes);
    long before = configWrites(api);
    long more = System.nanoTime();
    client.resource(node(nodes)).create();
    pod(client, nodes);
    await(() -> status(client) == nodes + 1);
    System.out.printf(
        "one more node ms=%d config writes=%d%n", millis(more), configWrites(api) - before);
    api.journal().reset();
    long steady = System.nanoTime();
    await(() -> millis(steady) > 60_000);
    System.out.printf("steady 60 s: writes=%d %s%n", api.journal().writes("operator"), writes(api));
    int longest =
        client.configMaps().inNamespace(NAMESPACE).list().getItems().stream()
            .map(ConfigMap::getData)
            .mapToInt(d -> d.values().iterator().next().length())
            .max()
            .orElse(0);
    System.out.printf("longest config chars=%d%n", longest);
  }

  private static int status(KubernetesClient client) {
    LlamaMesh mesh = client.resources(LlamaMesh.class).inNamespace(NAMESPACE).withName("m").get();
    return mesh == null || mesh.getStatus() == null || mesh.getStatus().nodes() == null
        ? -1
        : mesh.getStatus().nodes();
  }

  private static String writes(StandInApiServer api) {
    return api.journal().counts().keySet().stream()
        .filter(r -> r.identity().equals("operator") && r.writes())
        .toList()
        .toString();
  }

  private static long configWrites(StandInApiServer api) {
    return api.journal()
        .count(r ->
            r.identity().equals("operator") && r.writes() && r.resource().equals("configmaps"));
  }

  private static void prepare(KubernetesClient client, int nodes) throws Exception {
    try (var crd = LlamaMesh.class.getResourceAsStream("llamameshes.llamamesh.io-v1.yaml")) {
      client.load(Objects.requireNonNull(crd)).serverSideApply();
    }
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    IntStream.range(0, nodes).forEach(i -> client.resource(node(i)).create());
  }

  private static Node node(int i) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName("node-" + i)
        .addToLabels("kubernetes.io/os", "linux")
        .addToLabels("topology.kubernetes.io/zone", "z" + i % 3)
        .endMetadata()
        .withNewStatus()
        .addNewAddress(address(i), "InternalIP")
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  private static void pod(KubernetesClient client, int i) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName("agent-" + i)
                .withNamespace(NAMESPACE)
                .withLabels(Names.labels("m", Component.AGENT))
                .endMetadata()
                .withNewSpec()
                .withNodeName("node-" + i)
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
        .patch(
            PatchContext.of(io.fabric8.kubernetes.client.dsl.base.PatchType.JSON_MERGE),
            "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","
                + "\"lastTransitionTime\":\"2026-11-20T10:00:00Z\"}]}}");
  }

  private static String address(int i) {
    return "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255);
  }

  private static void await(BooleanSupplier condition) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(200))
        .until(condition::getAsBoolean);
  }

  private static long millis(long since) {
    return Duration.ofNanos(System.nanoTime() - since).toMillis();
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
  }
}
