package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.llamamesh.e2e.cluster.Cluster;
import io.llamamesh.e2e.cluster.ClusterBinaries;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.InfluxDb;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Node;
import io.llamamesh.e2e.cluster.ProgressLog;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The test bed of rows: a cluster, the chart's release on it, and a mesh. */
public final class Stage {
  /** Length of a window as the chart's defaults have it. */
  static final Duration WINDOW = Duration.ofSeconds(10);

  private static final String CRD = "llamameshes.llamamesh.io";
  private static final Duration HEALTHY_WITHIN = Duration.ofMinutes(2);
  private static final Duration GONE_WITHIN = Duration.ofMinutes(2);

  private final Cluster cluster;
  private final Path root;
  private final ProgressLog progress;
  private final Release release;
  private final Mesh mesh;
  private Set<String> before = Set.of();
  private boolean installed;

  /**
   * A stage without anything on it.
   *
   * @param root the project's folder
   */
  public Stage(Cluster cluster, Path root, ProgressLog progress) {
    this.cluster = cluster;
    this.root = root;
    this.progress = progress;
    this.release = new Release(cluster);
    this.mesh = new Mesh(cluster);
  }

  /** The cluster. */
  public Cluster cluster() {
    return cluster;
  }

  /** The mesh. */
  public Mesh mesh() {
    return mesh;
  }

  Release release() {
    return release;
  }

  Path chart() {
    return root.resolve("charts/llama-mesh");
  }

  /** Folder of a row's own records; what is kept of a failure comes beside them. */
  Path records(String row) {
    return root.resolve("target/e2e").resolve(row);
  }

  /** The agent's program of this tree. */
  Path agentProgram() {
    return root.resolve("agent/target/dist/bin/agent");
  }

  KubernetesClient client() {
    return cluster.client();
  }

  void log(String text) {
    progress.log("  " + text);
  }

  /** Installs an older chart in place of this tree's, as one who never had another. */
  void installOlder(Path chart) throws IOException, InterruptedException {
    reset();
    client().apiextensions().v1().customResourceDefinitions().withName(CRD).delete();
    Wait.until(
        "CRD is gone",
        GONE_WITHIN,
        () ->
            client().apiextensions().v1().customResourceDefinitions().withName(CRD).get() == null
                ? ""
                : "still there");
    release.createNamespace();
    release.install(chart, Map.of("image.tag", ClusterBinaries.OLDER_TAG));
    installed = true;
  }

  /** Installs the chart with its defaults where it is not, without a mesh. */
  void install() throws IOException, InterruptedException {
    if (installed) {
      return;
    }
    release.createNamespace();
    Wait.until(
        "namespace",
        Duration.ofSeconds(20),
        () ->
            client().serviceAccounts().inNamespace(Release.NAME).withName("default").get() == null
                ? "no ServiceAccount default"
                : "");
    before = objects();
    log("helm install");
    release.install(chart(), Map.of());
    installed = true;
  }

  /** A healthy mesh of all nodes with default settings: what most rows begin with. */
  void healthyMesh() throws IOException, InterruptedException {
    install();
    if (mesh.status().isMissingNode()) {
      mesh.apply("{}");
    }
    awaitHealthy(HEALTHY_WITHIN);
  }

  /** The release without a mesh. */
  void withoutMesh() throws IOException, InterruptedException {
    install();
    if (!mesh.status().isMissingNode()) {
      deleteMesh();
    }
  }

  /** A healthy mesh that writes to a store of its own. */
  InfluxDb meshWithStore() throws IOException, InterruptedException {
    install();
    InfluxDb store = applyWithStore();
    awaitHealthy(HEALTHY_WITHIN);
    awaitStoreReachable();
    return store;
  }

  /** The same under an older release, whose numbers need not be current. */
  InfluxDb olderMeshWithStore() throws IOException, InterruptedException {
    InfluxDb store = applyWithStore();
    awaitReady(HEALTHY_WITHIN);
    awaitStoreReachable();
    return store;
  }

  private InfluxDb applyWithStore() throws IOException, InterruptedException {
    InfluxDb store = cluster.store();
    mesh.apply("{scraper: " + store.spec() + "}");
    return store;
  }

  private void awaitStoreReachable() throws InterruptedException {
    Wait.until(
        "store",
        HEALTHY_WITHIN,
        () -> {
          Mesh.Condition reachable = mesh.condition("StoreReachable");
          return reachable.isTrue() && !reachable.reason().equals("NotConfigured")
              ? ""
              : reachable.toString();
        });
  }

  /**
   * Waits until the store has a window of every pair that ended after now.
   *
   * @return a moment from which on it must have all
   */
  Instant awaitStored(InfluxDb store) throws InterruptedException {
    Instant since = Instant.now();
    int pairs = cluster.nodes().size() * (cluster.nodes().size() - 1);
    Wait.until(
        "windows in the store",
        HEALTHY_WITHIN,
        () -> {
          int stored = store.windows(since).size();
          return stored >= pairs ? "" : stored + " of " + pairs + " pairs";
        });
    return Instant.now();
  }

  /** Waits until the mesh says that it is ready and healthy with all nodes. */
  Duration awaitHealthy(Duration within) throws InterruptedException {
    return Wait.until("healthy mesh", within, this::missingForHealthy);
  }

