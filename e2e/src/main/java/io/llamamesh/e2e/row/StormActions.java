package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import io.llamamesh.testkit.ControlPlane;
import io.llamamesh.testkit.ControlPlane.Part;
import io.llamamesh.testkit.Edits;
import io.llamamesh.testkit.LooseSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Does a storm's events, and undoes them; each fails where the operator does not say what is true
 * of it meanwhile.
 */
final class StormActions {
  /** A namespace that the operator watches beside the release's. */
  static final String TEAM = "storm-team";

  private static final String SECOND_RELEASE = "storm-operator";
  private static final String UNREADABLE = "storm-unreadable";
  private static final String SECOND_MESH = "storm-second";
  private static final String CRD = "llamameshes.llamamesh.io";

  /** One that is no mark of removal, and one that is. */
  private static final List<String> TAINTS =
      List.of("storm.example.org/kept-free", "ToBeDeletedByClusterAutoscaler");

  private static final Duration REPORTED_WITHIN = Duration.ofSeconds(45);
  private static final Duration GONE_WITHIN = Duration.ofSeconds(60);
  private static final Duration SETTLED = Duration.ofSeconds(10);

  private static final Map<String, String> WATCHED =
      Map.of("watch.namespaces[0]", Release.NAME, "watch.namespaces[1]", TEAM);

  private final Stage stage;
  private final KubernetesClient client;
  private final ControlPlane plane;
  private final Release second;
  private final Mesh team;
  private final Mesh unreadable;

  /** A name that it needs is somebody else's. */
  private final Mesh taken;

  StormActions(Stage stage) {
    this.stage = stage;
    this.client = stage.client();
    this.plane = stage.cluster().controlPlane();
    this.second = new Release(stage.cluster(), SECOND_RELEASE);
    this.team = new Mesh(stage.cluster(), TEAM, Mesh.NAME);
    this.unreadable = new Mesh(stage.cluster(), Release.NAME, UNREADABLE);
    this.taken = new Mesh(stage.cluster(), Release.NAME, SECOND_MESH);
  }

  /** Has the operator watch a second namespace, with a mesh in it that takes no part. */
  void prepare() throws IOException, InterruptedException {
    new Release(stage.cluster(), TEAM).createNamespace();
    stage.release().upgrade(stage.chart(), WATCHED);
    applyTeamMesh();
  }

  /** Its ports are those of the older mesh, so it is refused, which somebody must say. */
  private void applyTeamMesh() {
    team.apply("{}");
  }

  /**
   * The part that the mesh of the second namespace lacks to be looked after: it is refused, and
   * nothing of it runs. Empty for nothing.
   */
  String missingInTeam() {
    Mesh.Condition accepted = team.condition("Accepted");
    if (!accepted.reason().equals("PortConflict")) {
      return TEAM + ": " + accepted;
    }
    // Whatever is accepted once stays in force, on the older mesh's ports.
    List<Pod> pods = client.pods().inNamespace(TEAM).list().getItems();
    return pods.isEmpty() ? "" : TEAM + ": a refused mesh has " + pods.size() + " pods";
  }

  /** Undoes what {@link #prepare} did. */
  void restore() throws IOException, InterruptedException {
    stage.release().upgrade(stage.chart(), Map.of());
    client.namespaces().withName(TEAM).delete();
    awaitNamespaceGone(TEAM);
  }

  /** Removes what would meet the rows that follow one that failed, and no logs. */
  void abandon() {
    client.namespaces().withName(TEAM).delete();
  }

  /** Does an event, holds it and undoes it. */
  void run(StormEvent event) throws Exception {
    switch (event.kind()) {
      case NAMESPACE -> namespace(event);
      case AUTH_SECRET -> {
        client.secrets().inNamespace(Release.NAME).withName(Mesh.NAME + "-auth").delete();
        hold(event);
      }
      case SERVICE_ACCOUNT -> serviceAccount(event);
      case AUTHORITY -> authority(event);
      case API_SERVER -> {
        if (isEven(event)) {
          plane.stop(Part.API_SERVER);
        } else {
          plane.kill(Part.API_SERVER);
        }
        hold(event);
        ensureApiServer();
      }
      case ETCD -> etcd(event);
      case QUOTA -> quota(event);
      case TAINT -> {
        String node = node(event);
        taint(node, TAINTS.get(event.choice() % TAINTS.size()));
        hold(event);
        untaint(node);
      }
      case SECOND_OPERATOR -> secondOperator(event);
      case UNREADABLE_MESH -> unreadableMesh(event);
      case FOREIGN_OBJECT -> foreignObject(event);
    }
  }

