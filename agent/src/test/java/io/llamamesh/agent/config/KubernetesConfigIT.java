package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.kube.ApiAccess;
import io.llamamesh.agent.kube.WatchContact;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.ControlPlane;
import io.llamamesh.testkit.ControlPlane.Part;
import io.llamamesh.testkit.TcpProxy;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** An agent's config on a real Kubernetes API, with the rights of agents and no others. */
// Alone: the network tests of this module mind the time.
@Execution(ExecutionMode.SAME_THREAD)
@KubernetesCluster
class KubernetesConfigIT {
  private static final Path ROLES = Path.of("../examples/rbac.yaml");
  private static final String ACCOUNT = "mesh-agent";
  private static final String NAME = Names.nodeConfigMap("mesh", "node-1");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path folder;
  private final List<ProbePlan> plans = new CopyOnWriteArrayList<>();
  private TestCluster cluster;
  private KubernetesClient client;
  private LocalCopy copy;
  private ConfigApplier applier;

  @BeforeEach
  void start(TestCluster given) {
    cluster = given;
    client = given.client();
    given.apply(ROLES);
    given.serviceAccount(ACCOUNT, "llama-mesh-agent");
    copy = new LocalCopy(folder);
    applier = KubernetesConfigTest.applier(plans::add, copy);
  }

  @AfterEach
  void everythingWasAllowed() {
    assertThat(cluster.rights(ACCOUNT).refused()).isEmpty();
  }

  private static ConfigMap map(String yaml) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(NAME)
        .endMetadata()
        .withData(Map.of(Names.CONFIG_KEY, yaml))
        .build();
  }

  private void put(String yaml) {
    var maps = client.configMaps();
    if (maps.withName(NAME).get() == null) {
      maps.resource(map(yaml)).create();
    } else {
      maps.resource(map(yaml)).update();
    }
  }

  private KubernetesConfig watch() throws IOException {
    return watch(cluster.serviceAccountKubeconfig(ACCOUNT));
  }

  private KubernetesConfig watch(String connection) throws IOException {
    Path kubeconfig = folder.resolve("kubeconfig");
    Files.writeString(kubeconfig, connection);
    ApiAccess api = ApiAccess.of(Map.of("KUBECONFIG", kubeconfig.toString()));
    return KubernetesConfig.start(
        api,
        cluster.namespace(),
        "mesh",
        "node-1",
        applier,
        copy,
        new WatchContact(System::nanoTime));
  }

  @Test
  void theDocumentOfTheNodeIsFollowedUntilItIsDeleted() throws IOException {
    put(KubernetesConfigTest.document(2));
    try (KubernetesConfig config = watch()) {
      await().atMost(PATIENCE).until(() -> plans.size() == 1);
      assertThat(plans.getFirst().pairs()).hasSize(2);
      assertThat(plans.getFirst().pairs().getFirst().trafficClass().tos()).isEqualTo(184);
      assertThat(plans.getFirst().pairs().getFirst().tags())
          .containsEntry("mesh", "mesh")
          .containsEntry("src_name", "node-1")
          .containsEntry("dst_name", "n0")
          .containsEntry("dscp", "46");

      put(KubernetesConfigTest.document(3));
      await().atMost(PATIENCE).until(() -> plans.size() == 2);
      assertThat(plans.get(1).pairs()).hasSize(3);
      assertThat(copy.read()).contains(KubernetesConfigTest.document(3));

      client.configMaps().withName(NAME).delete();
      await().atMost(PATIENCE).until(() -> plans.size() == 3);
      assertThat(plans.get(2).pairs()).isEmpty();
      assertThat(copy.read()).isEmpty();
      assertThat(config).isNotNull();
    }
    assertThat(cluster.rights(ACCOUNT).unused()).isEmpty();
  }

  @Test
  void aBrokenDocumentLeavesTheRunningOneAndSaysWhy() throws IOException {
    put(KubernetesConfigTest.document(2));
    try (KubernetesConfig config = watch()) {
      await().atMost(PATIENCE).until(() -> plans.size() == 1);

      put(KubernetesConfigTest.document(2).replace("cps: 4", "cps: 0"));
      await().atMost(PATIENCE).until(() -> applier.state().error() != null);
      assertThat(applier.state().error()).contains("cps");
      assertThat(applier.state().refused()).isEqualTo(1);
      assertThat(plans).hasSize(1);

      put(KubernetesConfigTest.document(2));
      await().atMost(PATIENCE).until(() -> applier.state().error() == null);
      assertThat(config).isNotNull();
    }
  }

  @Test
  void aDocumentThatWasDeletedWhileTheAgentWasDownIsNotProbedFromTheCopy() throws IOException {
    copy.write(KubernetesConfigTest.document(2));

    try (KubernetesConfig config = watch()) {
      await().atMost(PATIENCE).until(() -> copy.read().isEmpty());
      assertThat(plans).isEmpty();
      assertThat(config).isNotNull();
    }
  }

  private long lists() {
    return cluster.audit().requestsOf(user()).stream()
        .filter(request -> request.right().equals("list configmaps"))
        .count();
  }

  private String user() {
    return "system:serviceaccount:" + cluster.namespace() + ":" + ACCOUNT;
  }

  /** A server that has started anew knows nothing of before: 410, and the list is read anew. */
  @Test
  void aWatchThatIsTooOldToGoOnMissesNothing() throws Exception {
    ControlPlane plane = cluster.controlPlane();
    URI server = URI.create(plane.config().getMasterUrl());
    put(KubernetesConfigTest.document(2));
    try (TcpProxy proxy = new TcpProxy(server);
        KubernetesConfig config =
            watch(
                cluster
                    .serviceAccountKubeconfig(ACCOUNT)
                    .replace(":" + server.getPort(), ":" + proxy.port()))) {
      await().atMost(PATIENCE).until(() -> plans.size() == 1);

      proxy.refuse();
      put(KubernetesConfigTest.document(3));
      plane.kill(Part.API_SERVER);
      plane.start(Part.API_SERVER);
      // What a new server has seen of its own is all that it can go on from.
      await().atMost(PATIENCE).ignoreExceptions().until(() -> client.configMaps().list() != null);
      proxy.restore();

      await().atMost(PATIENCE).until(() -> plans.size() == 2);
      assertThat(plans.get(1).pairs()).hasSize(3);
      assertThat(config).isNotNull();
    }
    assertThat(lists()).isEqualTo(2);
  }
}
