package io.llamamesh.operator.main;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import io.llamamesh.crd.Agent;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.crd.Scraper;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.kube.WatchAges;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.keys.KeyServerOptions;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.PodUser;
import io.llamamesh.operator.run.LeaderElection;
import io.llamamesh.operator.run.OperatorRunner;
import io.llamamesh.testkit.AuditLog.Request;
import io.llamamesh.testkit.junit.TestCluster;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with some labelled nodes, a namespace of the test's own, and an operator at work. The
 * controllers and the scheduler are real; there are no kubelets, so the test says what becomes of
 * pods ({@link FakePods}).
 */
final class ClusterUnderTest implements AutoCloseable {
  static final String LABEL = "llamamesh.io/test";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Map<String, Quantity> ROOM =
      Map.of(
          "cpu", new Quantity("64"),
          "memory", new Quantity("256Gi"),
          "ephemeral-storage", new Quantity("1Ti"),
          "pods", new Quantity("110"));

  static final String CRD = "classpath:/io/llamamesh/crd/llamameshes.llamamesh.io-v1.yaml";
  private final TestCluster given;
  final KubernetesClient client;
  final String namespace;
  private final FakePods pods;
  private KubernetesClient operatorClient;
  private EmbeddedOperator operator;
  private @Nullable KeyServerOptions keys;

  ClusterUnderTest(TestCluster given) {
    this.given = given;
    namespace = given.namespace();
    client = given.client();
    pods = new FakePods(client, namespace);
    operatorClient = operatorClient();
    operator = start(PodUser.FIXED);
  }

  private String identity() {
    return "operator-" + namespace;
  }

  /** Name of the test's i-th node: Nodes have no namespace, so theirs have the test's. */
  String n(int i) {
    return namespace + "-" + i;
  }

  private KubernetesClient operatorClient() {
    return ApiClients.of(() -> given.config(identity())).open(new WatchAges());
  }

  private EmbeddedOperator start(PodUser user) {
    return EmbeddedOperator.start(operatorClient, options(user));
  }

  private OperatorOptions options(PodUser user) {
    OperatorOptions options =
        new OperatorOptions(
            Set.of(namespace),
            new PodSettings(new Images("agent:test", "scraper:test", "registry:test"), user),
            "embedded/" + namespace);
    return keys == null ? options : options.withKeys(keys);
  }