  /** Waits until the mesh says that it is ready and healthy, whatever its numbers say. */
  Duration awaitReady(Duration within) throws InterruptedException {
    return Wait.until(
        "ready mesh",
        within,
        () -> mesh.isObserved() && isReady(mesh.status()) ? "" : mesh.unmetConditions());
  }

  private static boolean isReady(JsonNode status) {
    return Mesh.condition(status, "Ready").isTrue()
        && Mesh.condition(status, "NetworkHealthy").isTrue();
  }

  /** The part that is missing for a healthy mesh of all nodes; empty: nothing. */
  String missingForHealthy() {
    JsonNode status = mesh.status();
    if (!isReady(status)) {
      return mesh.unmetConditions();
    }
    if (!mesh.isObserved()) {
      return "the operator has not seen the latest spec yet";
    }
    int nodes = cluster.nodes().size();
    return status.path("agentsReporting").asInt() == nodes
            && status.path("pairs").asInt() == nodes * (nodes - 1)
        ? ""
        : status.path("agentsReporting") + " agents report, " + status.path("pairs") + " pairs";
  }

  /** Waits until every ordered pair has had an answer since a moment. */
  Duration awaitFullMatrix(Instant since, Duration within) throws InterruptedException {
    return Wait.until(
        "full matrix",
        within,
        () -> {
          var missing = mesh.missingPairs(names(), since);
          return missing.isEmpty()
              ? ""
              : "no answers for " + missing + "; " + mesh.unmetConditions();
        });
  }

  List<String> names() {
    return cluster.nodes().stream().map(Node::name).toList();
  }

  /** A ResourceQuota, not created yet, by which the release's namespace has no further pods. */
  Resource<ResourceQuota> noMorePods() {
    return client()
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("no-more-pods")
                .withNamespace(Release.NAME)
                .endMetadata()
                .withNewSpec()
                .withHard(Map.of("pods", new Quantity("0")))
                .endSpec()
                .build());
  }

  /** Restarts of all containers of ours. */
  int restarts() {
    return client().pods().inNamespace(Release.NAME).list().getItems().stream()
        .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
        .mapToInt(status -> status.getRestartCount())
        .sum();
  }

  /** Deletes the mesh, and waits until nothing of it is left. */
  Duration deleteMesh() throws InterruptedException {
    mesh.delete();
    return Wait.until(
        "mesh is gone",
        GONE_WITHIN,
        () -> {
          var left =
              List.of("agent", "scraper").stream()
                  .flatMap(part -> mesh.pods(part).stream())
                  .map(pod -> pod.getMetadata().getName())
                  .toList();
          return left.isEmpty() && mesh.status().isMissingNode() ? "" : "left: " + left;
        });
  }

  /**
   * Deletes mesh and release.
   *
   * @return objects that are left though they were not there before
   */
  Set<String> uninstall() throws IOException, InterruptedException {
    deleteMesh();
    log("helm uninstall");
    release.uninstall();
    installed = false;
    Set<String> left = new TreeSet<>();
    try {
      Wait.until(
          "uninstalled",
          GONE_WITHIN,
          () -> {
            left.clear();
            left.addAll(objects());
            left.removeAll(before);
            return left.isEmpty() ? "" : left.toString();
          });
    } catch (Failure e) {
      log(String.valueOf(e.getMessage()));
    }
    return left;
  }

  /** Brings the stage back to nothing after a row that failed, whatever it left. */
  public void reset() throws IOException, InterruptedException {
    for (Node node : cluster.nodes()) {
      node.reconnect();
    }
    for (Node node : cluster.nodes().subList(Cluster.NODES, cluster.nodes().size())) {
      cluster.removeNode(node);
    }
    mesh.delete();
    release.uninstall();
    installed = false;
    client().namespaces().withName(Release.NAME).delete();
    Wait.until(
        "namespace is gone",
        GONE_WITHIN,
        () -> client().namespaces().withName(Release.NAME).get() == null ? "" : "still there");
  }

  /**
   * Kinds and names of all objects of the cluster, but for those that come and go by themselves,
   * and the CRD, which Helm leaves.
   */
  private Set<String> objects() throws IOException, InterruptedException {
    String kinds =
        String.join(
            ",",
            cluster
                .kubectl("api-resources", "--verbs=list", "-o", "name")
                .lines()
                .filter(kind -> !kind.matches("events.*|componentstatuses|.*metrics.k8s.io"))
                .toList());
    Set<String> objects = new TreeSet<>();
    cluster
        .kubectl(
            "get",
            kinds,
            "-A",
            "--ignore-not-found",
            "-o",
            "go-template={{range .items}}{{.kind}} {{.metadata.namespace}}/{{.metadata.name}}{{\"\\n\"}}{{end}}")
        .lines()
        .map(line -> line.replace("<no value>", ""))
        .filter(line ->
            // Kubelets make these in their own time, and renew them.
            !line.startsWith("Lease kube-node-lease/")
                && !line.equals("CustomResourceDefinition /" + CRD)
                && !line.equals("APIService /v1alpha1.llamamesh.io"))
        .forEach(objects::add);
    return objects;
  }
}
