package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.ReaderKeys;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.NodeCredentials;
import io.llamamesh.scraper.auth.TokenFile;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.Points;
import io.llamamesh.testkit.LocalhostIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A scraper of a mesh whose nodes have tokens of their own, over HTTP: who has all that is on one
 * node posts as no other.
 */
final class NodeCredentialsTest {
  private static final byte[] OURS = key(1);
  private static final byte[] OTHERS = key(2);

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicReference<ReaderKeys> answer = new AtomicReference<>(keys(false));
  private HttpsServer operator;
  private FakeAgent agent;
  private ScraperRun scraper;

  @BeforeEach
  void start() throws Exception {
    LocalhostIdentity identity = LocalhostIdentity.in(folder.resolve("tls"));
    operator = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    operator.setHttpsConfigurator(new HttpsConfigurator(identity.context()));
    operator.createContext(
        KeyService.PATH,
        exchange -> {
          try (exchange) {
            boolean ours =
                "Bearer pod.token.x".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = ours ? answer.get().toJson() : new byte[0];
            exchange.sendResponseHeaders(ours ? 200 : 401, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
          }
        });
    Files.writeString(
        folder.resolve("tokens.json"),
        """
        [{"id":1,"key":"mesh","signFrom":"2020-01-01T00:00:00Z"}]
        """);
    Files.writeString(folder.resolve(KeyService.TOKEN_FILE), "pod.token.x\n");
    Files.writeString(
        folder.resolve(KeyService.FILE),
        new KeyService(
                "https://127.0.0.1:" + operator.getAddress().getPort(),
                Files.readString(identity.certificate()),
                "uid",
                "1")
            .toJson());
    agent = FakeAgent.start();
    scraper = scraper();
  }

  @AfterEach
  void stop() {
    scraper.close();
    agent.close();
    operator.stop(0);
    http.close();
  }

  private ScraperRun scraper() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return ScraperRun.start(
        new ScraperConfig(
                "m",
                any,
                Duration.ofSeconds(1),
                Duration.ofHours(1),
                Duration.ofSeconds(1),
                new Limits(1, Duration.ofMillis(50)))
            .withIngest(any),
        new StaticAgents(agent.address(), 1),
        null,
        CursorStore.NONE,
        Leadership.ALONE,
        TokenFile.open(folder, InstantSource.system()),
        NodeCredentials.start(folder));
  }

  @Test
  void aNodePostsItsOwnPointsAndNoOthers() throws Exception {
    operator.start();
    String ours = KeyDerivation.postToken(OURS);
    await().until(() -> post(ours, pair("ours", "x")).statusCode() == 200);

    assertThat(post(ours, pair("ours", "x"), reflected("ours")).statusCode()).isEqualTo(200);
    assertThat(post(ours, pair("other", "x")).statusCode()).isEqualTo(403);
    assertThat(post(ours, pair("ours", "x"), pair("other", "x")).statusCode()).isEqualTo(403);
    assertThat(post(ours, reflected("other")).statusCode()).isEqualTo(403);
    assertThat(post(ours, nameless()).statusCode()).isEqualTo(403);
    assertThat(post(ours, pair("ours ", "x")).statusCode()).isEqualTo(403);
    assertThat(post(ours, pair("OURS", "x")).statusCode()).isEqualTo(403);
    assertThat(scraper.metrics()).contains("llamamesh_scraper_foreign_points_total 6.0");
    assertThat(page()).contains("ours").doesNotContain("other");
  }

