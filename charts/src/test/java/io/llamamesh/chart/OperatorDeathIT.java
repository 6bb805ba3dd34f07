package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.testkit.AuditLog.Request;
import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.InstalledOperator;
import io.llamamesh.testkit.chart.Kubectl;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What can befall the operator's program on a real API server: killed while it writes, refused
 * again and again.
 */
@KubernetesCluster(crds = InstalledOperator.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
class OperatorDeathIT {
  private static final int NODES = 200;
  private static final String QUOTA = "half";
  private static final String LABEL = "llamamesh.io/test";

  @TempDir private Path folder;
  private TestCluster cluster;
  private KubernetesClient client;
  private String rendering;

  @BeforeEach
  void start(TestCluster given) {
    cluster = given;
    client = given.client();
    rendering = Chart.render(given.namespace(), Map.of());
    Kubectl.apply(client, rendering);
  }

  @AfterEach
  void removeNodes() {
    client.nodes().withLabel(LABEL, cluster.namespace()).delete();
  }

  @Test
  void aRolloutOf200ConfigsIsFinishedByTheNextOneAndNothingIsOrphanedOrDoubled() throws Exception {
    for (int i = 1; i <= NODES; i++) {
      createNode(i);
    }
    // However slow this test is: half of them and no more.
    quota(NODES / 2);
    Process first = InstalledOperator.start(cluster, folder, "first", rendering);
    try (Watch watch =
        client
            .configMaps()
            .withLabels(Names.selector("default", Component.CONFIG))
            .watch(new KillAtTheTenth(first))) {
      mesh();
      assertThat(first.waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(watch).isNotNull();
    } finally {
      first.destroyForcibly();
    }
    client.resourceQuotas().withName(QUOTA).delete();
    // Some went while it was away.
    client.nodes().withName(node(1)).delete();
    client.nodes().withName(node(2)).delete();
    List<String> before = configs();
    assertThat(before).hasSizeBetween(9, NODES / 2);
    long gone = before.stream().filter(List.of(node(1), node(2))::contains).count();
    Instant died = Instant.now();

    Process second = InstalledOperator.start(cluster, folder, "second", rendering);
    try {
      await()
          .untilAsserted(() ->
              assertThat(configs())
                  .containsExactlyInAnyOrderElementsOf(
                      IntStream.rangeClosed(3, NODES).mapToObj(this::node).toList()));
      await().until(() -> "True".equals(condition("ConfigsReady")));
      assertThat(objects())
          .containsExactlyInAnyOrder("default-agent", "default-scraper", InstalledOperator.NAME);
      // What the first one wrote is taken as it is: the rest, those that are gone, and no more.
      assertThat(writtenSince(died)).isEqualTo(NODES - 2 - (before.size() - gone) + gone);
    } finally {
      second.destroy();
      assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aReconcileThatFailsIsFollowedByAnotherHoweverOftenItFails() throws Exception {
    createNode(1);
    Role role = client.rbac().roles().withName(InstalledOperator.NAME).get();
    client.resource(withoutStatus(role)).update();
    await()
        .until(() ->
            !cluster
                .rights(InstalledOperator.NAME)
                .granted()
                .contains("patch llamameshes.llamamesh.io/status"));
    Process operator = InstalledOperator.start(cluster, folder, "only", rendering);
    try {
      mesh();
      await().until(() -> refusals() >= 5);
      assertThat(operator.isAlive()).isTrue();

      Kubectl.apply(client, rendering);

      await().until(() -> "True".equals(condition("ConfigsReady")));
    } finally {
      operator.destroy();
      assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Kills a process in the middle of its requests. */
  private static final class KillAtTheTenth implements Watcher<ConfigMap> {
    private final Process process;
    private final AtomicInteger seen = new AtomicInteger();

    KillAtTheTenth(Process process) {
      this.process = process;
    }

    @Override
    public void eventReceived(Action action, ConfigMap map) {
      if (seen.incrementAndGet() == 10) {
        process.destroyForcibly();
      }
    }

    @Override
    public void onClose(WatcherException cause) {
      process.destroyForcibly();
    }
  }

  private void quota(int more) {
    int there = client.configMaps().list().getItems().size();
    client
        .resource(
            new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName(QUOTA)
                .endMetadata()
                .withNewSpec()
                .addToHard("count/configmaps", new Quantity(String.valueOf(there + more)))
                .endSpec()
                .build())
        .create();
    client
        .resourceQuotas()
        .withName(QUOTA)
        .waitUntilCondition(
            q -> q != null && q.getStatus() != null && !q.getStatus().getHard().isEmpty(),
            30,
            TimeUnit.SECONDS);
  }

  private static Role withoutStatus(Role role) {
    List<PolicyRule> rules =
        role.getRules().stream()
            .filter(rule -> !rule.getResources().contains("llamameshes/status"))
            .toList();
    assertThat(rules).hasSize(role.getRules().size() - 1);
    return new RoleBuilder(role).withRules(rules).build();
  }

  private long refusals() {
    return requests().stream()
        .filter(
            r -> r.resource().endsWith("/status") && r.code() == HttpURLConnection.HTTP_FORBIDDEN)
        .count();
  }

  private long writtenSince(Instant time) {
    return requests().stream()
        .filter(Request::isWrite)
        .filter(r ->
            r.resource().equals("configmaps")
                && r.name().startsWith("default." + cluster.namespace()))
        .filter(r -> r.at().isAfter(time))
        .count();
  }

  private List<Request> requests() {
    return cluster
        .audit()
        .requestsOf("system:serviceaccount:" + cluster.namespace() + ":" + InstalledOperator.NAME);
  }

  /** Nodes have no namespace: other tests must not take these for theirs. */
  private String node(int number) {
    return cluster.namespace() + "-" + number;
  }

  private void createNode(int number) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(node(number))
                .addToLabels("kubernetes.io/os", "linux")
                .addToLabels(LABEL, cluster.namespace())
                .endMetadata()
                .withNewStatus()
                .addNewAddress("10.9.0." + number, "InternalIP")
                .endStatus()
                .build())
        .create();
  }

  private void mesh() {
    Kubectl.apply(
        client,
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: %s}
        spec: {}
        """
            .formatted(cluster.namespace()));
  }

  /** The nodes that have a config. */
  private List<String> configs() {
    return client
        .configMaps()
        .withLabels(Names.selector("default", Component.CONFIG))
        .list()
        .getItems()
        .stream()
        .map(map -> map.getMetadata().getAnnotations().get(Names.NODE_ANNOTATION))
        // Beside the one that keeps the accepted spec.
        .filter(Objects::nonNull)
        .toList();
  }

  private List<String> objects() {
    List<HasMetadata> objects = new ArrayList<>();
    objects.addAll(client.apps().daemonSets().list().getItems());
    objects.addAll(client.apps().deployments().list().getItems());
    return objects.stream().map(object -> object.getMetadata().getName()).toList();
  }

  private String condition(String type) {
    LlamaMesh mesh = client.resources(LlamaMesh.class).withName("default").get();
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
