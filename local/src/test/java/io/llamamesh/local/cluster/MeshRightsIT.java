package io.llamamesh.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.InstalledOperator;
import io.llamamesh.testkit.chart.Kubectl;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.Rights;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Operator, agents and scrapers as programs, each with the token of its ServiceAccount, on a real
 * API server that knows the rendered roles and nothing else of ours: nothing is refused, and
 * whatever is granted is used.
 */
@KubernetesCluster(crds = {InstalledOperator.CRD, MeshRightsIT.PROMETHEUS})
@ResourceLock(KubernetesCluster.WHOLE)
class MeshRightsIT {
  /** The Prometheus Operator's kinds, as open as can be: the operator looks for them. */
  static final String PROMETHEUS = "../charts/src/test/resources/prometheus-operator-crds.yaml";

  private static final String MESH = "default";
  private static final String AGENT = Names.agent(MESH);
  private static final String SCRAPER = Names.scraper(MESH);

  @TempDir private Path folder;
  private HttpServer store;
  private TestCluster cluster;
  private KubernetesClient client;
  private String rendering;

  @BeforeEach
  void start(TestCluster given) throws IOException {
    cluster = given;
    client = given.client();
    store = store();
    rendering = Chart.render(given.namespace(), Map.of());
    Kubectl.apply(client, rendering);
    // One pod of it would be bound to our nodes, where nobody runs it.
    client.apps().deployments().withName(InstalledOperator.NAME).delete();
    Kubectl.apply(
        client,
        """
        apiVersion: v1
        kind: Secret
        metadata: {name: store, namespace: %s}
        data: {token: dG9rZW4=}
        """
            .formatted(given.namespace()));
    mesh(2, "");
  }

