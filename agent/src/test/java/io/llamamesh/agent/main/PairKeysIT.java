package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.llamamesh.agent.wire.PairKey;
import io.llamamesh.agent.wire.PairSigners;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.NodeKeys;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.testkit.BoundProcess;
import io.llamamesh.testkit.LocalhostIdentity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three agents, as their users run them, that go from the mesh's key to keys of pairs and back
 * under load, one after the other; and the root of one of them.
 */
final class PairKeysIT {
  private static final int MEMBERS = 3;
  private static final int PORT = 8100;
  private static final int FLOWS = 4;
  private static final int LENGTH = 300;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String TOKEN = "dG9rZW4";
  private static final byte[] MESH_KEY = new byte[16];
  private static final byte[] MASTER = new byte[KeyDerivation.MASTER_BYTES];

  @TempDir private Path folder;
  private final Process[] agents = new Process[MEMBERS + 1];
  private HttpsServer server;

  @BeforeEach
  void start() throws Exception {
    LocalhostIdentity identity = LocalhostIdentity.in(folder.resolve("tls"));
    server = HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(identity.context()));
    server.createContext(KeyService.PATH, PairKeysIT::handOut);
    server.start();
    for (int member = 1; member <= MEMBERS; member++) {
      Files.createDirectories(auth(member));
      write(auth(member).resolve(KeyRing.KEYS_FILE), ring(base64(MESH_KEY)).toJson());
      write(auth(member).resolve(KeyRing.TOKENS_FILE), ring(TOKEN).toJson());
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Process agent : agents) {
      if (agent != null) {
        agent.destroyForcibly().waitFor();
      }
    }
    server.stop(0);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static KeyRing ring(String secret) {
    return new KeyRing(List.of(new KeyRing.Entry(1, secret, Instant.EPOCH, null)));
  }

  private static String name(int member) {
    return "node-" + member;
  }

  private static InetAddress address(int member) {
    return InetAddress.ofLiteral("127.77.0." + member);
  }

  private Path auth(int member) {
    return folder.resolve("auth-" + member);
  }

  private static byte[] nodeKey(String node) {
    return KeyDerivation.node(MASTER, "uid", node, "g");
  }

  private static byte[] pairKey(int from, int to) {
    return KeyDerivation.pair(nodeKey(name(to)), name(from), "g");
  }

  /** As the operator does, to whom the pod's token names the node. */
  private static void handOut(HttpExchange exchange) throws IOException {
    try (exchange) {
      String node = exchange.getRequestHeaders().getFirst("Authorization").substring(7);
      TreeMap<String, List<KeyRing.Entry>> pairs = new TreeMap<>();
      TreeMap<String, NodeKeys.Sender> senders = new TreeMap<>();
      for (int other = 1; other <= MEMBERS; other++) {
        if (!name(other).equals(node)) {
          byte[] key = KeyDerivation.pair(nodeKey(name(other)), node, "g");
          pairs.put(name(other), ring(base64(key)).entries());
          senders.put(
              name(other), new NodeKeys.Sender("g", List.of(address(other).getHostAddress())));
        }
      }
      byte[] body =
          new NodeKeys("uid", node, "1", ring(base64(nodeKey(node))).entries(), pairs, senders)
              .toJson();
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives a node's pod what it asks for keys by, or takes it away: the next agent has it. */
  private void setOwnKeys(int member, boolean own) throws IOException {
    Path token = auth(member).resolve(KeyService.TOKEN_FILE);
    if (own) {
      Files.writeString(token, name(member));
      String url = "https://127.0.0.1:" + server.getAddress().getPort();
      String authority = Files.readString(folder.resolve("tls/ca.crt"));
      Files.writeString(
          auth(member).resolve(KeyService.FILE),
          new KeyService(url, authority, "uid", "1").toJson());
    } else {
      Files.delete(token);
    }
  }

  private Path config(int member, boolean byPair) {
    StringBuilder targets = new StringBuilder();
    for (int other = 1; other <= MEMBERS; other++) {
      if (other != member) {
        targets.append(
            "    - {name: %s, ip: %s, port: %d}%n"
                .formatted(name(other), address(other).getHostAddress(), PORT));
      }
    }
    Path file = folder.resolve(name(member) + ".yaml");
    write(
        file,
        """
        version: 1
        mesh: lab
        source: {name: %s}
        summarization: {interval: 1}
        retention: 600
        ports: {default: {timeout: 1000, base_port: 27000, payload_bytes: 200}}
        port_groups: {default: [{port: default, count: %d}]}
        rate_limits: {default: {cps: 20}}
        tests: [{targets: default, port_group: default, rate_limit: default}]
        %s
        targets:
          default:
        %s
        """
            .formatted(name(member), FLOWS, byPair ? "keys: pair" : "", targets)
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return file;
  }

  private void launch(int member, boolean byPair) throws Exception {
    Path state = folder.resolve("state-" + member);
    Files.createDirectories(state);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.llamamesh.agent.main.AgentMain",
                "agent",
                "--bind",
                address(member).getHostAddress(),
                "--auth-dir",
                auth(member).toString(),
                "--state-dir",
                state.toString(),
                "--config",
                config(member, byPair).toString()));
    agents[member] =
        BoundProcess.start(
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                    ProcessBuilder.Redirect.appendTo(
                        folder.resolve(name(member) + ".log").toFile())));
  }

