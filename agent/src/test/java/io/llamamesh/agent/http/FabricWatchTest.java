package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.DocumentWatch;
import io.llamamesh.client.FabricClient;
import io.llamamesh.client.WatchListener;
import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.transport.FabricEvidence;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.fabric.transport.FabricNodeOptions;
import io.llamamesh.fabric.transport.MemoryPersistence;
import io.llamamesh.fabric.transport.MeshKeys;
import io.llamamesh.fabric.transport.TransportLimits;
import io.llamamesh.fabric.transport.TransportOptions;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.FabricState;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three nodes of a fabric in one process, each with its API. */
@Timeout(120)
class FabricWatchTest {
  private static final int NODES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<AtomicReference<@Nullable FabricNode>> nodes = new ArrayList<>();
  private final List<ApiServer> apis = new ArrayList<>();
  private final FabricClient client = new FabricClient(ClientOptions.standard());
  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeEach
  void start() throws IOException {
    List<FabricPeer> peers = new ArrayList<>();
    for (int i = 1; i <= NODES; i++) {
      peers.add(new FabricPeer("n" + i, "127.0.0.1:" + freePort()));
    }
    for (FabricPeer peer : peers) {
      AtomicReference<@Nullable FabricNode> node = new AtomicReference<>(node(peer, peers));
      nodes.add(node);
      apis.add(api(node));
    }
    for (int i = 0; i < NODES; i++) {
      URI agent = agent(i);
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() ->
              states(client.members(agent))
                  .equals(
                      Map.of("n1", FabricState.UP, "n2", FabricState.UP, "n3", FabricState.UP)));
    }
  }

  @AfterEach
  void stop() {
    client.close();
    http.close();
    apis.forEach(ApiServer::close);
    nodes.forEach(FabricWatchTest::kill);
  }

  /** A port that is free for TCP and UDP at this moment. */
  private static int freePort() throws IOException {
    try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        DatagramSocket udp =
            new DatagramSocket(tcp.getLocalPort(), InetAddress.getLoopbackAddress())) {
      return udp.getLocalPort();
    }
  }

  private static FabricNode node(FabricPeer self, List<FabricPeer> contacts) {
    int port = Integer.parseInt(self.address().substring(self.address().lastIndexOf(':') + 1));
    return FabricNode.start(
        new FabricNodeOptions(
            new TransportOptions(
                "mesh",
                self,
                self.name().hashCode(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                false,
                TransportLimits.standard()),
            FabricOptions.standard(),
            contacts),
        new MemoryPersistence(),
        () -> MeshKeys.NONE,
        FabricEvidence.NONE,
        _ -> {});
  }

  private static ApiServer api(AtomicReference<@Nullable FabricNode> node) throws IOException {
    return ApiServer.start(
        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
        new AgentState(
            "test",
            List::of,
            () -> 1,
            () -> null,
            () -> 0,
            List::of,
            () -> ConfigState.NONE,
            null,
            () -> null,
            node::get,
            FabricServices.off(),
            Map::of,
            new WindowArchive("boot"),
            new CollectorCounters(),
            new ReflectorCounters(),
            null),
        InstantSource.system(),
        TokenCheck.OPEN,
        LossRule.NETWORK,
        false);
  }

  private static void kill(AtomicReference<@Nullable FabricNode> node) {
    FabricNode running = node.getAndSet(null);
    if (running != null) {
      running.close();
    }
  }

  private URI agent(int index) {
    return URI.create("http://127.0.0.1:" + apis.get(index).locals().getFirst().getPort());
  }

  private static Map<String, FabricState> states(FabricMembers members) {
    Map<String, FabricState> states = new TreeMap<>();
    members.members().forEach(member -> states.put(member.name(), member.state()));
    return states;
  }

  private HttpResponse<String> send(int index, String method, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(agent(index) + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aWatchShowsADeathAtOnceAndAReturnAndThenTheRoutes() throws Exception {
    Queue<FabricMembers> seen = new ConcurrentLinkedQueue<>();
    Queue<FabricRoutes> routes = new ConcurrentLinkedQueue<>();
    try (var _ = client.watchMembers(agent(0), seen::add);
        var _ = client.watchRoutes(agent(0), "n1", routes::add)) {
      await().atMost(PATIENCE).until(() -> !seen.isEmpty() && !routes.isEmpty());
      long began = System.nanoTime();
      kill(nodes.get(2));
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> seen.stream().anyMatch(m -> states(m).get("n3") == FabricState.FAILED));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
      await()
          .atMost(PATIENCE)
          .until(() ->
              routes.stream()
                  .anyMatch(tree ->
                      tree.nodes().stream()
                          .anyMatch(node -> node.name().equals("n3") && node.distance() == null)));
    }
    // Only what has changed: not one for each time that somebody was heard.
    assertThat(seen).hasSizeLessThan(20);
  }

  @Test
  void nothingButCommentsIsSentWhileNothingChanges() throws Exception {
    Queue<FabricPartitions> seen = new ConcurrentLinkedQueue<>();
    try (DocumentWatch watch = client.watchPartitions(agent(0), seen::add)) {
      await().atMost(PATIENCE).until(() -> !seen.isEmpty());
      await()
          .during(Duration.ofMillis(2_500))
          .atMost(PATIENCE)
          .until(() -> seen.size() == 1 && watch.connections() == 1 && isLively(watch.age()));
    }
  }

  private static boolean isLively(@Nullable Duration age) {
    return age != null && age.compareTo(Duration.ofSeconds(2)) < 0;
  }

  @Test
  void watchesHaveABoundOfTheirOwnAndKeepNobodyElseOut() throws Exception {
    List<DocumentWatch> watches = new ArrayList<>();
    try {
      Queue<FabricPartitions> seen = new ConcurrentLinkedQueue<>();
      for (int i = 0; i < 12; i++) {
        watches.add(client.watchPartitions(agent(0), seen::add));
      }
      await().atMost(PATIENCE).until(() -> seen.size() >= 12);
      HttpResponse<String> answer = send(0, "GET", "/v1/members/watch");
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("too many watches");
      assertThat(answer.headers().firstValue("Retry-After")).isPresent();
      assertThat(states(client.members(agent(0)))).hasSize(NODES);
      assertThat(send(0, "GET", "/status").statusCode()).isEqualTo(200);
      assertThat(send(0, "GET", "/metrics").body())
          .contains("llamamesh_fabric_watches 12.0", "llamamesh_fabric_watches_refused_total 1.0");
    } finally {
      watches.forEach(DocumentWatch::close);
    }
  }

  @Test
  void aWatchEndsWhereTheFabricStopsAndIsRefusedAsThePlainAnswerIs() throws Exception {
    Queue<FabricMembers> seen = new ConcurrentLinkedQueue<>();
    Queue<ClientException> failures = new ConcurrentLinkedQueue<>();
    try (var _ =
        client.watchMembers(
            agent(2),
            new WatchListener<>() {
              @Override
              public void changed(FabricMembers document) {
                seen.add(document);
              }

              @Override
              public void failed(ClientException failure) {
                failures.add(failure);
              }
            })) {
      await().atMost(PATIENCE).until(() -> !seen.isEmpty());
      kill(nodes.get(2));
      await().atMost(PATIENCE).until(() -> !failures.isEmpty());
      assertThat(failures.element().status()).isEqualTo(404);
      assertThat(failures.element()).hasMessageContaining("the fabric is off");
    }
    assertThat(send(0, "GET", "/v1/routes/nobody/watch").statusCode()).isEqualTo(404);
    assertThat(send(0, "POST", "/v1/members/watch").statusCode()).isEqualTo(405);
  }

  @Test
  void aCheckAnswersTheStateAfterIt() throws Exception {
    FabricMembers.Member well = client.check(agent(0), "n2");
    assertThat(well.state()).isEqualTo(FabricState.UP);
    Double heard = well.heardSecondsAgo();
    assertThat(heard).isNotNull().isLessThan(1.0);
    assertThat(client.check(agent(0), "n1").state()).isEqualTo(FabricState.UP);

    kill(nodes.get(2));
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .until(() -> client.check(agent(0), "n3").state() != FabricState.UP);

    assertThat(send(0, "POST", "/v1/members/nobody/check").statusCode()).isEqualTo(404);
    assertThat(send(0, "GET", "/v1/members/n2/check").statusCode()).isEqualTo(405);
  }

  @Test
  void checksAreBoundedInTheirRate() throws Exception {
    int refused = 0;
    for (int i = 0; i < 30; i++) {
      refused += send(0, "POST", "/v1/members/n2/check").statusCode() == 429 ? 1 : 0;
    }
    assertThat(refused).isPositive();
    await()
        .atMost(PATIENCE)
        .until(() -> send(0, "POST", "/v1/members/n2/check").statusCode() == 200);
  }
}