  private void mesh(int scrapers, String rest) {
    Kubectl.apply(
        client,
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: %s}
        spec:
          reflector: {port: 18210}
          collector: {apiPort: 18210, interval: 1s}
          scraper:
            replicas: %d
            influxdb:
              url: http://127.0.0.1:%d
              v2: {org: o, bucket: b, tokenSecret: {name: store, key: token}}
        %s
        """
            .formatted(cluster.namespace(), scrapers, store.getAddress().getPort(), rest));
  }

  /** Acknowledges everything: only what is stored moves a cursor. */
  private static HttpServer store() throws IOException {
    HttpServer store =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(204, -1);
          }
        });
    store.start();
    return store;
  }

  @AfterEach
  void stop() {
    store.stop(0);
    client.nodes().withName(node(1)).delete();
    client.nodes().withName(node(2)).delete();
  }

  @Test
  void operatorAgentsAndScrapersUseWhatTheyAreGrantedAndAskForNothingElse() throws Exception {
    whileAnOperatorRuns("first", this::liveALife);
    // What it cannot accept leaves in force what was accepted before, which the next one reads.
    mesh(1, "  probes: [{from: x, to: x}]");
    whileAnOperatorRuns(
        "second",
        () -> {
          await().until(() -> uses("get configmaps"));
          await().until(() -> uses("create events"));
          // The release has made its Lease; somebody deletes it.
          client.leases().withName(InstalledOperator.NAME).delete();
          await().until(() -> uses("create leases.coordination.k8s.io"));
          takeARegistryInAndOut();
        });
    Rights agent = cluster.rights(AGENT);
    Rights scraper = cluster.rights(SCRAPER);
    Rights operators = cluster.rights(InstalledOperator.NAME);
    SoftAssertions.assertSoftly(softly -> {
      softly.assertThat(agent.refused()).as("refused to agents").isEmpty();
      softly.assertThat(scraper.refused()).as("refused to scrapers").isEmpty();
      softly.assertThat(operators.refused()).as("refused to the operator").isEmpty();
      softly.assertThat(agent.granted()).as("granted to agents").isNotEmpty();
      softly.assertThat(agent.unused()).as("granted to agents and not used").isEmpty();
      softly.assertThat(scraper.granted()).as("granted to scrapers").isNotEmpty();
      softly.assertThat(scraper.unused()).as("granted to scrapers and not used").isEmpty();
      softly.assertThat(operators.granted()).as("granted to the operator").isNotEmpty();
      softly.assertThat(operators.unused()).as("granted to the operator and not used").isEmpty();
    });
  }

  /** What was made for a registry goes with it. */
  private void takeARegistryInAndOut() {
    mesh(1, "  registration: {enabled: true, tokenSecret: store}");
    await()
        .until(() -> client.apps().deployments().withName(Names.registry("default")).get() != null);
    mesh(1, "");
    for (String kind :
        List.of(
            "deployments.apps",
            "networkpolicies.networking.k8s.io",
            "serviceaccounts",
            "services")) {
      await().until(() -> uses("delete " + kind));
    }
  }

  private void whileAnOperatorRuns(String name, Runnable life) throws Exception {
    Process operator = InstalledOperator.start(cluster, folder, name, rendering);
    try {
      life.run();
      assertThat(operator.isAlive()).isTrue();
    } finally {
      operator.destroy();
      assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private boolean uses(String right) {
    return cluster.rights(InstalledOperator.NAME).used().contains(right);
  }

  /** Everything that makes them ask for something. */
  private void liveALife() {
    List<LocalNode> nodes = List.of(localNode(1, "127.0.71.1"), localNode(2, "127.0.71.2"));
    try (LocalCluster machines =
        LocalCluster.startNodes(
            cluster.newClient("machines"),
            nodes,
            new ImagePrograms(Chart.ROOT.toAbsolutePath().normalize()),
            folder,
            cluster::serviceAccountKubeconfig,
            (pod, code, log) -> {})) {
      await().until(() -> machines.ready(Names.selector(MESH, Component.AGENT)) == 2);
      await().until(() -> machines.ready(Names.selector(MESH, Component.SCRAPER)) == 2);
      await().until(() -> reporting() == 2);

      // One that ends leaves its cursors behind, and the Lease to whoever comes first.
      delete(await().until(this::holder, Objects::nonNull));
      await().until(() -> saves() > 0);
      await().until(() -> machines.ready(Names.selector(MESH, Component.SCRAPER)) == 2);

      TestCluster.retryOnConflict(() ->
          client
              .resources(LlamaMesh.class)
              .withName(MESH)
              .edit(mesh -> {
                mesh.getMetadata().setAnnotations(Map.of(Names.ROTATE_ANNOTATION, "1"));
                // Handed on to what tells Prometheus.
                mesh.getMetadata().setLabels(Map.of("team", "net"));
                return mesh;
              }));
      await().until(() -> uses("patch podmonitors.monitoring.coreos.com"));
      await().until(this::isRotated);

      // An agent whose node has another address is replaced.
      address(node(1), "127.0.71.9");
      await().until(() -> uses("delete pods"));
      address(node(1), "127.0.71.1");
      await().until(() -> machines.ready(Names.selector(MESH, Component.AGENT)) == 2);

      // One that dies says nothing: the other takes over when the Lease has run out.
      String dead = await().until(this::holder, Objects::nonNull);
      machines.kill(nodeOf(dead));
      await().until(() -> holder() != null && !dead.equals(holder()));

      // And what is there already is changed, not made.
      long saves = saves();
      delete(Objects.requireNonNull(holder()));
      await().until(() -> saves() > saves);
    }
    // A node goes, and the budget of a single scraper.
    client.nodes().withName(node(2)).delete();
    await().until(() -> !hasConfig(node(2)));
    mesh(1, "");
    await().until(() -> client.policy().v1().podDisruptionBudget().withName(SCRAPER).get() == null);
  }

  private void address(String node, String address) {
    TestCluster.retryOnConflict(() ->
        client
            .nodes()
            .withName(node)
            .editStatus(edited -> {
              edited.getStatus().getAddresses().getFirst().setAddress(address);
              return edited;
            }));
  }

  private boolean isRotated() {
    Secret secret = client.secrets().withName(Names.authSecret(MESH)).get();
    return secret != null
        && secret.getMetadata().getAnnotations() != null
        && secret.getMetadata().getAnnotations().containsKey(Names.ROTATE_ANNOTATION);
  }

  private boolean hasConfig(String node) {
    return client.configMaps().withName(Names.nodeConfigMap(MESH, node)).get() != null;
  }

  /** How often cursors were saved. */
  private long saves() {
    return cluster
        .audit()
        .requestsOf("system:serviceaccount:" + cluster.namespace() + ":" + SCRAPER)
        .stream()
        .filter(r -> r.isWrite() && r.resource().equals("configmaps"))
        .count();
  }

  private @Nullable String holder() {
    Lease lease = client.leases().withName(SCRAPER).get();
    String holder = lease == null ? null : lease.getSpec().getHolderIdentity();
    return holder == null || holder.isEmpty() ? null : holder;
  }

  private int reporting() {
    LlamaMesh mesh = client.resources(LlamaMesh.class).withName(MESH).get();
    Integer reporting = mesh.getStatus() == null ? null : mesh.getStatus().agentsReporting();
    return reporting == null ? 0 : reporting;
  }

  private String nodeOf(String pod) {
    Pod found = client.pods().withName(pod).get();
    return found.getSpec().getNodeName();
  }

  private void delete(String pod) {
    client.pods().withName(pod).delete();
  }

  /** Nodes have no namespace: other tests must not take these for theirs. */
  private String node(int number) {
    return cluster.namespace() + "-" + number;
  }

  private LocalNode localNode(int number, String address) {
    InetAddress at = InetAddress.ofLiteral(address);
    return new LocalNode(node(number), "a", at, at);
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(300));
  }
}
