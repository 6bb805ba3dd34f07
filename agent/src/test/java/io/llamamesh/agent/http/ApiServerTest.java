package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.PeerState;
import io.llamamesh.agent.collector.PeerStatus;
import io.llamamesh.agent.collector.TestWindows;
import io.llamamesh.agent.config.ConfigState;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.agent.net.Cidr;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.results.ResultsJson;
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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiServerTest {

  private final WindowArchive archive = new WindowArchive("b00t");
  private final HttpClient client = HttpClient.newHttpClient();
  private ApiServer api;
  private boolean open = true;
  private final List<Cidr> openTo = new ArrayList<>();
  private @Nullable String unready;

  @BeforeEach
  void start() throws IOException {
    start(false);
  }

  private void start(boolean legacyByDefault) throws IOException {
    AgentState state =
        new AgentState(
            "test",
            () -> List.of("127.0.0.1:8100"),
            () -> 1,
            () -> unready,
            () -> 3,
            () ->
                List.of(
                    new PeerStatus(
                        new InetSocketAddress(InetAddress.ofLiteral("10.0.0.9"), 8100),
                        PeerState.DOWN,
                        PeerError.ADMIN_PROHIBITED,
                        1400)),
            () -> ConfigState.NONE,
            null,
            () -> null,
            () -> null,
            FabricServices.off(),
            java.util.Map::of,
            archive,
            new CollectorCounters(),
            new ReflectorCounters(),
            null);
    api =
        ApiServer.start(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            state,
            InstantSource.fixed(Instant.parse("2026-01-31T12:00:00.000000001Z")),
            TokenCheck.of(token -> open || token.equals("secret"), openTo),
            LossRule.NETWORK,
            legacyByDefault);
  }

  @AfterEach
  void stop() {
    client.close();
    api.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri(path)).build());
  }

  private HttpResponse<String> get(String path, String stored)
      throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri(path)).header("Llama-Stored", stored).build());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + api.locals().getFirst().getPort() + path);
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aReaderFromANetworkThatNeedsNoTokenIsLetInAndNobodyElse() throws Exception {
    open = false;
    assertThat(get("/influxdata").statusCode()).isEqualTo(401);
    assertThat(get("/influxdata").body()).contains("spec.collector.acceptUnauthenticated");

    for (String other : List.of("10.0.0.0/8", "::/0", "127.0.0.2")) {
      restart(other);
      assertThat(get("/influxdata").statusCode()).as(other).isEqualTo(401);
    }
    for (String ours : List.of("127.0.0.1", "127.0.0.0/8", "0.0.0.0/0")) {
      restart(ours);
      assertThat(get("/influxdata").statusCode()).as(ours).isEqualTo(200);
    }
  }

  private void restart(String network) throws IOException {
    api.close();
    openTo.clear();
    openTo.add(Cidr.parse(network));
    start();
  }

  @Test
  void statusIsLlamasOk() throws Exception {
    assertThat(get("/status").body()).isEqualTo("ok");
  }

  @Test
  void withoutAWindowThereAreNoPointsAndTheCursorStandsAtTheBeginning() throws Exception {
    HttpResponse<String> response = get("/influxdata");

    assertThat(response.body()).isEqualTo("[]");
    assertThat(response.headers().firstValue("Llama-Cursor")).contains("b00t:0");
    assertThat(response.headers().firstValue("Llama-More")).contains("false");
    assertThat(response.headers().firstValue("Llama-Clock"))
        .contains("2026-01-31T12:00:00.000000001Z");
  }

  @Test
  void theCursorLeadsThroughAllWindowsOnce() throws Exception {
    TestWindows.publish(archive, 5);

    HttpResponse<String> first = get("/influxdata?after=b00t:0&limit=3");
    HttpResponse<String> second =
        get(
            "/influxdata?limit=3&after="
                + first.headers().firstValue("Llama-Cursor").orElseThrow());

    assertThat(first.headers().firstValue("Llama-More")).contains("true");
    assertThat(first.headers().firstValue("Llama-Cursor")).contains("b00t:3");
    assertThat(first.headers().firstValue("Llama-Windows")).contains("3");
    assertThat(second.headers().firstValue("Llama-More")).contains("false");
    assertThat(second.headers().firstValue("Llama-Cursor")).contains("b00t:5");
    assertThat(ResultsJson.mapper().readTree(first.body())).hasSize(3);
    assertThat(ResultsJson.mapper().readTree(second.body())).hasSize(2);
  }

  @Test
  void whatIsReadWithoutBeingStoredIsNotSafe() throws Exception {
    TestWindows.publish(archive, 5);

    get("/influxdata?after=b00t:4", "");
    assertThat(archive.lastRead()).isZero();
    get("/influxdata?after=b00t:4", "other:3");
    assertThat(archive.lastRead()).isZero();
    get("/influxdata?after=b00t:4", "b00t:2");
    assertThat(archive.lastRead()).isEqualTo(2);
    assertThat(get("/influxdata?after=b00t:4", "nonsense").statusCode()).isEqualTo(400);

    get("/influxdata?after=b00t:4");
    assertThat(archive.lastRead()).isEqualTo(4);
  }

  @Test
  void anUnknownBootGetsAllThatIsRetained() throws Exception {
    TestWindows.publish(archive, 4);

    HttpResponse<String> response = get("/influxdata?after=other:999");

    assertThat(ResultsJson.mapper().readTree(response.body())).hasSize(4);
  }

  @Test
  void anAgentThatCannotDoItsWorkIsNotReadyAndSaysWhyButIsAlive() throws Exception {
    assertThat(get("/readyz").statusCode()).isEqualTo(200);

    unready = "HOST_IPS 10.0.0.4 is on no interface of this host";

    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    JsonNode body = ResultsJson.mapper().readTree(get("/readyz").body());
    assertThat(body.get("ready").asBoolean()).isFalse();
    assertThat(body.get("reason").asText()).contains("10.0.0.4");
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void oneMoreAddressIsListenedOn() throws Exception {
    InetSocketAddress more = new InetSocketAddress("127.0.0.2", api.locals().getFirst().getPort());
    api.listen(more);
    api.listen(more);

    assertThat(api.locals()).hasSize(2).contains(more);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.2:" + more.getPort() + "/status"))
            .build();
    assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).body()).isEqualTo("ok");
  }

  @Test
  void aWindowWhoseAnswersAllStalledHasCountsAndNoRtt() throws Exception {
    TestWindows.publishStalled(archive);

    JsonNode fields = ResultsJson.mapper().readTree(get("/influxdata").body()).get(0).get("fields");

    assertThat(fields.get("due").asDouble()).isEqualTo(6);
    assertThat(fields.get("sent").asDouble()).isEqualTo(3);
    assertThat(fields.get("received").asDouble()).isEqualTo(3);
    assertThat(fields.get("skipped").asDouble()).isEqualTo(2);
    assertThat(fields.get("stalled").asDouble()).isEqualTo(3);
    assertThat(fields.get("loss").asDouble()).isZero();
    assertThat(fields.fieldNames()).toIterable().noneMatch(name -> name.startsWith("rtt"));
  }

  @Test
  void aPointHasWhatThePathDoesToThePackets() throws Exception {
    TestWindows.publish(archive, 1);

    JsonNode fields = ResultsJson.mapper().readTree(get("/influxdata").body()).get(0).get("fields");

    assertThat(fields.get("dscp_rewritten").asDouble()).isEqualTo(10);
    assertThat(fields.get("dscp_forward").asDouble()).isEqualTo(8);
    assertThat(fields.has("dscp_return")).isFalse();
    assertThat(fields.get("path_mtu").asDouble()).isEqualTo(1400);
  }

  @Test
  void verboseStatusNamesPeersAndPathsThatAreNotWell() throws Exception {
    TestWindows.publish(archive, 1);

    JsonNode status = ResultsJson.mapper().readTree(get("/status?verbose").body());

    JsonNode peer = status.get("peers").get(0);
    assertThat(peer.get("address").asText()).isEqualTo("10.0.0.9");
    assertThat(peer.get("state").asText()).isEqualTo("down");
    assertThat(peer.get("lastError").asText()).isEqualTo("admin_prohibited");
    assertThat(peer.get("pathMtu").asInt()).isEqualTo(1400);
    JsonNode path = status.get("paths").get(0);
    assertThat(path.get("tags").get("dst_ip").asText()).isEqualTo("127.0.0.12");
    assertThat(path.get("dscpRewritten").asInt()).isEqualTo(10);
    assertThat(path.get("dscpForward").asInt()).isEqualTo(8);
    assertThat(path.get("pathMtu").asInt()).isEqualTo(1400);
  }

  @Test
  void aPointHasLlamasShapeWithDecimalPointsAndItsWindowsEnd() throws Exception {
    TestWindows.publish(archive, 1);

    String body = get("/influxdata").body();

    JsonNode point = ResultsJson.mapper().readTree(body).get(0);
    assertThat(point.get("measurement").asText()).isEqualTo("raw_stats");
    assertThat(point.get("time").asText()).isEqualTo("2026-11-20T09:40:10Z");
    assertThat(point.get("tags").get("dst_ip").asText()).isEqualTo("127.0.0.12");
    assertThat(body).contains("\"sent\":").containsPattern("\"loss\":0\\.0");
    assertThat(point.get("fields").fieldNames())
        .toIterable()
        .contains("sent", "received", "lost", "loss", "rtt", "rtt_p99", "jitter", "residence");
  }

  @Test
  void latencyHasTheShapeOfThePythonCollector() throws Exception {
    TestWindows.publish(archive, 1);

    JsonNode answer = ResultsJson.mapper().readTree(get("/latency").body());

    JsonNode data = answer.get(0).get("data");
    assertThat(data.get(0).get(0).asText()).isEqualTo("rtt");
    assertThat(data.get(1).get(0).asText()).isEqualTo("loss");
    assertThat(data.get(1).get(2).asLong()).isEqualTo(1_795_167_610L);
  }

  /** As LLAMA's Python collector answers, which was asked on 2026-11-30. */
  private static void assertPythonShape(JsonNode answer) {
    assertThat(answer).hasSizeGreaterThanOrEqualTo(2);
    for (JsonNode point : answer) {
      assertThat(point.fieldNames())
          .toIterable()
          .containsExactlyInAnyOrder("measurement", "tags", "fields", "time");
      assertThat(point.get("fields").fieldNames()).toIterable().containsExactly("value");
      assertThat(point.get("fields").get("value").isDouble()).isTrue();
      assertThat(point.get("time").asLong()).isEqualTo(1_795_167_610_000_000_000L);
      assertThat(point.get("tags").fieldNames()).toIterable().contains("dst_ip");
    }
    assertThat(answer.get(0).get("measurement").asText()).isEqualTo("rtt");
    assertThat(answer.get(1).get("measurement").asText()).isEqualTo("loss");
    assertThat(answer.get(0).get("tags")).isEqualTo(answer.get(1).get("tags"));
  }

  @Test
  void influxDataHasTheShapeOfThePythonCollectorWhereThatIsAskedFor() throws Exception {
    TestWindows.publish(archive, 1);

    assertPythonShape(ResultsJson.mapper().readTree(get("/influxdata?shape=legacy").body()));
    assertThat(get("/influxdata?shape=llama").body()).isEqualTo(get("/influxdata").body());
  }

  @Test
  void aCollectorForThePythonScraperAnswersItsOnlyQuestionInThatShapeAndOthersAsEver()
      throws Exception {
    TestWindows.publish(archive, 1);
    String asEver = get("/influxdata?after=b00t:0").body();
    api.close();
    start(true);

    assertPythonShape(ResultsJson.mapper().readTree(get("/influxdata").body()));
    assertThat(get("/influxdata?after=b00t:0").body()).isEqualTo(asEver);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/influxdata?shape=round",
        "/influxdata?shape=legacy&limit=2",
        "/influxdata?after=nonsense",
        "/influxdata?after=b00t:-1",
        "/influxdata?limit=0",
        "/influxdata?limit=1001",
        "/influxdata?limit=x",
        "/influxdata?since=yesterday",
        "/influxdata?unknown=1",
        "/influxdata?after=b00t:1&since=2026-01-31T12:00:00Z",
        "/latency?x"
      })
  void whatIsWronglyAskedGets400AndAReason(String path) throws Exception {
    HttpResponse<String> response = get(path);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(ResultsJson.mapper().readTree(response.body()).get("error").asText()).isNotBlank();
  }

  @Test
  void anUnknownPathGets404() throws Exception {
    HttpResponse<String> response = get("/quitquit");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(ResultsJson.mapper().readTree(response.body()).has("error")).isTrue();
  }

  @Test
  void anotherMethodGets405() throws Exception {
    HttpResponse<String> response =
        send(
            HttpRequest.newBuilder(uri("/status")).timeout(Duration.ofSeconds(5)).DELETE().build());

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("Allow")).contains("GET, HEAD");
  }

  @Test
  void metricsArePrometheusText() throws Exception {
    assertThat(get("/metrics").body())
        .contains("llamamesh_probes_total{outcome=\"lost\"} 0.0")
        .contains("llamamesh_collector_flows 3.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/influxdata", "/latency", "/metrics", "/status", "/healthz", "/readyz"})
  void everyEndpointRefusesOtherMethodsAndParametersAndUnknownPathsBelowIt(String path)
      throws Exception {
    assertThat(get(path).statusCode()).isEqualTo(200);
    assertRefused(get(path + "?nonsense=1"), 400);
    assertRefused(get(path + "?" + "a".repeat(3000)), 414);
    assertRefused(get(path + "/below"), 404);
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
      HttpRequest request =
          HttpRequest.newBuilder(uri(path))
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build();
      HttpResponse<String> response = send(request);
      assertRefused(response, 405);
      assertThat(response.headers().firstValue("Allow")).contains("GET, HEAD");
    }
    HttpRequest head = HttpRequest.newBuilder(uri(path)).HEAD().build();
    assertThat(send(head).statusCode()).isEqualTo(200);
    assertThat(send(head).body()).isEmpty();
  }

  private static void assertRefused(HttpResponse<String> response, int status) throws Exception {
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(ResultsJson.mapper().readTree(response.body()).get("error").asText()).isNotBlank();
  }

  @Test
  void whatPeopleReadEndsWithALineBreakAndLlamasOkDoesNot() throws Exception {
    assertThat(get("/status").body()).isEqualTo("ok");
    assertThat(get("/status?verbose").body()).endsWith("}\n");
    assertThat(get("/readyz").body()).endsWith("}\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/influxdata", "/latency", "/metrics"})
  void resultsNeedAValidToken(String path) throws Exception {
    open = false;

    assertThat(get(path).statusCode()).isEqualTo(401);
    assertThat(
            send(HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer wrong").build())
                .statusCode())
        .isEqualTo(401);
    assertThat(
            send(HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer secret").build())
                .statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer", "bearer", "BEARER"})
  void theSchemesCaseDoesNotMatter(String scheme) throws Exception {
    open = false;

    assertThat(
            send(HttpRequest.newBuilder(uri("/metrics"))
                    .header("Authorization", scheme + " secret")
                    .build())
                .statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/status", "/healthz", "/readyz"})
  void whetherItLivesMayBeAskedWithoutAToken(String path) throws Exception {
    open = false;

    assertThat(get(path).statusCode()).isEqualTo(200);
  }
}
