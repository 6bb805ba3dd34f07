package io.llamamesh.e2e.cluster;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.llamamesh.e2e.machine.ControlGroups;
import io.llamamesh.e2e.machine.RunFolder;
import io.llamamesh.e2e.machine.Subprocess;
import io.llamamesh.testkit.ControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes cluster: control plane and bridge in the network namespace that this runs in, three
 * nodes on the bridge, DNS. For one thread at a time; {@link #close} ends and removes all of it.
 */
public final class Cluster implements AutoCloseable {
  /** Nodes of a cluster at its start. */
  public static final int NODES = 3;

  /** Names of nodes that may come later have credentials too. */
  private static final int KNOWN_NODES = 9;

  private static final String BRIDGE = "e2e0";
  private static final int API_PORT = 6443;
  private static final Duration READY_WITHIN = Duration.ofMinutes(3);
  private static final Duration KUBECTL_WITHIN = Duration.ofMinutes(2);

  private final ClusterBinaries programs;
  private final IpFamily family;
  private final Path run;
  private final ProgressLog progress;
  private final List<Node> nodes = new ArrayList<>();
  private final ControlPlane controlPlane;
  private final KubernetesClient client;
  private final DnsServer names;
  private @Nullable InfluxDb store;

  private Cluster(
      ClusterBinaries programs,
      IpFamily family,
      Path run,
      ProgressLog progress,
      ControlPlane controlPlane,
      KubernetesClient client,
      DnsServer names) {
    this.programs = programs;
    this.family = family;
    this.run = run;
    this.progress = progress;
    this.controlPlane = controlPlane;
    this.client = client;
    this.names = names;
  }

  /**
   * Starts a cluster and waits until its nodes are ready.
   *
   * @param run an own folder in the run's
   */
  public static Cluster start(
      ClusterBinaries programs, IpFamily family, Path run, ProgressLog progress)
      throws IOException, InterruptedException {
    Files.createDirectories(run);
    ControlGroups.create(RunFolder.CONTROL_GROUP);
    progress.log("starting a control plane (" + family + ")");
    connect(family);
    ControlPlane controlPlane =
        ControlPlane.start(
            new ControlPlane.Settings(
                programs.cluster(),
                run.resolve("control-plane"),
                family.controlPlane(),
                API_PORT,
                List.of(),
                IntStream.rangeClosed(1, KNOWN_NODES).mapToObj(Node::name).toList(),
                Map.of(),
                true));
    KubernetesClient client =
        new KubernetesClientBuilder().withConfig(controlPlane.config()).build();
    Cluster cluster =
        new Cluster(
            programs,
            family,
            run,
            progress,
            controlPlane,
            client,
            DnsServer.start(client, family.controlPlane(), run.resolve("dns")));
    try {
      Files.writeString(cluster.kubeconfig(), controlPlane.kubeconfig());
      cluster.writeKubectl();
      cluster.allowProxies();
      progress.log("starting " + NODES + " nodes");
      cluster.startNodes(IntStream.rangeClosed(1, NODES).boxed().toList());
      progress.log("nodes are ready");
      return cluster;
    } catch (IOException | InterruptedException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /** A kube-proxy reads Services by its node's credentials, which alone may not. */
  private void allowProxies() {
    client
        .resource(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: nodes-run-kube-proxy}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:node-proxier"}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:nodes"}]
            """)
        .create();
  }

  private static void connect(IpFamily family) throws IOException, InterruptedException {
    Subprocess.run("ip", "link", "set", "lo", "up");
    Subprocess.run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0");
    Subprocess.run("ip", "link", "add", BRIDGE, "type", "bridge");
    Subprocess.run("sysctl", "-qw", "net.ipv6.conf." + BRIDGE + ".accept_dad=0");
    Subprocess.run("ip", "link", "set", BRIDGE, "up");
    Subprocess.run("ip", "addr", "add", family.withPrefix(family.controlPlane()), "dev", BRIDGE);
  }

  private void startNodes(List<Integer> indexes) throws IOException, InterruptedException {
    List<Node> added = new ArrayList<>();
    for (int index : indexes) {
      Node node =
          Node.create(
              programs, family, BRIDGE, index, run, controlPlane.nodeKubeconfig("node-" + index));
      added.add(node);
      nodes.add(node);
    }
    routePods();
    onEach(added, Node::startRuntime);
    progress.log("images are on " + String.join(", ", added.stream().map(Node::name).toList()));
    onEach(added, Node::startProxy);
    onEach(added, Node::startKubelet);
    for (Node node : added) {
      Wait.until(node.name(), READY_WITHIN, () -> isReady(node.name()) ? "" : "not ready");
    }
  }

  /** True where the API says that a node is ready. */
  public boolean isReady(String node) {
    var found = client.nodes().withName(node).get();
    return found != null
        && found.getStatus().getConditions() != null
        && found.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }

  private void routePods() throws IOException, InterruptedException {
    for (Node node : nodes) {
      Subprocess.run("ip", "route", "replace", family.podsOf(node.index()), "via", node.address());
      for (Node other : nodes) {
        if (node != other) {
          node.route(other);
        }
      }
    }
  }

  @FunctionalInterface
  private interface Step {
    void on(Node node) throws IOException, InterruptedException;
  }

  /** Does the same on several nodes at a time. */
  private static void onEach(List<Node> nodes, Step step) throws IOException, InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (Node node : nodes) {
        running.add(
            threads.submit(() -> {
              step.on(node);
              return null;
            }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }
  }

  /** Adds a node, and waits until it is ready. */
  public Node addNode() throws IOException, InterruptedException {
    int index = nodes.stream().mapToInt(Node::index).max().orElse(0) + 1;
    startNodes(List.of(index));
    return nodes.getLast();
  }

  /**
   * Puts the older release's images on all nodes.
   *
   * @return the older release's chart
   */
  public Path importOlder() throws IOException, InterruptedException {
    Path older = programs.older();
    if (older == null) {
      throw new Failure("no older release was built");
    }
    List<Path> tars;
    try (Stream<Path> found = Files.list(older)) {
      tars = found.filter(file -> file.toString().endsWith("-image.tar")).sorted().toList();
    }
    onEach(nodes, node -> node.importOlder(tars));
    return older.resolve("llama-mesh");
  }

  /** Ends a node and takes it out of the API. */
  public void removeNode(Node node) throws IOException {
    nodes.remove(node);
    node.close();
    client.nodes().withName(node.name()).delete();
  }

  /** Gives a node another address, as a cloud does that stops and starts it. */
  public void changeAddress(Node node, int host) throws IOException, InterruptedException {
    if (!node.address().equals(family.node(host))) {
      node.changeAddress(family.node(host));
      routePods();
    }
  }

  /** The nodes, in the order of their numbers. */
  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** A node by its name. */
  public Node node(String name) {
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
  }

  /** An InfluxDB beside the control plane, started when it is first asked for. */
  public InfluxDb store() throws IOException, InterruptedException {
    InfluxDb running = store;
    if (running == null) {
      running = InfluxDb.start(family, run.resolve("store"));
      store = running;
    }
    return running;
  }

  /**
   * Reflectors at so many addresses outside of the cluster; the caller ends them.
   *
   * @param agent the agent's program of this tree
   */
  public OutsideReflectors outsideReflectors(Path agent, int count)
      throws IOException, InterruptedException {
    List<String> addresses =
        IntStream.rangeClosed(1, count).mapToObj(family::outsideReflector).toList();
    return OutsideReflectors.start(
        agent, run.resolve("outside-reflectors.log"), BRIDGE, family, addresses);
  }

  /**
   * A host outside of the cluster with an agent that registers itself; the caller ends it.
   *
   * @param agent the agent's program of this tree
   * @param host its number, from 1
   * @param options of the command {@code agent}, but its name
   */
  public OutsideProbe outsideProbe(
      Path agent, int host, Map<String, String> environment, List<String> options)
      throws IOException, InterruptedException {
    return OutsideProbe.start(
        agent, run.resolve("outside"), BRIDGE, family, host, nodes, environment, options);
  }

  /** A client of somebody who may do everything. */
  public KubernetesClient client() {
    return client;
  }

  /** A further client of somebody who may do everything, which tries everything once. */
  public KubernetesClient clientWithoutRetries() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(controlPlane.config())
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout(3000)
                .withConnectionTimeout(3000)
                .build())
        .build();
  }

  /** Its parts can be stopped and started. */
  public ControlPlane controlPlane() {
    return controlPlane;
  }

  /** The family of all its addresses. */
  public IpFamily family() {
    return family;
  }

  /** A file with the credentials of somebody who may do everything. */
  public Path kubeconfig() {
    return run.resolve("kubeconfig");
  }

  /** A kubectl for people: from wherever they are, into the namespaces that hold the cluster. */
  public Path kubectlScript() {
    return run.resolve("kubectl");
  }

  private void writeKubectl() throws IOException {
    Files.writeString(
        kubectlScript(),
        """
        #!/bin/sh
        exec nsenter -t %d -n env KUBECONFIG=%s %s "$@"
        """
            .formatted(
                ProcessHandle.current().pid(),
                kubeconfig(),
                programs.cluster().resolve("kubectl")));
    Files.setPosixFilePermissions(kubectlScript(), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Runs kubectl. */
  public String kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(
            List.of(
                programs.cluster().resolve("kubectl").toString(), "--kubeconfig=" + kubeconfig()));
    line.addAll(List.of(arguments));
    return Subprocess.run(KUBECTL_WITHIN, line);
  }

  /** Runs kubectl again and again while the API server does not answer. */
  public void kubectlUntilDone(String... arguments) throws InterruptedException {
    Wait.until(
        "kubectl " + String.join(" ", arguments),
        READY_WITHIN,
        () -> {
          kubectl(arguments);
          return "";
        });
  }

  /** Folders with the logs of all parts, by name. */
  Map<String, Path> logs() {
    Map<String, Path> logs = new java.util.TreeMap<>();
    logs.put("control-plane", run.resolve("control-plane/log"));
    logs.put("dns", run.resolve("dns"));
    logs.put("outside", run.resolve("outside"));
    for (Node node : nodes) {
      node.logs()
          .forEach(folder ->
              logs.put(
                  node.name() + "-" + folder.getFileName().toString().toLowerCase(Locale.ROOT),
                  folder));
    }
    return logs;
  }

  /** Programs of the nodes that ended though nobody asked them to. */
  public List<String> exitedPrograms() {
    return nodes.stream().flatMap(node -> node.exitedPrograms().stream()).toList();
  }

  @Override
  public void close() throws IOException {
    // Nodes first: a kubelet without its API server has nothing to say.
    for (Node node : nodes) {
      node.close();
    }
    nodes.clear();
    if (store != null) {
      store.close();
    }
    names.close();
    client.close();
    controlPlane.close();
    try {
      Subprocess.run("ip", "link", "del", BRIDGE);
      ControlGroups.remove(RunFolder.CONTROL_GROUP);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
