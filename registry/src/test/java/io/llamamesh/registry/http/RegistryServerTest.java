package io.llamamesh.registry.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llamamesh.registry.directory.RegistrySettings;
import io.llamamesh.registry.directory.SavedProbe;
import io.llamamesh.registry.http.RunningRegistry.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is beyond llama-sd's server: proxies, tokens, bounds, entity tags, the API's description.
 */
final class RegistryServerTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String TOKEN = "0123456789abcdef0123";

  private static String probe(String name) {
    return """
    {"port":8100,"keepalive":300,"group":"wan",\
    "tags":{"version":"1","probe_shortname":"%s","probe_name":"%s"}}\
    """
        .formatted(name, name);
  }

  @Test
  void forwardedForIsNotBelievedFromAnybody() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      assertThat(registry.get("/api/v1/my_ip_address", "X-Forwarded-For: 198.51.100.1").body())
          .isEqualTo("{\"ip\":\"127.0.0.1\"}\n");
    }
  }

  @Test
  void behindATrustedProxyTheLastAddressThatItDidNotMakeUpCounts() throws Exception {
    try (RunningRegistry registry = RunningRegistry.behind("127.0.0.0/8", "10.0.0.0/8")) {
      assertThat(
              registry
                  .get("/api/v1/my_ip_address", "X-Forwarded-For: 8.8.8.8, 198.51.100.1, 10.0.0.7")
                  .body())
          .isEqualTo("{\"ip\":\"198.51.100.1\"}\n");
      registry.register(probe("a"), "X-Forwarded-For: 198.51.100.1");
      registry.register(probe("b"), "X-Forwarded-For: 9.9.9.9", "X-Forwarded-For: 198.51.100.2");
      Response config =
          registry.get(
              "/api/v1/config/wan?llamaport=8100", "X-Forwarded-For: 7.7.7.7, 198.51.100.2");
      assertThat(config.status()).isEqualTo(200);
      assertThat(config.body())
          .contains("\"198.51.100.1\"", "\"127.0.0.1\"", "src_name: \"b\"")
          .doesNotContain("198.51.100.2", "9.9.9.9");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "|127.0.0.1",
        "unknown|127.0.0.1",
        "198.51.100.1:4711|198.51.100.1",
        "[2001:db8::1]:4711|2001:db8:0:0:0:0:0:1",
        "198.51.100.1, nonsense|127.0.0.1",
        "nonsense, 198.51.100.1|198.51.100.1",
        "10.0.0.1|10.0.0.1",
        "127.0.0.9, 127.0.0.8|127.0.0.9"
      })
  void whatProxiesWriteIsReadAsFarAsItMakesSense(String value, String client) {
    TrustedProxies proxies =
        new TrustedProxies(
            List.of(io.llamamesh.registry.directory.AddressBlock.parse("127.0.0.0/8")));
    assertThat(
            proxies
                .client(
                    InetAddress.ofLiteral("127.0.0.1"), value == null ? List.of() : List.of(value))
                .getHostAddress())
        .isEqualTo(client);
  }

  private static RunningRegistry guarded(Path folder) throws IOException {
    Path file = folder.resolve("tokens");
    Files.writeString(file, "# old and new\n" + TOKEN + "\nanother-token-of-them\n");
    return new RunningRegistry(
        RegistrySettings.DEFAULT,
        AccessTokens.of(file, System::nanoTime),
        List.of(),
        100_000,
        null);
  }

  @Test
  void withATokenFileDataAreForThoseWhoShowOne(@TempDir Path folder) throws Exception {
    try (RunningRegistry registry = guarded(folder)) {
      for (String path :
          List.of(
              "/api/v1/list",
              "/api/v1/list/wan",
              "/api/v1/config/wan",
              "/api/v1/scraper",
              "/api/v1/conflicts",
              "/metrics")) {
        Response refused = registry.get(path);
        assertThat(refused.status()).as(path).isEqualTo(401);
        assertThat(refused.header("WWW-Authenticate")).contains("Bearer", "Basic");
        assertThat(registry.get(path, "Authorization: bearer " + TOKEN).status())
            .as(path)
            .isNotEqualTo(401);
      }
      assertThat(registry.register(probe("a")).status()).isEqualTo(401);
      assertThat(registry.registry().counts().probes()).isZero();
      assertThat(
              registry.register(probe("a"), "Authorization: Bearer another-token-of-them").status())
          .isEqualTo(200);
      for (String path :
          List.of(
              "/",
              "/healthz",
              "/readyz",
              "/api/v1/my_ip_address",
              "/api/v1/interval",
              "/api/v1/openapi.yaml",
              "/api/v1/openapi.json")) {
        assertThat(registry.get(path).status()).as(path).isEqualTo(200);
      }
    }
  }

  @Test
  void clientsThatKnowUrlsOnlyShowTheTokenAsPassword(@TempDir Path folder) throws Exception {
    try (RunningRegistry registry = guarded(folder)) {
      String login = Base64.getEncoder().encodeToString(("probe:" + TOKEN).getBytes(UTF_8));
      assertThat(registry.register(probe("a"), "Authorization: Basic " + login).status())
          .isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer", "Bearer ", "Bearer 0123456789abcdef012", "Bearer 0123456789abcdef01234",
        "Token 0123456789abcdef0123", "0123456789abcdef0123", "Basic !!!", "Basic cHJvYmU=",
        "Bearer # old and new"
      })
  void whatIsNoTokenDoesNotLetIn(String authorization, @TempDir Path folder) throws Exception {
    try (RunningRegistry registry = guarded(folder)) {
      assertThat(registry.get("/api/v1/list", "Authorization: " + authorization).status())
          .isEqualTo(401);
    }
  }

  @Test
  void tokensAreReadAgainWhenTheirFileChanges(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("tokens");
    Files.writeString(file, TOKEN);
    long[] nanos = {0};
    AccessTokens tokens = AccessTokens.of(file, () -> nanos[0]);
    Files.writeString(file, "the-next-token-of-all");
    Files.setLastModifiedTime(
        file, java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
    nanos[0] += 5_000_000_000L;
    assertThat(tokens.accepts("Bearer the-next-token-of-all")).isTrue();
    assertThat(tokens.accepts("Bearer " + TOKEN)).isFalse();
    Files.delete(file);
    nanos[0] += 5_000_000_000L;
    assertThat(tokens.accepts("Bearer the-next-token-of-all")).isTrue();
  }

  @Test
  void aFileWithoutALongEnoughTokenIsRefused(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("tokens");
    Files.writeString(file, "# nothing\n\n");
    assertThatThrownBy(() -> AccessTokens.of(file, System::nanoTime))
        .hasMessageContaining("holds no token");
    Files.writeString(file, "short\n");
    assertThatThrownBy(() -> AccessTokens.of(file, System::nanoTime))
        .hasMessageContaining("less than 16", "openssl rand");
  }

  @Test
  void whoAsksTooOftenWaitsAndOthersDoNot() {
    long[] nanos = {0};
    ClientRateLimiter rates = new ClientRateLimiter(60, () -> nanos[0]);
    InetAddress loud = InetAddress.ofLiteral("198.51.100.1");
    for (int i = 0; i < 60; i++) {
      assertThat(rates.take(loud)).isZero();
    }
    assertThat(rates.take(loud)).isEqualTo(1);
    assertThat(rates.take(InetAddress.ofLiteral("198.51.100.2"))).isZero();
    nanos[0] += 1_000_000_000L;
    assertThat(rates.take(loud)).isZero();
    assertThat(rates.take(loud)).isEqualTo(1);
  }

  @Test
  void eachReasonIsToldOnceAnHourHoweverOftenSomebodyAsks() {
    long[] nanos = {0};
    ClientRateLimiter rates = new ClientRateLimiter(600, () -> nanos[0]);
    InetAddress source = InetAddress.ofLiteral("198.51.100.1");
    int told = 0;
    for (int i = 0; i < 240; i++) {
      rates.take(source);
      told += rates.shouldLog(source, "token") ? 1 : 0;
      told += rates.shouldLog(source, i % 2 == 0 ? "body" : "rate") ? 1 : 0;
      nanos[0] += 30_000_000_000L;
    }
    assertThat(told).isEqualTo(6);
  }

  @Test
  void anIpv6SourceIsItsWholeNetwork() {
    ClientRateLimiter rates = new ClientRateLimiter(2, () -> 0);
    assertThat(rates.take(InetAddress.ofLiteral("2001:db8:1:2::1"))).isZero();
    assertThat(rates.take(InetAddress.ofLiteral("2001:db8:1:2::2"))).isZero();
    assertThat(rates.take(InetAddress.ofLiteral("2001:db8:1:2:ffff::3"))).isPositive();
    assertThat(rates.take(InetAddress.ofLiteral("2001:db8:1:3::1"))).isZero();
  }

  @Test
  void guessingTokensIsSlow(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("tokens");
    Files.writeString(file, TOKEN);
    try (RunningRegistry registry =
        new RunningRegistry(
            RegistrySettings.DEFAULT,
            AccessTokens.of(file, System::nanoTime),
            List.of(),
            60,
            null)) {
      List<Integer> answers = new ArrayList<>();
      Response last = null;
      for (int i = 0; i < 6; i++) {
        last = registry.get("/api/v1/list", "Authorization: Bearer guess-number-" + i + "-of-all");
        answers.add(last.status());
      }
      assertThat(answers).containsExactly(401, 401, 401, 429, 429, 429);
      assertThat(Integer.parseInt(last.header("Retry-After"))).isPositive();
    }
  }

  @Test
  void aBodyThatSaysItIsLongIsRefusedBeforeItIsSent() throws Exception {
    try (RunningRegistry registry = new RunningRegistry();
        Socket socket = registry.connect()) {
      socket
          .getOutputStream()
          .write(
              ("POST /api/v1/register HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\n"
                      + "Content-Length: 10485760\r\n\r\n{\"port\":8100")
                  .getBytes(UTF_8));
      assertThat(RunningRegistry.read(socket.getInputStream()).status()).isEqualTo(413);
    }
  }

  @Test
  void aBodyThatTurnsOutLongIsRefused() throws Exception {
    try (RunningRegistry registry = new RunningRegistry();
        Socket socket = registry.connect()) {
      StringBuilder chunks = new StringBuilder();
      String part = "x".repeat(4_000);
      for (int i = 0; i < 5; i++) {
        chunks
            .append(Integer.toHexString(part.length()))
            .append("\r\n")
            .append(part)
            .append("\r\n");
      }
      socket
          .getOutputStream()
          .write(
              ("POST /api/v1/register HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\n"
                      + "Transfer-Encoding: chunked\r\n\r\n"
                      + chunks
                      + "0\r\n\r\n")
                  .getBytes(UTF_8));
      assertThat(RunningRegistry.read(socket.getInputStream()).status()).isEqualTo(413);
      assertThat(registry.get("/healthz").status()).isEqualTo(200);
    }
  }

  @Test
  void tenMegabytesAreNotTakenIn() throws Exception {
    try (RunningRegistry registry = new RunningRegistry();
        Socket socket = registry.connect()) {
      socket
          .getOutputStream()
          .write(
              String.join(
                      "\r\n",
                      "POST /api/v1/register HTTP/1.1",
                      "Host: r",
                      "Content-Type: application/json",
                      "Transfer-Encoding: chunked",
                      "",
                      "")
                  .getBytes(UTF_8));
      byte[] chunk = ("fff0\r\n" + " ".repeat(0xfff0) + "\r\n").getBytes(UTF_8);
      try {
        for (int sent = 0; sent < 10 << 20; sent += chunk.length) {
          socket.getOutputStream().write(chunk);
        }
        socket.getOutputStream().write("d\r\n{\"port\":8100}\r\n0\r\n\r\n".getBytes(UTF_8));
      } catch (SocketException e) {
        // The server has ended it, as it may.
      }
      RunningRegistry.awaitEnd(socket);
      assertThat(registry.get("/healthz").status()).isEqualTo(200);
      assertThat(registry.registry().counts().probes()).isZero();
    }
  }

  @Test
  void headsAreBounded() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      int status = 0;
      try {
        status = registry.get("/api/v1/list", "X-Filler: " + "x".repeat(20_000)).status();
      } catch (IOException e) {
        // The server has ended it without an answer, as it may.
      }
      assertThat(status).isNotEqualTo(200);
      assertThat(registry.get("/healthz").status()).isEqualTo(200);
    }
  }

  @Test
  void slowClientsAreCutAndHinderNobody() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try (RunningRegistry registry = new RunningRegistry()) {
      for (int i = 0; i < 40; i++) {
        Socket half = registry.connect();
        slow.add(half);
        half.getOutputStream()
            .write(
                (i % 2 == 0
                        ? "GET /api/v1/list HTTP/1.1\r\nHo"
                        : "POST /api/v1/register HTTP/1.1\r\nHost: r\r\nContent-Length: 100\r\n"
                            + "Content-Type: application/json\r\n\r\n{\"po")
                    .getBytes(UTF_8));
        half.getOutputStream().flush();
      }
      assertThat(registry.register(probe("a")).status()).isEqualTo(200);
      for (Socket half : slow) {
        RunningRegistry.awaitEnd(half);
      }
    } finally {
      for (Socket half : slow) {
        half.close();
      }
    }
  }

  @Test
  void aRequestThatIsCutShortLeavesNoEntry() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      try (Socket socket = registry.connect()) {
        socket
            .getOutputStream()
            .write(
                ("POST /api/v1/register HTTP/1.1\r\nHost: r\r\nContent-Length: 1000\r\n"
                        + "Content-Type: application/json\r\n\r\n{\"port\":8100}")
                    .getBytes(UTF_8));
        socket.shutdownOutput();
        assertThat(RunningRegistry.read(socket.getInputStream()).status()).isEqualTo(400);
      }
      assertThat(registry.registry().counts().probes()).isZero();
    }
  }

  @Test
  void nobodyAimsTheMeshAtAStranger() throws Exception {
    try (RunningRegistry registry = RunningRegistry.behind("127.0.0.0/8")) {
      Response answer =
          registry.register("{\"port\":53,\"ip\":\"8.8.8.8\"}", "X-Forwarded-For: 198.51.100.1");
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.body()).contains("not where this registration comes from");
      assertThat(registry.get("/api/v1/list").body()).isEqualTo("{}\n");
    }
  }

  @Test
  void anUnchangedConfigIsNotSentAgain() throws Exception {
    try (RunningRegistry registry = RunningRegistry.behind("127.0.0.0/8")) {
      String p1 = "X-Forwarded-For: 198.51.100.1";
      String p2 = "X-Forwarded-For: 198.51.100.2";
      String path = "/api/v1/config/wan?llamaport=8100";
      registry.register(probe("a"), p1);
      Response alone = registry.get(path, p1);
      String first = alone.header("ETag");
      assertThat(first).matches("\"[0-9a-f]{32}\"");
      assertThat(alone.header("Cache-Control")).isEqualTo("private, no-cache");
      registry.register(probe("a"), p1);
      Response same = registry.get(path, p1, "If-None-Match: " + first);
      assertThat(same.status()).isEqualTo(304);
      assertThat(same.body()).isEmpty();
      assertThat(registry.get(path, p1, "If-None-Match: \"x\", W/" + first).status())
          .isEqualTo(304);
      registry.register(probe("b"), p2);
      Response both = registry.get(path, p1, "If-None-Match: " + first);
      assertThat(both.status()).isEqualTo(200);
      assertThat(both.header("ETag")).isNotEqualTo(first);
      Response other = registry.get(path, p2, "If-None-Match: " + both.header("ETag"));
      assertThat(other.status()).isEqualTo(200);
      assertThat(other.body()).contains("src_name: \"b\"");
    }
  }

  @Test
  void aRegistryPutBackToAnOldFileDoesNotTakeAnotherConfigForTheKnownOne() throws Exception {
    String p1 = "X-Forwarded-For: 198.51.100.1";
    String path = "/api/v1/config/wan?llamaport=8100";
    List<SavedProbe> yesterday;
    String known;
    try (RunningRegistry registry = RunningRegistry.behind("127.0.0.0/8")) {
      registry.register(probe("a"), p1);
      yesterday = registry.registry().save();
      registry.register(probe("b"), "X-Forwarded-For: 198.51.100.2");
      known = registry.get(path, p1).header("ETag");
    }
    try (RunningRegistry registry = RunningRegistry.behind("127.0.0.0/8")) {
      assertThat(registry.registry().restore(yesterday)).isZero();
      // As many changes as before, to something else.
      registry.register(probe("c"), "X-Forwarded-For: 198.51.100.2");
      Response answer = registry.get(path, p1, "If-None-Match: " + known);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).contains("dst_name: \"c\"").doesNotContain("dst_name: \"b\"");
    }
  }

  @Test
  void whoWantsLittleGetsItsOwnEntryAndItsConflict() throws Exception {
    try (RunningRegistry registry = RunningRegistry.behind("127.0.0.0/8")) {
      String p1 = "X-Forwarded-For: 198.51.100.1";
      Response alone = registry.register(probe("b"), p1, "Prefer: return=minimal");
      assertThat(alone.header("Preference-Applied")).isEqualTo("return=minimal");
      JsonNode entry = JSON.readTree(alone.body());
      assertThat(entry.path("entry").path("id").asText()).isEqualTo("198.51.100.1:8100");
      assertThat(entry.has("conflict")).isFalse();
      registry.register(probe("b"), "X-Forwarded-For: 198.51.100.2");
      JsonNode conflict =
          JSON.readTree(registry.register(probe("b"), p1, "Prefer: return=minimal").body())
              .path("conflict");
      assertThat(conflict.path("state").asText()).isEqualTo("shadowed");
      assertThat(conflict.path("winner").asText()).isEqualTo("b at 198.51.100.2:8100");
      assertThat(JSON.readTree(registry.get("/api/v1/conflicts").body()).get(0))
          .isEqualTo(conflict);
    }
  }

  @Test
  void instancesAreNotShown() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      String json = probe("a").replace("\"port\"", "\"instance\":\"a-secret-of-mine\",\"port\"");
      assertThat(registry.register(json).body()).doesNotContain("a-secret");
      assertThat(registry.get("/api/v1/list").body()).doesNotContain("a-secret", "instance");
      assertThat(
              registry
                  .get("/api/v1/config/wan?llamaport=8100", "Llama-Instance: a-secret-of-mine")
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void thePathsThatAreServedAreThoseThatAreDescribed() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      JsonNode yaml = new YAMLMapper().readTree(registry.get("/api/v1/openapi.yaml").body());
      JsonNode json = JSON.readTree(registry.get("/api/v1/openapi.json").body());
      assertThat(json).isEqualTo(yaml);
      List<String> described = new ArrayList<>();
      yaml.path("paths").fieldNames().forEachRemaining(described::add);
      RegistryApi api =
          new RegistryApi(
              registry.registry(),
              version -> {},
              new RegistryMetrics(registry.registry(), java.time.InstantSource.system()),
              AccessTokens.open(),
              new TrustedProxies(List.of()),
              1,
              System::nanoTime);
      assertThat(described).containsExactlyInAnyOrderElementsOf(api.paths());
      registry.register(probe("a"));
      for (String path : described) {
        String method = path.endsWith("/register") ? "POST" : "GET";
        String real = path.replace("{group}", "wan");
        Response answer = registry.send(RunningRegistry.request(method, real, probe("a")));
        assertThat(
                yaml.at("/paths/" + path.replace("/", "~1"))
                    .path(method.toLowerCase(java.util.Locale.ROOT))
                    .path("responses")
                    .path("200")
                    .path("content")
                    .has(answer.header("Content-Type").split(";", 2)[0]))
            .as(path)
            .isTrue();
      }
    }
  }

  @Test
  void aPortThatIsTakenIsToldWithTheOption() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      InetSocketAddress taken =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), registry.port());
      assertThatThrownBy(() -> RegistryServer.bind(taken, null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("choose another --host or --port");
    }
  }

  /**
   * Its pod is new and its folder empty: a config of what is there so far would stop all others.
   */
  @Test
  void whileItFillsAgainNobodyTakesWhatIsThereForTheWhole() throws Exception {
    try (RunningRegistry registry = new RunningRegistry()) {
      registry.registry().settleFor(3_600_000_000_000L);
      assertThat(
              registry
                  .register("{\"port\":8100,\"group\":\"wan\",\"instance\":\"an-instance\"}")
                  .status())
          .isEqualTo(200);

      assertThat(registry.get("/api/v1/list").status()).isEqualTo(503);
      assertThat(registry.get("/api/v1/list/wan").status()).isEqualTo(503);
      assertThat(registry.get("/api/v1/list").header("Retry-After")).isEqualTo("15");
      assertThat(
              registry
                  .get("/api/v1/config/wan?llamaport=8100", "Llama-Instance: an-instance")
                  .status())
          .isEqualTo(503);
      assertThat(registry.get("/readyz").status()).isEqualTo(200);
      // Llama-sd's probe would run without targets on what it gets instead.
      assertThat(registry.get("/api/v1/config/wan?llamaport=8100").status()).isNotEqualTo(503);

      registry.registry().settleFor(0);
      assertThat(registry.get("/api/v1/list").status()).isEqualTo(200);
    }
  }
}
