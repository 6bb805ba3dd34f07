package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static io.llamamesh.operator.main.MeshIT.condition;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A mesh with registration, and a registry that is scripted. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class RegistrationIT {
  private static final String TOKEN = "a+token/of-this-test=";
  private static final String SPEC =
      """
      groups: [{name: edge}]
      probes: [{from: edge, to: edge}]
      tagLabels: {zone: topology.kubernetes.io/zone}
      registration: {enabled: true, tokenSecret: outside-token}
      """;
  private static final String LIST =
      """
      {"edge":{"1":{"ip":"198.51.100.7","port":9100,"tags":{"probe_name":"fra-1","zone":"fra"}},
      "2":{"ip":"10.0.0.9","port":8100,"seen_ip":"203.0.113.7","push":true,"tags":{"probe_name":"nat-1"}},
      "3":{"ip":"198.51.100.8","port":8100,"tags":{"probe_name":"NODE"}}},
      "other":{"4":{"ip":"198.51.100.9","port":8100,"tags":{"probe_name":"elsewhere"}}}}
      """;

  private final List<String> shown = new CopyOnWriteArrayList<>();
  private volatile int status = 200;
  private ClusterUnderTest cluster;
  private HttpServer registry;
  private String address;

  @BeforeEach
  void start(TestCluster given) throws IOException {
    cluster = new ClusterUnderTest(given);
    cluster.nodes(1, 2);
    // One address of the loopback for each test, as the port is the operator's to choose.
    ThreadLocalRandom random = ThreadLocalRandom.current();
    address = "127.77." + random.nextInt(1, 255) + "." + random.nextInt(1, 255);
    registry = HttpServer.create(new InetSocketAddress(address, 5001), 0);
    registry.createContext("/api/v1/list", this::answer);
    registry.start();
    cluster
        .client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("outside-token")
                .withNamespace(cluster.namespace)
                .endMetadata()
                .withStringData(Map.of("token", "# of this test\n" + TOKEN + "\nthe-next-one\n"))
                .build())
        .create();
  }

  @AfterEach
  void stop() {
    cluster.close();
    registry.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      shown.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
      byte[] body =
          (status == 200 ? LIST.replace("NODE", cluster.n(1)) : "{\"error\":\"it settles\"}")
              .getBytes(UTF_8);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private void up() {
    cluster.mesh("m", SPEC);
    cluster.agentReady("m", cluster.n(1));
    cluster.agentReady("m", cluster.n(2));
    cluster.registryReady("m", address);
    await().until(() -> cluster.peers("m", cluster.n(2)).contains("fra-1"));
  }

  private static boolean is(LlamaMesh mesh, String type, String status) {
    return mesh.getStatus() != null
        && mesh.getStatus().conditions() != null
        && mesh.getStatus().conditions().stream()
            .anyMatch(c -> c.getType().equals(type) && c.getStatus().equals(status));
  }

  @Test
  void registeredProbesBecomeTargetsOfTheirGroupAndNodesBecomeTheirs() {
    up();

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "RegistryReady", "True"));
    // All that are registered count; targets are those of the mesh's groups that nodes can reach
    // and that have no node's name.
    assertThat(mesh.getStatus().outside()).isEqualTo(4);
    assertThat(cluster.peers("m", cluster.n(2))).containsExactlyInAnyOrder(cluster.n(1), "fra-1");
    assertThat(cluster.document("m", cluster.n(2)))
        .contains("198.51.100.7", "dst_zone: fra")
        .doesNotContain("10.0.0.9", "198.51.100.9");
    String login = shown.getFirst().replace("Basic ", "");
    assertThat(new String(Base64.getDecoder().decode(login), UTF_8)).isEqualTo("operator:" + TOKEN);
    ConfigMap map = registryMap();
    assertThat(map.getData().get(Names.NODES_KEY))
        .contains(cluster.n(1), cluster.n(2), "10.1.0.1", "\"edge\"", "\"names\":[");
  }

  @Test
  void aPodThatOnlyLooksLikeTheRegistryIsNotAsked() throws IOException {
    List<String> asked = new CopyOnWriteArrayList<>();
    String stranger = address.replace("127.77.", "127.78.");
    HttpServer other = HttpServer.create(new InetSocketAddress(stranger, 5001), 0);
    other.createContext(
        "/",
        exchange -> {
          try (exchange) {
            asked.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            exchange.sendResponseHeaders(500, -1);
          }
        });
    other.start();
    try {
      cluster.mesh("m", SPEC);
      cluster.agentReady("m", cluster.n(2));
      cluster.strangersRegistry("m", stranger);
      cluster.registryReady("m", address);
      await().until(() -> cluster.peers("m", cluster.n(2)).contains("fra-1"));
      int before = shown.size();
      await().until(() -> shown.size() > before);
      assertThat(asked).isEmpty();
    } finally {
      other.stop(0);
    }
  }

  /** Two would each know some of the probes. */
  @Test
  void thereIsOneRegistryWhateverSomebodyScalesItTo() {
    up();
    var deployment =
        cluster.client.apps().deployments().inNamespace(cluster.namespace).withName("m-registry");
    assertThat(deployment.get().getSpec().getReplicas()).isOne();
    assertThat(deployment.get().getSpec().getStrategy().getType()).isEqualTo("Recreate");

    deployment.edit(
        scaled -> new DeploymentBuilder(scaled).editSpec().withReplicas(2).endSpec().build());

    await().until(() -> deployment.get().getSpec().getReplicas() == 1);
  }

  private ConfigMap registryMap() {
    return cluster.client.configMaps().inNamespace(cluster.namespace).withName("m-registry").get();
  }

  @Test
  void whileTheRegistryIsAwayTheLastListStaysAlsoOverARestartOfTheOperator() {
    up();
    status = 503;

    LlamaMesh mesh = cluster.awaitMesh("m", m -> is(m, "RegistryReady", "False"));
    assertThat(condition(mesh, "RegistryReady").getReason()).isEqualTo("NoAnswer");
    assertThat(condition(mesh, "RegistryReady").getMessage())
        .contains("it settles")
        .contains("the last 4 probes stay targets");
    assertThat(cluster.peers("m", cluster.n(2))).contains("fra-1");

    cluster.stopOperator();
    String before = cluster.document("m", cluster.n(2));
    cluster.startOperator();
    cluster.awaitLook();
    cluster.awaitLook();
    assertThat(cluster.document("m", cluster.n(2))).isEqualTo(before);
    assertThat(cluster.mesh("m").getStatus().outside()).isEqualTo(4);

    status = 200;
    cluster.awaitMesh("m", m -> is(m, "RegistryReady", "True"));
  }

  @Test
  void withoutRegistrationAllOfItGoes() {
    up();
    cluster.mesh("m", SPEC.replace("enabled: true", "enabled: false"));

    await().until(() -> !cluster.hasDeployment("m-registry"));
    await().until(() -> registryMap() == null);
    await()
        .untilAsserted(() -> {
          assertThat(cluster.peers("m", cluster.n(2))).containsExactly(cluster.n(1));
          assertThat(cluster.mesh("m").getStatus().outside()).isNull();
          assertThat(
                  cluster
                      .client
                      .services()
                      .inNamespace(cluster.namespace)
                      .list()
                      .getItems()
                      .stream()
                      .map(service -> service.getMetadata().getName()))
              .noneMatch(name -> name.contains("registry"));
        });
    LlamaMesh mesh = cluster.mesh("m");
    assertThat(mesh.getStatus().conditions()).noneMatch(c -> c.getType().equals("RegistryReady"));
  }
}