  @Test
  void whatElseIsOnANodePostsAsNobody() throws Exception {
    operator.start();
    await().until(() -> post(KeyDerivation.postToken(OURS), pair("ours", "x")).statusCode() == 200);

    assertThat(post("mesh", pair("other", "x")).statusCode()).isEqualTo(403);
    assertThat(post("mesh", pair("ours", "x")).statusCode()).isEqualTo(403);
    assertThat(post(KeyDerivation.readToken(OURS), pair("ours", "x")).statusCode()).isEqualTo(401);
    assertThat(post("pod.token.x", pair("other", "x")).statusCode()).isEqualTo(401);
    assertThat(post(KeyDerivation.postToken(key(3)), pair("other", "x")).statusCode())
        .isEqualTo(401);
    // Which the scraper itself has of another node: it cannot post with it either.
    String hash = KeyDerivation.hash(KeyDerivation.postToken(OTHERS));
    assertThat(post(hash, pair("other", "x")).statusCode()).isEqualTo(401);
    assertThat(page()).doesNotContain("other");
  }

  @Test
  void anAgentOfAnOlderTemplateStillPostsByTheMeshsToken() throws Exception {
    answer.set(keys(true));
    operator.start();

    await().until(() -> post("mesh", pair("other", "x")).statusCode() == 200);
    assertThat(post("mesh", pair("ours", "x")).statusCode()).isEqualTo(403);
  }

  @Test
  void untilTokensAreKnownWindowsStayWithTheirAgents() throws Exception {
    assertThat(post(KeyDerivation.postToken(OURS), pair("ours", "x")).statusCode()).isEqualTo(503);
    assertThat(post("mesh", pair("ours", "x")).statusCode()).isEqualTo(503);

    operator.start();

    await().until(() -> post(KeyDerivation.postToken(OURS), pair("ours", "x")).statusCode() == 200);
  }

  @Test
  void theLastTokensAreTakenWhileTheOperatorIsAway() throws Exception {
    operator.start();
    await().until(() -> post(KeyDerivation.postToken(OURS), pair("ours", "x")).statusCode() == 200);

    operator.stop(0);

    assertThat(post(KeyDerivation.postToken(OURS), pair("ours", "y")).statusCode()).isEqualTo(200);
    assertThat(post(KeyDerivation.postToken(OURS), pair("other", "y")).statusCode()).isEqualTo(403);
  }

  private HttpResponse<String> post(String token, Point... points)
      throws IOException, InterruptedException {
    InetSocketAddress address = Objects.requireNonNull(scraper.ingestAddress());
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + "/ingest"))
            .header("Authorization", "Bearer " + token)
            .POST(
                HttpRequest.BodyPublishers.ofByteArray(
                    ResultsJson.mapper().writeValueAsBytes(points)))
            .build(),
        BodyHandlers.ofString());
  }

  private String page() throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:" + scraper.address().getPort() + "/api/v1/matrix"))
                .build(),
            BodyHandlers.ofString(StandardCharsets.UTF_8))
        .body();
  }

  private static Point pair(String source, String destination) {
    return Points.pair(source, destination, now(), 10, 0, 1);
  }

  private static Point reflected(String destination) {
    return new Point(
        Point.REFLECTED_STATS,
        now(),
        Map.of(Point.Tags.SRC_IP, "192.0.2.1", Point.Tags.DST_NAME, destination),
        Map.of(Point.Fields.REFLECTED, 1.0));
  }

  private static Point nameless() {
    return new Point(Point.RAW_STATS, now(), Map.of(), Map.of(Point.Fields.SENT, 1.0));
  }

  private static Instant now() {
    return Instant.ofEpochSecond(Instant.now().getEpochSecond());
  }

  private static ReaderKeys keys(boolean otherIsOlder) {
    return new ReaderKeys(
        "uid", List.of(node("ours", OURS, false), node("other", OTHERS, otherIsOlder)));
  }

  private static ReaderKeys.NodeTokens node(String name, byte[] key, boolean older) {
    return new ReaderKeys.NodeTokens(
        name,
        List.of(new KeyRing.Entry(1, KeyDerivation.readToken(key), Instant.EPOCH, null)),
        List.of(KeyDerivation.hash(KeyDerivation.postToken(key))),
        older);
  }

  private static byte[] key(int seed) {
    byte[] key = new byte[32];
    Arrays.fill(key, (byte) seed);
    return key;
  }
}
