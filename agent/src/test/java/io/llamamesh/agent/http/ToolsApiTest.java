package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.burst.BurstLimits;
import io.llamamesh.agent.burst.BurstResult;
import io.llamamesh.agent.burst.BurstSpread;
import io.llamamesh.agent.burst.BurstTargets;
import io.llamamesh.agent.burst.Bursts;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.config.PlanMapper;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.net.Cidr;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.silence.SilenceStore;
import io.llamamesh.agent.silence.Silences;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.SilencedNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToolsApiTest {

  private static final String CONFIG =
      """
      version: 1
      ports: {default: {tos: 0, timeout: 1000}}
      port_groups: {default: [{port: default, count: 4}]}
      rate_limits: {slow: {cps: 1}}
      tests: [{targets: all, port_group: default, rate_limit: slow}]
      targets: {all: [{ip: 10.0.0.5, port: 8100, name: node-5}]}
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final FakeSilenceStore store = new FakeSilenceStore();
  private final CountDownLatch release = new CountDownLatch(1);
  private volatile boolean held;
  private Bursts bursts;
  private ApiServer api;

  /** A store in memory. */
  private static final class FakeSilenceStore implements SilenceStore {
    private final Map<String, SilencedNode> kept = new TreeMap<>();

    @Override
    public List<SilencedNode> read() {
      return List.copyOf(kept.values());
    }

    @Override
    public void write(SilencedNode silence) {
      kept.put(silence.node(), silence);
    }

    @Override
    public void remove(String node) {
      kept.remove(node);
    }
  }

  @BeforeEach
  void start() throws Exception {
    CollectorConfig config = CollectorConfigYaml.read(CONFIG, 8100).config();
    ProbePlan plan =
        new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.1"), "node-1")
            .map(config, name -> null)
            .plan();
    BurstTargets targets = BurstTargets.of(config, plan);
    bursts =
        new Bursts(
            () -> "node-1", () -> targets, this::probe, BurstSpread.ALONE, InstantSource.system());
    api =
        ApiServer.start(
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
                () -> null,
                FabricServices.off(),
                Map::of,
                new WindowArchive("boot"),
                new CollectorCounters(),
                new ReflectorCounters(),
                null),
            InstantSource.system(),
            // Everybody may read, and only who has the token may act.
            TokenCheck.of("secret"::equals, List.of(Cidr.parse("0.0.0.0/0"))),
            LossRule.NETWORK,
            false);
    offer(TokenCheck.of("secret"::equals, List.of()));
  }

  private void offer(TokenCheck actors) {
    offer(actors, InstantSource.system());
  }

  private void offer(TokenCheck actors, InstantSource clock) {
    api.offer(
        new ToolsApi(
            bursts,
            new Silences(store, "node-5"::equals, clock),
            actors,
            new SplittableRandom(3),
            clock));
  }

  @AfterEach
  void stop() {
    release.countDown();
    bursts.close();
    api.close();
    http.close();
  }

  private BurstResult probe(ProbePlan plan, Duration length) throws InterruptedException {
    if (held) {
      release.await();
    }
    return new BurstResult(
        List.of(
            new BurstResult.Series(
                "10.0.0.5:8100",
                "default",
                2_001,
                1_600,
                0,
                400,
                390,
                10,
                Map.of("overload", 1),
                new BurstResult.Rtt(1_000_000, 2_000_000, 3_000_000),
                List.of(new BurstResult.SourcePort(40_000, 2_001, 400, 1e6)))));
  }

  private HttpResponse<String> send(String method, String path, String body, String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http:/" + api.locals().getFirst() + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return send("POST", path, body, "secret");
  }

  private JsonNode json(HttpResponse<String> response) throws IOException {
    return ResultsJson.mapper().readTree(response.body());
  }

  private ToolsClient client() {
    return new ToolsClient("http:/" + api.locals().getFirst(), "secret");
  }

  @Test
  void aBurstIsStartedAndItsRowsAreReadUntilItIsDone() throws Exception {
    held = true;
    HttpResponse<String> started =
        post("/v1/burst", "{\"target\":\"node-5\",\"pps\":200,\"seconds\":10,\"by\":\"ann\"}");
    assertThat(started.statusCode()).isEqualTo(200);
    String id = json(started).path("id").asText();
    assertThat(json(started).path("by").asText()).isEqualTo("ann from 127.0.0.1");
    assertThat(json(started).path("state").asText()).isEqualTo("running");

    HttpResponse<String> busy = post("/v1/burst", "{\"target\":\"node-5\"}");
    assertThat(busy.statusCode()).isEqualTo(409);
    assertThat(json(busy).path("error").asText()).contains(id, "ann");
    release.countDown();

    await().until(() -> read(id).path("state").asText().equals("done"));
    JsonNode row = read(id).path("rows").path(0);
    assertThat(row.path("source").asText()).isEqualTo("node-1");
    assertThat(row.path("lossPercent").asDouble()).isEqualTo(20);
    assertThat(row.path("lossLow").asDouble()).isBetween(18.0, 19.0);
    assertThat(row.path("lossHigh").asDouble()).isBetween(21.0, 22.0);
    assertThat(row.path("series").path(0).path("ports").path(0).path("port").asInt())
        .isEqualTo(40_000);
    assertThat(json(send("GET", "/v1/burst", "", "")).path("bursts")).hasSize(1);
  }

  private JsonNode read(String id) throws Exception {
    return json(send("GET", "/v1/burst/" + id, "", ""));
  }

  @Test
  void theCommandLinePrintsARowForEachSource() throws Exception {
    ToolsClient.Outcome outcome = client().burst("node-5", 200, Duration.ofSeconds(10), "ann");

    assertThat(outcome.text())
        .isEqualTo(
            """
            node-5, 200 probes/s for 10 s from each
            SOURCE  LOSS    95% INTERVAL   LOST  SENT  LATE  P50      P99      MAX
            node-1  20.00%  18.31%-21.81%  400   2001  0     1.000ms  2.000ms  3.000ms
            node-1: 1 overload
            """);
    assertThat(outcome.isWell()).isFalse();
    assertThat(ResultsJson.mapper().readTree(outcome.json()).path("state").asText())
        .isEqualTo("done");
  }

  @Test
  void whoMayOnlyReadDoesNotActAndReads() throws Exception {
    for (String token : List.of("", "wrong")) {
      assertThat(send("POST", "/v1/burst", "{\"target\":\"node-5\"}", token).statusCode())
          .isEqualTo(401);
      assertThat(send("POST", "/v1/silences", "{}", token).statusCode()).isEqualTo(401);
      assertThat(send("DELETE", "/v1/silences/node-5", "", token).statusCode()).isEqualTo(401);
      assertThat(send("GET", "/v1/burst", "", token).statusCode()).isEqualTo(200);
      assertThat(send("GET", "/v1/silences", "", token).statusCode()).isEqualTo(200);
    }
    assertThat(bursts.running()).isEmpty();
  }

  @Test
  void ofAnAgentWithoutATokenItsOwnHostMayActAndNobodyElse() throws Exception {
    TokenCheck check = ToolsApi.sameHost();
    offer(check);

    assertThat(send("POST", "/v1/burst", "{\"target\":\"node-5\"}", "").statusCode())
        .isEqualTo(200);
    assertThat(check.accepts("", InetAddress.ofLiteral("::1"))).isTrue();
    assertThat(check.accepts("", InetAddress.ofLiteral("10.0.0.1"))).isFalse();
    assertThat(check.accepts("secret", InetAddress.ofLiteral("2001:db8::1"))).isFalse();
  }

  @Test
  void aPageThatSomebodyOpensOnTheHostDoesNotAct() throws Exception {
    offer(ToolsApi.sameHost());
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http:/" + api.locals().getFirst() + "/v1/burst"))
            .header("Origin", "http://pages.example")
            .header("Content-Type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("{\"target\":\"node-5\"}"))
            .build();

    assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(403);
    assertThat(bursts.running()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "/v1/burst;    `` ; 400",
        "/v1/burst;    [] ; 400",
        "/v1/burst;    {\"target\":\"node-5\" ; 400",
        "/v1/burst;    {\"target\":7} ; 400",
        "/v1/burst;    {\"target\":\"node-5\",\"address\":\"192.0.2.1\"} ; 400",
        "/v1/burst;    {\"target\":\"192.0.2.1\"} ; 404",
        "/v1/burst;    {\"target\":\"node-5\",\"pps\":100000} ; 400",
        "/v1/burst;    {\"target\":\"node-5\",\"pps\":1e300} ; 400",
        "/v1/burst;    {\"target\":\"node-5\",\"pps\":-1} ; 400",
        "/v1/burst;    {\"target\":\"node-5\",\"seconds\":3600} ; 400",
        "/v1/burst;    {\"target\":\"node-5\",\"seconds\":\"NaN\"} ; 400",
        "/v1/silences; {\"node\":\"node-5\",\"seconds\":60} ; 400",
        "/v1/silences; {\"node\":\"node-5\",\"because\":\"x\"} ; 400",
        "/v1/silences; {\"node\":\"node-5\",\"because\":\"x\",\"seconds\":604801} ; 400",
        "/v1/silences; {\"node\":\"node-6\",\"because\":\"x\",\"seconds\":60} ; 404"
      })
  void whatIsOutOfBoundsIsRefusedWithAReason(String path, String body, int status)
      throws Exception {
    HttpResponse<String> refusal = post(path, body);

    assertThat(refusal.statusCode()).isEqualTo(status);
    assertThat(json(refusal).path("error").asText()).isNotBlank();
    assertThat(bursts.running()).isEmpty();
    assertThat(store.kept).isEmpty();
  }

  @Test
  void aBodyThatIsTooLongIsNotRead() throws Exception {
    String body = "{\"target\":\"" + "x".repeat(ToolsApi.MAX_BODY) + "\"}";

    assertThat(post("/v1/burst", body).statusCode()).isEqualTo(413);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT /v1/burst", "DELETE /v1/burst/x", "POST /v1/silences/node-5"})
  void otherMethodsAreRefused(String request) throws Exception {
    String[] parts = request.split(" ", 2);

    assertThat(send(parts[0], parts[1], "{}", "secret").statusCode()).isEqualTo(405);
  }

  @Test
  void aSilenceIsKeptShownAndEnded() throws Exception {
    ToolsClient client = client();

    assertThat(client.silences().text()).isEqualTo("no node is silenced\n");
    assertThat(client.silence("node-5", Duration.ofHours(2), "disk swap", "ann").text())
        .startsWith("node-5 is silenced until ");
    assertThat(store.kept.get("node-5").by()).isEqualTo("ann from 127.0.0.1");
    assertThat(client.silences().text()).contains("node-5", "disk swap", "ann from 127.0.0.1");
    assertThat(client.endSilence("node-5").text()).isEqualTo("node-5 is not silenced any more\n");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> client.endSilence("node-5"))
        .withMessageContaining("404, node-5 is not silenced");
  }

  @Test
  void aSilenceEndsByTheAgentsClockWhateverTheClientsIs() throws Exception {
    Instant now = Instant.parse("2031-05-01T12:00:00.123456789Z");
    offer(TokenCheck.of("secret"::equals, List.of()), () -> now);

    assertThat(client().silence("node-5", Duration.ofHours(2), "disk swap", "ann").text())
        .startsWith("node-5 is silenced until 2031-05-01T14:00:00Z by the agent's clock, which is ")
        .contains(" min ahead of this machine's");
    assertThat(store.kept.get("node-5").until()).isEqualTo("2031-05-01T14:00:00Z");
    store.kept.clear();
    for (String end :
        List.of("\"until\":\"2040-01-01T00:00:00Z\"", "\"since\":\"2040-01-01T00:00:00Z\"")) {
      String body = "{\"node\":\"node-5\",\"because\":\"x\",\"seconds\":60," + end + "}";
      assertThat(post("/v1/silences", body).statusCode()).isEqualTo(400);
    }
    assertThat(store.kept).isEmpty();
  }

  @Test
  void whereTheClocksAgreeNothingIsSaidOfThem() throws Exception {
    assertThat(client().silence("node-5", Duration.ofHours(2), "disk swap", "ann").text())
        .matches("node-5 is silenced until [-0-9T:]+Z\n");
  }

  @Test
  void theBoundsAreThoseOfTheGuide() {
    assertThat(BurstLimits.MAX_PPS).isEqualTo(1_000);
    assertThat(BurstLimits.MAX_TARGET_PPS).isEqualTo(20_000);
    assertThat(BurstLimits.MAX_LENGTH).isEqualTo(Duration.ofSeconds(60));
  }
}