  /** Waits until it probes and is answered: who does not probe yet cannot see that others drain. */
  private static void awaitProbing(int member) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(() ->
            json(member, "/readyz").get("ready").asBoolean()
                && json(member, "/status?verbose").get("flows").asInt() == FLOWS * (MEMBERS - 1)
                && json(member, "/status?verbose").get("probes").get("received").asInt() > 50);
  }

  private void end(int member) throws InterruptedException {
    agents[member].destroy(); // by SIGTERM, so that it drains
    assertThat(agents[member].waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(agents[member].exitValue()).isZero();
  }

  /** As an operator writes it to running agents. */
  private void setConfigs(boolean byPair) throws Exception {
    for (int member = 1; member <= MEMBERS; member++) {
      config(member, byPair);
      assertThat(
              new ProcessBuilder("kill", "-HUP", Long.toString(agents[member].pid()))
                  .start()
                  .waitFor())
          .isZero();
    }
  }

  private static JsonNode json(int member, String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://" + address(member).getHostAddress() + ":" + PORT + path)
                .toURL()
                .openConnection();
    connection.setRequestProperty("Authorization", "Bearer " + TOKEN);
    connection.setRequestProperty("Connection", "close"); // it may be another agent next time
    connection.setConnectTimeout(5000);
    connection.setReadTimeout(5000);
    try (var body = connection.getInputStream()) {
      return ResultsJson.mapper().readTree(body);
    }
  }

  private static int reflected(int member, String what) throws IOException {
    return json(member, "/status?verbose").get("reflected").get(what).asInt();
  }

  private static void awaitTargetsByPair(int wanted) {
    for (int member = 1; member <= MEMBERS; member++) {
      int each = member;
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .untilAsserted(
              () -> assertThat(keys(each).get("targetsByPair").asInt()).isEqualTo(wanted));
    }
  }

  private static JsonNode keys(int member) throws IOException {
    return json(member, "/readyz").get("keys");
  }

  private static Stream<JsonNode> points(int member) {
    try {
      return json(member, "/influxdata?after=0:0&limit=1000")
          .valueStream()
          .filter(point -> point.get("measurement").asText().equals("raw_stats"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double total(int member, String field, long from) {
    return points(member)
        .filter(point -> Instant.parse(point.get("time").asText()).getEpochSecond() > from)
        .mapToDouble(point -> point.get("fields").path(field).asDouble())
        .sum();
  }

  private static void awaitWindowAfter(long second) {
    for (int member = 1; member <= MEMBERS; member++) {
      int each = member;
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> total(each, "sent", second) > 0);
    }
  }

  @Test
  void aSwitchToKeysOfPairsAndBackLosesNoProbeAndForgeriesOfARootCountForNobody() throws Exception {
    for (int member = 1; member <= MEMBERS; member++) {
      launch(member, false);
    }
    for (int member = 1; member <= MEMBERS; member++) {
      awaitProbing(member);
    }
    long began = Instant.now().getEpochSecond() + 2;
    awaitWindowAfter(began + 1);

    setConfigs(true);
    for (int member = 1; member <= MEMBERS; member++) {
      end(member);
      setOwnKeys(member, true);
      launch(member, true);
      awaitProbing(member);
    }
    awaitTargetsByPair(MEMBERS - 1);
    // A pod made anew has no keys at first, and the others know it by them only.
    end(1);
    Files.delete(folder.resolve("state-1/node-keys.json"));
    launch(1, true);
    awaitProbing(1);
    awaitTargetsByPair(MEMBERS - 1);
    awaitWindowAfter(Instant.now().getEpochSecond() + 1);

    rootOfTheThirdForges();

    setConfigs(false);
    for (int member = 1; member <= MEMBERS; member++) {
      end(member);
      setOwnKeys(member, false);
      launch(member, false);
      awaitProbing(member);
    }
    awaitWindowAfter(Instant.now().getEpochSecond() + 1);
    for (int member = 1; member <= MEMBERS; member++) {
      assertThat(total(member, "received", began)).as("received by %s", member).isPositive();
      assertThat(total(member, "lost", began)).as("lost by %s", member).isZero();
    }
  }

  /** It has the mesh's key and those of its own pairs, and sends in the first's name. */
  private static void rootOfTheThirdForges() throws IOException {
    try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(address(1), 0))) {
      final int unkeyed = reflected(2, "unkeyed");
      final int notByPair = reflected(2, "notByPair");
      assertThat(isAnswered(socket, byPair(pairKey(3, 2)))).isFalse();
      assertThat(isAnswered(socket, byPair(pairKey(2, 3)))).isFalse();
      assertThat(reflected(2, "unkeyed")).isGreaterThanOrEqualTo(unkeyed + 2);

      assertThat(isAnswered(socket, byMesh())).as("as those from outside").isTrue();
      assertThat(reflected(2, "notByPair")).isEqualTo(notByPair + 1);
      // The pair's own key is what opens it.
      assertThat(isAnswered(socket, byPair(pairKey(1, 2)))).isTrue();
    }
  }

  private static byte[] frame() {
    ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
    ProbeWriter.frame(bytes, LENGTH, 0);
    ProbeWriter.signature(bytes, 1, 2, 3);
    ProbeWriter.sent(bytes, 1);
    return bytes.array();
  }

  private static byte[] byPair(byte[] key) {
    byte[] probe = frame();
    PairSigners signers = new PairSigners();
    signers.offer(Map.of("b", List.of(new PairKey(KeyDerivation.number(key), key))), Instant.EPOCH);
    assertThat(
            signers
                .of("b", new InetSocketAddress(address(2), PORT))
                .trySignTest(ByteBuffer.wrap(probe), 0))
        .isTrue();
    return probe;
  }

  private static byte[] byMesh() {
    byte[] probe = frame();
    ProbeKeys.NONE.with(1, MESH_KEY, true).sign(ByteBuffer.wrap(probe), 0, 1);
    return probe;
  }

  private static boolean isAnswered(DatagramSocket socket, byte[] probe) throws IOException {
    socket.setSoTimeout(1000);
    socket.send(new DatagramPacket(probe, probe.length, address(2), PORT));
    try {
      socket.receive(new DatagramPacket(new byte[LENGTH], LENGTH));
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }
}