  /**
   * Undoes whatever is left of an event that did not come to its end; what is not there is no
   * mistake.
   */
  void undo(StormEvent event) throws Exception {
    ensureApiServer();
    switch (event.kind()) {
      case NAMESPACE -> {
        awaitNamespaceGone(TEAM);
        prepare();
      }
      case AUTHORITY -> plane.publishAuthorities(false);
      case QUOTA -> stage.noMorePods().delete();
      case TAINT -> untaint(node(event));
      case SECOND_OPERATOR -> removeSecondOperator();
      case UNREADABLE_MESH -> {
        unreadable.delete();
        storeCrd();
      }
      case FOREIGN_OBJECT -> {
        taken.delete();
        for (HasMetadata each : foreignObjects()) {
          client.resource(each).delete();
        }
      }
      case AUTH_SECRET, SERVICE_ACCOUNT, API_SERVER, ETCD -> {}
    }
  }

  private static void hold(StormEvent event) throws InterruptedException {
    Thread.sleep(event.held().toMillis());
  }

  /** Holds an event for what is left since it began. */
  private static void hold(StormEvent event, Instant began) throws InterruptedException {
    Thread.sleep(Math.max(0, Duration.between(Instant.now(), began.plus(event.held())).toMillis()));
  }

  private static boolean isEven(StormEvent event) {
    return event.choice() % 2 == 0;
  }

  private String node(StormEvent event) {
    return stage.names().get(event.choice() % stage.names().size());
  }

  private void ensureApiServer() throws IOException, InterruptedException {
    for (Part part : Part.values()) {
      if (!plane.isRunning(part)) {
        plane.start(part);
      }
    }
  }

  private void namespace(StormEvent event) throws IOException, InterruptedException {
    client.namespaces().withName(TEAM).delete();
    awaitNamespaceGone(TEAM);
    hold(event);
    // The operator's Role went with it.
    prepare();
  }

  private void awaitNamespaceGone(String name) throws InterruptedException {
    Wait.until(
        "namespace " + name + " is gone",
        GONE_WITHIN,
        () -> client.namespaces().withName(name).get() == null ? "" : "still there");
  }

  private void serviceAccount(StormEvent event) throws InterruptedException {
    var account =
        client
            .serviceAccounts()
            .inNamespace(Release.NAME)
            .withName(Mesh.NAME + (isEven(event) ? "-agent" : "-scraper"));
    String before = account.require().getMetadata().getUid();
    account.delete();
    Wait.until(
        "another ServiceAccount",
        GONE_WITHIN,
        () -> {
          var now = account.get();
          return now != null && !now.getMetadata().getUid().equals(before) ? "" : "not there";
        });
  }

  private void authority(StormEvent event) throws IOException, InterruptedException {
    plane.publishAuthorities(true);
    // Kubelets have put it into all volumes.
    hold(event);
    plane.exchangeAuthority();
    Thread.sleep(SETTLED.toMillis());
    plane.publishAuthorities(false);
  }

  private void etcd(StormEvent event) throws IOException, InterruptedException {
    if (isEven(event)) {
      plane.compactEtcd();
      hold(event);
    } else {
      plane.stop(Part.API_SERVER);
      plane.compactEtcd();
      hold(event);
      ensureApiServer();
    }
  }

  private void quota(StormEvent event) throws InterruptedException {
    stage.noMorePods().create();
    Instant began = Instant.now();
    if (!isEven(event)) {
      String node = node(event);
      for (Pod pod : stage.mesh().pods("agent")) {
        if (node.equals(pod.getSpec().getNodeName())) {
          client.resource(pod).delete();
        }
      }
      Wait.until(
          "AgentsReady=False PodsRefused",
          REPORTED_WITHIN,
          () -> {
            Mesh.Condition agents = stage.mesh().condition("AgentsReady");
            return agents.reason().equals("PodsRefused")
                    && agents.message().contains("exceeded quota")
                ? ""
                : agents.toString();
          });
    }
    hold(event, began);
    stage.noMorePods().delete();
  }

  private void taint(String node, String key) {
    Edits.edit(
        client.nodes().withName(node),
        n -> {
          n.getSpec()
              .getTaints()
              .add(new TaintBuilder().withKey(key).withEffect("NoSchedule").build());
          return n;
        });
  }

  private void untaint(String node) {
    Edits.edit(
        client.nodes().withName(node),
        n -> {
          n.getSpec().getTaints().removeIf(taint -> TAINTS.contains(taint.getKey()));
          return n;
        });
  }

