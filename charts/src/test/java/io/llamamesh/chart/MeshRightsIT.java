package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.apiserver.StandInApiServer;
import io.llamamesh.apiserver.journal.RequestJournal.Request;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.local.cluster.LocalCluster;
import io.llamamesh.local.cluster.LocalNode;
import io.llamamesh.local.cluster.Programs;
import io.llamamesh.operator.main.EmbeddedOperator;
import io.llamamesh.operator.main.OperatorOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Agents and scrapers, as pods of a mesh that the operator made, before an API server that allows
 * what the rendered roles and the operator's bindings allow and nothing else; and whatever these
 * allow, they use.
 */
class MeshRightsIT {
  private static final String MESH = "default";
  private static final String AGENT = Names.agent(MESH);
  private static final String SCRAPER = Names.scraper(MESH);

  @TempDir private Path folder;
  private StandInApiServer server;
  private HttpServer store;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = StandInApiServer.start();
    store = store();
    client = server.client();
    Kubectl.apply(
        client, Files.readString(Chart.ROOT.resolve("crds/llamameshes.llamamesh.io-v1.yaml")));
    Kubectl.apply(
        client,
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: llama-mesh}
        ---
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: llama-mesh}
        spec:
          reflector: {port: 18210}
          collector: {apiPort: 18210, interval: 1s}
          scraper:
            replicas: 2
            influxdb:
              url: http://127.0.0.1:%d
              v2: {org: o, bucket: b, tokenSecret: {name: store, key: token}}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: store, namespace: llama-mesh}
        data: {token: dG9rZW4=}
        """
            .formatted(store.getAddress().getPort()));
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
    client.close();
    store.stop(0);
    server.close();
  }

  @Test
  void theRolesOfAgentAndScraperAreWhatALifeOfAMeshUses() throws Exception {
    try (KubernetesClient operators = server.client("operator");
        EmbeddedOperator operator = EmbeddedOperator.start(operators, OperatorOptions.defaults())) {
      await().until(() -> bindings().size() == 2);
      Rights agent = rights(AGENT);
      Rights scraper = rights(SCRAPER);
      try (Gate agents = new Gate(server.url(), agent);
          Gate scrapers = new Gate(server.url(), scraper)) {
        liveALife(Map.of(AGENT, agents, SCRAPER, scrapers));

        assertThat(agents.refused()).isEmpty();
        assertThat(scrapers.refused()).isEmpty();
      }
      assertThat(operator.unwatched()).isEmpty();
      SoftAssertions.assertSoftly(softly -> {
        softly.assertThat(used(AGENT)).containsExactlyInAnyOrderElementsOf(agent.granted());
        softly.assertThat(used(SCRAPER)).containsExactlyInAnyOrderElementsOf(scraper.granted());
      });
    }
  }

  /** Everything that makes agents and scrapers ask for something. */
  private void liveALife(Map<String, Gate> gates) {
    List<LocalNode> nodes = List.of(node("n1", "127.0.71.1"), node("n2", "127.0.71.2"));
    try (KubernetesClient machines = server.client("machines");
        LocalCluster cluster =
            LocalCluster.start(
                machines,
                nodes,
                new Programs(Chart.ROOT.toAbsolutePath().normalize()),
                folder,
                account -> kubeconfig(account, gates),
                (pod, code, log) -> {})) {
      await().until(() -> cluster.ready(Names.selector(MESH, Component.AGENT)) == 2);
      await().until(() -> cluster.ready(Names.selector(MESH, Component.SCRAPER)) == 2);
      await().until(() -> reporting() == 2);

      // One that ends leaves its cursors behind, and the Lease to whoever comes first.
      delete(await().until(this::holder, Objects::nonNull));
      await().until(() -> saves() > 0);
      await().until(() -> cluster.ready(Names.selector(MESH, Component.SCRAPER)) == 2);

      // One that dies says nothing: the other takes over when the Lease has run out.
      String dead = await().until(this::holder, Objects::nonNull);
      cluster.kill(nodeOf(dead));
      await().until(() -> holder() != null && !dead.equals(holder()));

      // And what is there already is changed, not made.
      long saves = saves();
      delete(Objects.requireNonNull(holder()));
      await().until(() -> saves() > saves);
    }
  }

  private String kubeconfig(String account, Map<String, Gate> gates) {
    return server
        .kubeconfig(account)
        .replace(server.url(), Objects.requireNonNull(gates.get(account)).url());
  }

  /** What an account may by the chart's roles and the bindings that the operator wrote. */
  private Rights rights(String account) {
    String bindings =
        bindings().stream().map(Serialization::asYaml).collect(Collectors.joining("\n"));
    return Rights.of(Chart.render(Map.of()) + "\n" + bindings, account);
  }

  private List<RoleBinding> bindings() {
    return client.rbac().roleBindings().inNamespace(Chart.NAMESPACE).list().getItems();
  }

  private Set<String> used(String account) {
    Set<String> used = new TreeSet<>();
    for (Request request : server.journal().counts().keySet()) {
      if (request.identity().equals(account)) {
        used.add(request.verb() + " " + request.resource());
      }
    }
    return used;
  }

  /** How often cursors were saved. */
  private long saves() {
    return server
        .journal()
        .count(
            r -> r.identity().equals(SCRAPER) && r.writes() && r.resource().equals("configmaps"));
  }

  private @Nullable String holder() {
    Lease lease = client.leases().inNamespace(Chart.NAMESPACE).withName(SCRAPER).get();
    String holder = lease == null ? null : lease.getSpec().getHolderIdentity();
    return holder == null || holder.isEmpty() ? null : holder;
  }

  private int reporting() {
    LlamaMesh mesh =
        client.resources(LlamaMesh.class).inNamespace(Chart.NAMESPACE).withName(MESH).get();
    Integer reporting = mesh.getStatus() == null ? null : mesh.getStatus().agentsReporting();
    return reporting == null ? 0 : reporting;
  }

  private String nodeOf(String pod) {
    Pod found = client.pods().inNamespace(Chart.NAMESPACE).withName(pod).get();
    return found.getSpec().getNodeName();
  }

  private void delete(String pod) {
    client.pods().inNamespace(Chart.NAMESPACE).withName(pod).delete();
  }

  private static LocalNode node(String name, String address) {
    InetAddress at = InetAddress.ofLiteral(address);
    return new LocalNode(name, "a", at, at);
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(200));
  }
}