  /** Has operators that are started from now on hand out keys of nodes, on a port of 127.0.0.1. */
  void serveKeys() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = free.getLocalPort();
      keys =
          new KeyServerOptions(
              port, URI.create("https://127.0.0.1:" + port), namespace, "operator-keys");
    }
  }

  /** A further operator, which the caller closes, that works only while it leads. */
  OperatorRunner candidate(String name) {
    return OperatorRunner.start(
        ApiClients.of(() -> given.config(identity())),
        options(PodUser.FIXED),
        new LeaderElection(namespace, name),
        new SimpleMeterRegistry());
  }

  EmbeddedOperator operator() {
    return operator;
  }

  /** Cuts the operator off from the server in the middle of whatever it does, then stops it. */
  void killOperator() {
    operatorClient.close();
    operator.close();
    operatorClient = operatorClient();
  }

  void stopOperator() {
    operator.close();
  }

  void startOperator() {
    startOperator(PodUser.FIXED);
  }

  void startOperator(PodUser user) {
    operator = start(user);
  }

  /** Waits until the operator has looked at a mesh after now. */
  void awaitLook() {
    long before = operator.reconciliations();
    await().until(() -> operator.reconciliations() > before);
  }

  static ConditionFactory await() {
    return Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(100));
  }

  /** Creates the test's nodes from one number to another. */
  void nodes(int from, int to) {
    IntStream.rangeClosed(from, to).forEach(i -> node(n(i), "10.1." + i / 256 + "." + i % 256));
  }

  Node node(String name, String address) {
    return client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(
                    Map.of(
                        "kubernetes.io/os",
                        "linux",
                        "kubernetes.io/hostname",
                        name,
                        LABEL,
                        namespace))
                .endMetadata()
                .withNewStatus()
                .withAddresses(
                    new NodeAddressBuilder().withType("InternalIP").withAddress(address).build())
                // Without room the scheduler binds no pod to it.
                .withAllocatable(ROOM)
                .withCapacity(ROOM)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build())
        .create();
  }

  /** Gives a node another address, as a cloud's controller or its kubelet does. */
  void readdress(String node, String address) {
    editStatus(
        node,
        status ->
            status.withAddresses(
                new NodeAddressBuilder().withType("InternalIP").withAddress(address).build()));
  }

  private void editStatus(String node, UnaryOperator<NodeStatusBuilder> edit) {
    TestCluster.retryOnConflict(() ->
        client
            .nodes()
            .withName(node)
            .editStatus(n ->
                new NodeBuilder(n)
                    .withStatus(edit.apply(new NodeStatusBuilder(n.getStatus())).build())
                    .build()));
  }

  /** What becomes of a node whose kubelet goes away, or comes back; of its agents' pods too. */
  void nodeReady(String node, boolean ready) {
    editStatus(
        node,
        status ->
            status
                .editMatchingCondition(c -> "Ready".equals(c.getType()))
                .withStatus(ready ? "True" : "Unknown")
                .endCondition());
    client.pods().inNamespace(namespace).list().getItems().stream()
        .filter(pod -> node.equals(pod.getSpec().getNodeName()))
        .forEach(pod -> pods.ready(pod, ready));
  }

  private Stream<Pod> agentPods(String mesh, String node) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabels(Names.selector(mesh, Component.AGENT))
        .list()
        .getItems()
        .stream()
        .filter(pod -> node.equals(pod.getSpec().getNodeName()));
  }

  /** Names of a mesh's agents on a node that are not going away. */
  List<String> agents(String mesh, String node) {
    return agentPods(mesh, node)
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .map(pod -> pod.getMetadata().getName())
        .toList();
  }

  /**
   * A mesh of the test's nodes; the YAML is its spec, of {@code agent} its tolerations and
   * resources. It has one scraper unless it names a number.
   */
  LlamaMesh mesh(String name, String yaml) {
    LlamaMeshSpec given =
        Serialization.unmarshal(yaml.isBlank() ? "{}" : yaml, LlamaMeshSpec.class);
    List<Toleration> tolerations = given.agent() == null ? null : given.agent().tolerations();
    Agent agent =
        new Agent(
            null,
            null,
            given.agent() == null ? null : given.agent().resources(),
            Map.of(LABEL, namespace),
            tolerations,
            null,
            null);
    Scraper scraper = given.scraper();
    if (scraper == null) {
      scraper = new Scraper(1, null, null, null, null, null, null, null);
    } else if (scraper.replicas() == null) {
      scraper =
          new Scraper(
              1,
              scraper.resources(),
              scraper.nodeSelector(),
              scraper.tolerations(),
              scraper.affinity(),
              scraper.priorityClassName(),
              scraper.influxdb(),
              scraper.tokenSecret());
    }
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName(name);
    mesh.getMetadata().setNamespace(namespace);
    mesh.setSpec(given.withAgent(agent).withScraper(scraper));
    return client.resource(mesh).fieldManager("test").forceConflicts().serverSideApply();
  }

  /**
   * A mesh, not created yet, of one test's nodes: on all nodes its agents would take the ports of
   * those of other tests.
   */
  static LlamaMesh meshOf(String nodes, String namespace, String name, String yaml) {
    LlamaMesh mesh = new LlamaMesh();
    mesh.getMetadata().setName(name);
    mesh.getMetadata().setNamespace(namespace);
    mesh.setSpec(
        Serialization.unmarshal(
            "agent: {nodeSelector: {%s: %s}}\n%s".formatted(LABEL, nodes, yaml),
            LlamaMeshSpec.class));
    return mesh;
  }

  /** A quota on the test's namespace. */
  void quota(String name, Map<String, Quantity> hard) {
    client
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withHard(hard)
                .endSpec()
                .build())
        .create();
  }

  LlamaMesh mesh(String name) {
    return Objects.requireNonNull(
        client.resources(LlamaMesh.class).inNamespace(namespace).withName(name).get());
  }

  LlamaMesh awaitMesh(String name, Predicate<LlamaMesh> condition) {
    return await().until(() -> mesh(name), condition);
  }

  /** A ready agent of a mesh on a node. */
  void agentReady(String mesh, String node) {
    pods.agentReady(mesh, node);
  }

  /** A ready scraper of a mesh whose page is on a port of 127.0.0.1. */
  void scraperReady(String mesh, int port) {
    pods.scraperReady(mesh, port);
  }

  /** Makes the pod of a mesh's registry ready, at an address where a test answers for it. */
  void registryReady(String mesh, String ip) {
    pods.registryReady(mesh, ip);
  }

  /** Puts a ready pod there that has a registry's labels and is nobody's. */
  void strangersRegistry(String mesh, String ip) {
    pods.strangersRegistry(mesh, ip);
  }

  /** Whether there is a Deployment of that name that is not going away. */
  boolean hasDeployment(String name) {
    return client.apps().deployments().inNamespace(namespace).withName(name).get() != null;
  }

  /** Makes a scraper ready that the mesh's Deployment has made. */
  void deployedScraperReady(String mesh) {
    pods.deployedScraperReady(mesh);
  }

  /** A scraper of a mesh that does not start. */
  void scraperPending(String mesh) {
    pods.scraper(mesh, 1);
  }

  /** Deletes a mesh's agent on a node, whoever made it. */
  void deleteAgent(String mesh, String node) {
    agentPods(mesh, node).forEach(pod -> pods.delete(pod.getMetadata().getName()));
  }

  void deletePod(String name) {
    pods.delete(name);
  }

  /** Labels a mesh, whatever others write to it meanwhile; null takes the label off. */
  void labelMesh(String mesh, String key, @Nullable String value) {
    merge(
        client.resources(LlamaMesh.class).inNamespace(namespace).withName(mesh),
        "labels",
        key,
        value);
  }

  /** Annotates a mesh, whatever others write to it meanwhile. */
  void annotateMesh(String mesh, String key, String value) {
    merge(
        client.resources(LlamaMesh.class).inNamespace(namespace).withName(mesh),
        "annotations",
        key,
        value);
  }

  /** Annotates or labels a node. */
  void annotateNode(String node, String key, String value) {
    merge(client.nodes().withName(node), "annotations", key, value);
  }

  void labelNode(String node, String key, String value) {
    merge(client.nodes().withName(node), "labels", key, value);
  }

  void taintNode(String node, String key, String effect) {
    patchSpec(node, List.of(Map.of("key", key, "effect", effect)));
  }

  void untaintNode(String node) {
    patchSpec(node, List.of());
  }

  private void patchSpec(String node, List<Map<String, String>> taints) {
    client
        .nodes()
        .withName(node)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            Serialization.asJson(Map.of("spec", Map.of("taints", taints))));
  }

  private static void merge(Resource<?> resource, String what, String key, @Nullable String value) {
    ObjectNode all = new ObjectMapper().createObjectNode();
    all.putObject("metadata").putObject(what).put(key, value);
    resource.patch(PatchContext.of(PatchType.JSON_MERGE), all.toString());
  }

  /** DaemonSets, Deployments and RoleBindings of the test's namespace. */
  int workloads() {
    return client.apps().daemonSets().inNamespace(namespace).list().getItems().size()
        + client.apps().deployments().inNamespace(namespace).list().getItems().size()
        + client.rbac().roleBindings().inNamespace(namespace).list().getItems().size();
  }

  /** The mesh's ConfigMaps, by name. */
  List<ConfigMap> configMaps(String mesh) {
    return client
        .configMaps()
        .inNamespace(namespace)
        .withLabels(Names.selector(mesh, Component.CONFIG))
        .list()
        .getItems()
        .stream()
        .filter(map -> map.getMetadata().getAnnotations().containsKey(Names.NODE_ANNOTATION))
        .sorted(Comparator.comparing(map -> map.getMetadata().getName()))
        .toList();
  }

  /** Ends a mesh's agents that are going away, as their kubelets would. */
  void endAgents(String mesh) {
    client
        .pods()
        .inNamespace(namespace)
        .withLabels(Names.selector(mesh, Component.AGENT))
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() != null)
        .forEach(pod -> pods.delete(pod.getMetadata().getName()));
  }

  /** Ends all pods, as kubelets would. */
  void endPods() {
    client
        .pods()
        .inNamespace(namespace)
        .list()
        .getItems()
        .forEach(pod -> pods.delete(pod.getMetadata().getName()));
  }

  /** A node's collector config. */
  String document(String mesh, String node) {
    return client
        .configMaps()
        .inNamespace(namespace)
        .withName(Names.nodeConfigMap(mesh, node))
        .get()
        .getData()
        .get(Names.CONFIG_KEY);
  }

  /** What a node probes, sorted; empty where it has no config. */
  List<String> peers(String mesh, String node) {
    ConfigMap map =
        client.configMaps().inNamespace(namespace).withName(Names.nodeConfigMap(mesh, node)).get();
    if (map == null) {
      return List.of();
    }
    try {
      CollectorConfig config =
          CollectorConfigYaml.read(map.getData().get(Names.CONFIG_KEY), 8100).config();
      return config.targets().values().stream()
          .flatMap(List::stream)
          .map(target -> String.valueOf(target.name()))
          .sorted()
          .toList();
    } catch (InvalidConfigException e) {
      throw new AssertionError(map.getMetadata().getName(), e);
    }
  }

  /** The kinds of request that the operator made so far; of objects only. */
  Set<String> operatorRights() {
    return requests(request -> true)
        .map(Request::right)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** How often the operator wrote what so far: {@code patch configmaps}. */
  Map<String, Long> operatorWrites() {
    return requests(Request::isWrite)
        .collect(Collectors.groupingBy(Request::right, TreeMap::new, Collectors.counting()));
  }

  /** Kinds of which the operator listed or watched all objects so far, whosever they are. */
  Set<String> listedWhole() {
    return requests(Request::whole)
        .map(Request::resource)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Stream<Request> requests(Predicate<Request> wanted) {
    return given.audit().requestsOf(identity()).stream()
        // Discovery is everybody's.
        .filter(request -> !request.resource().startsWith("/"))
        .filter(wanted);
  }

  @Override
  public void close() {
    operator.close();
    operatorClient.close();
    client.nodes().withLabel(LABEL, namespace).delete();
  }
}