  private void secondOperator(StormEvent event) throws IOException, InterruptedException {
    long generations = generations();
    second.createNamespace();
    second.install(
        stage.chart(),
        Map.of("watch.allNamespaces", true, "rbac.meshRoles", false, "operator.replicas", 1));
    Instant began = Instant.now();
    Wait.until(
        "a second operator that says that the mesh is another's",
        GONE_WITHIN,
        () ->
            client
                    .v1()
                    .events()
                    .inNamespace(Release.NAME)
                    .withField("reason", "ManagedByAnother")
                    .list()
                    .getItems()
                    .stream()
                    .anyMatch(e -> e.getMessage().contains(SECOND_RELEASE))
                ? ""
                : "no Event");
    hold(event, began);
    long now = generations();
    removeSecondOperator();
    Failure.unless(now == generations, "the second operator changed the agents or scrapers");
  }

  /** Of all workloads of the mesh; a change of any makes it more. */
  private long generations() {
    return Stream.<HasMetadata>concat(
            client.apps().daemonSets().inNamespace(Release.NAME).list().getItems().stream(),
            client.apps().deployments().inNamespace(Release.NAME).list().getItems().stream())
        .mapToLong(workload -> workload.getMetadata().getGeneration())
        .sum();
  }

  private void removeSecondOperator() throws IOException, InterruptedException {
    second.uninstall();
    client.namespaces().withName(SECOND_RELEASE).delete();
    awaitNamespaceGone(SECOND_RELEASE);
  }

  private void unreadableMesh(StormEvent event) throws Exception {
    LooseSchema.allowAnything(client, CRD, "agent");
    // The server takes it up a moment after it has stored it.
    Wait.until(
        "an unreadable mesh",
        REPORTED_WITHIN,
        () -> {
          unreadable.apply("{agent: {resources: {limits: {memory: \"\"}}}}");
          return "";
        });
    storeCrd();
    Instant began = Instant.now();
    Wait.until(
        "the unreadable mesh is named",
        REPORTED_WITHIN,
        () -> {
          Mesh.Condition accepted = unreadable.condition("Accepted");
          return accepted.reason().equals("InvalidSpec")
                  && accepted.message().contains("spec.agent.resources.limits.memory")
              ? ""
              : accepted.toString();
        });
    hold(event, began);
    unreadable.delete();
  }

  private void storeCrd() throws IOException {
    try (InputStream file =
        Files.newInputStream(stage.chart().resolve("crds").resolve(CRD + "-v1.yaml"))) {
      client
          .resource(Serialization.unmarshal(file, CustomResourceDefinition.class))
          .forceConflicts()
          .serverSideApply();
    }
  }

  /** Objects with names that a mesh {@link #SECOND_MESH} needs. */
  private static List<HasMetadata> foreignObjects() {
    return Stream.of(
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: %1$s-agent, namespace: %2$s}}",
            "{apiVersion: v1, kind: Service, metadata: {name: %1$s-scraper, namespace: %2$s},"
                + " spec: {ports: [{port: 1}]}}",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: %1$s-accepted, namespace: %2$s},"
                + " data: {a: b}}")
        .<HasMetadata>map(yaml ->
            Serialization.unmarshal(
                "---\n" + yaml.formatted(SECOND_MESH, Release.NAME),
                GenericKubernetesResource.class))
        .toList();
  }

  private void foreignObject(StormEvent event) throws InterruptedException {
    List<HasMetadata> all = foreignObjects();
    HasMetadata theirs = client.resource(all.get(event.choice() % all.size())).create();
    String name = theirs.getKind() + " " + theirs.getMetadata().getName();
    // On no node, so that it costs nothing.
    taken.apply(
        """
        {groups: [{name: none, nodeSelector: {matchLabels: {storm: none}}}],
         agent: {nodeSelector: {storm: none}}, scraper: {replicas: 1, nodeSelector: {storm: none}},
         reflector: {port: 9100}, collector: {apiPort: 9100}, ports: [{name: other, basePort: 30000}]}
        """
            .strip()
            .replace('\n', ' '));
    Instant began = Instant.now();
    Wait.until(
        "ObjectTaken that names " + name,
        REPORTED_WITHIN,
        () -> {
          Mesh.Condition configs = taken.condition("ConfigsReady");
          return configs.reason().equals("ObjectTaken") && configs.message().contains(name)
              ? ""
              : configs.toString();
        });
    hold(event, began);
    HasMetadata now = client.resource(theirs).get();
    Failure.unless(
        now != null
            && now.getMetadata()
                .getResourceVersion()
                .equals(theirs.getMetadata().getResourceVersion()),
        name + " of somebody else's was changed");
    client.resource(theirs).delete();
    Wait.until(
        "what was taken is the mesh's",
        REPORTED_WITHIN,
        () -> {
          HasMetadata ours = client.resource(theirs).get();
          return ours != null && !ours.getMetadata().getOwnerReferences().isEmpty()
              ? ""
              : "not there";
        });
    taken.delete();
    Wait.until(
        "what was the mesh's is gone",
        GONE_WITHIN,
        () -> client.resource(theirs).get() == null ? "" : "still there");
  }
}
