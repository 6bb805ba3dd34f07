package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.auth.ProgramGrants;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Store and multicast of an agent over HTTP. */
class StoreApiTest {

  private static final String PLUS_FIVE =
      """
      {"ops": [{"op": "increment", "field": "count", "by": 5}]}\
      """;

  private @TempDir Path folder;
  private HttpClient client;
  private LoneAgent agent;

  @BeforeEach
  void start() throws Exception {
    client = HttpClient.newHttpClient();
    agent = new LoneAgent(folder);
  }

  @AfterEach
  void stop() {
    client.shutdownNow();
    client.close();
    agent.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(agent.url() + path));
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path));
  }

  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(String text) throws IOException {
    return StoreJson.mapper().readTree(text);
  }

  @Test
  void whoMayOnlyReadChangesAndSendsNothing() throws Exception {
    agent.close();
    agent = new LoneAgent(folder, TokenCheck.of(token -> token.equals("actor"), List.of()));

    assertThat(post("/v1/kv/jobs/a/ops", PLUS_FIVE).statusCode()).isEqualTo(401);
    assertThat(post("/v1/multicast/news", "x").statusCode()).isEqualTo(401);
    assertThat(get("/v1/kv/jobs/a").statusCode()).isEqualTo(404);
    HttpRequest.Builder actor =
        request("/v1/kv/jobs/a/ops")
            .header("Authorization", "Bearer actor")
            .POST(HttpRequest.BodyPublishers.ofString(PLUS_FIVE));
    assertThat(send(actor).statusCode()).isEqualTo(200);
    assertThat(get("/v1/kv/jobs/a").statusCode()).isEqualTo(200);
  }

  @Test
  void aProgramHasItsOwnPrefixAndNothingElse() throws Exception {
    agent.close();
    TokenCheck mesh = TokenCheck.of(token -> token.equals("mesh"), List.of());
    agent =
        new LoneAgent(
            folder,
            mesh,
            mesh,
            new ProgramGrants(
                List.of(
                    // SHA-256 of "vip"
                    new ProgramGrants.Grant(
                        "virtual-addresses",
                        "f9505a739a8fb8e851942c3f973d4bbb2d4c4743a6b633090abf2f2be035d572",
                        List.of("filter"),
                        List.of("node/*/vip", "news"),
                        true))));
    assertThat(as("mesh", "/v1/kv/filter/a/ops", PLUS_FIVE).statusCode()).isEqualTo(200);

    assertThat(as("vip", "/v1/kv/node/n1/vip/1/ops", PLUS_FIVE).statusCode()).isEqualTo(200);
    assertThat(as("vip", "/v1/kv/node/n1/vip/1", null).statusCode()).isEqualTo(200);
    assertThat(as("vip", "/v1/kv?pattern=node/*/vip/*", null).statusCode()).isEqualTo(200);
    assertThat(as("vip", "/v1/kv/filter/a", null).statusCode()).isEqualTo(200);
    assertThat(as("vip", "/v1/multicast/news/today", "x").statusCode()).isEqualTo(202);
    assertThat(as("vip", "/v1/members", null).statusCode()).isEqualTo(200);

    for (String write : List.of("filter/a", "node/n1/queue/x", "node/n2/vip/1", "silence/n1")) {
      assertThat(as("vip", "/v1/kv/" + write + "/ops", PLUS_FIVE).statusCode())
          .as(write)
          .isEqualTo(403);
    }
    for (String read :
        List.of("/v1/kv", "/v1/kv?pattern=node/**", "/v1/kv/jobs/a", "/v1/kv/watch?pattern=**")) {
      assertThat(as("vip", read, null).statusCode()).as(read).isEqualTo(403);
    }
    assertThat(as("vip", "/v1/multicast/other", "x").statusCode()).isEqualTo(403);
    assertThat(as("vip", "/v1/multicast/other/watch", null).statusCode()).isEqualTo(403);
    for (String rest : List.of("/metrics", "/influxdata", "/latency")) {
      assertThat(as("vip", rest, null).statusCode()).as(rest).isEqualTo(401);
    }
    assertThat(as("vip", "/v1/members/n1/check", "").statusCode()).isEqualTo(401);
    for (String token : List.of("", "vip2", "Vip", "x".repeat(5_000))) {
      assertThat(as(token, "/v1/kv/node/n1/vip/1", null).statusCode()).isEqualTo(401);
      assertThat(as(token, "/v1/kv/node/n1/vip/1/ops", PLUS_FIVE).statusCode()).isEqualTo(401);
    }
  }

  private HttpResponse<String> as(String token, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(path).header("Authorization", "Bearer " + token);
    return send(body == null ? request : request.POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  @Test
  void everyOperationHasItsEffectAndIsReadBack() throws Exception {
    HttpResponse<String> done =
        post(
            "/v1/kv/jobs/a/ops",
            """
            {"ops": [
              {"op": "increment", "field": "c", "by": 5},
              {"op": "increment", "field": "c", "by": -2},
              {"op": "increment", "field": "gone"},
              {"op": "enable", "field": "f"},
              {"op": "enable", "field": "off"},
              {"op": "disable", "field": "off"},
              {"op": "assign", "field": "r", "value": "a\\u00fc\\n"},
              {"op": "add", "field": "s", "elements": ["x", "y"]},
              {"op": "remove", "field": "s", "elements": ["x"]},
              {"op": "removeField", "field": "gone", "type": "counter"},
              {"op": "update", "field": "m", "ops": [{"op": "increment", "field": "c"}]}
            ]}\
            """);
    assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
    HttpResponse<String> read = get("/v1/kv/jobs/a");
    assertThat(read.body()).isEqualTo(done.body());
    JsonNode document = json(read.body());
    assertThat(document.path("key").asText()).isEqualTo("jobs/a");
    assertThat(read.headers().firstValue("ETag"))
        .contains('"' + document.path("version").asText() + '"');
    assertThat(document.path("value"))
        .isEqualTo(
            json(
                """
                {"counters": {"c": 3}, "flags": {"f": true}, "registers": {"r": "aü\\n"},
                 "sets": {"s": ["y"]}, "maps": {"m": {"counters": {"c": 1}}}}\
                """));
    assertThat(post("/v1/kv/jobs/a/ops", "{\"ops\": [{\"op\": \"clear\"}]}").statusCode())
        .isEqualTo(200);
    assertThat(get("/v1/kv/jobs/a").statusCode()).isEqualTo(404);
  }

  @Test
  void anOperationForAnotherVersionIsRefused() throws Exception {
    String before = json(post("/v1/kv/a/ops", PLUS_FIVE).body()).path("version").asText();
    HttpRequest.Builder again =
        request("/v1/kv/a/ops")
            .header("If-Match", '"' + before + '"')
            .POST(HttpRequest.BodyPublishers.ofString(PLUS_FIVE));
    assertThat(send(again).statusCode()).isEqualTo(200);
    HttpResponse<String> stale = send(again);
    assertThat(stale.statusCode()).isEqualTo(412);
    assertThat(stale.headers().firstValue("ETag")).isNotEmpty().isNotEqualTo(before);
    assertThat(json(get("/v1/kv/a").body()).at("/value/counters/count").asInt()).isEqualTo(10);
    assertThat(
            send(request("/v1/kv/a/ops")
                    .header("If-Match", "*")
                    .POST(HttpRequest.BodyPublishers.ofString(PLUS_FIVE)))
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void patternsAndPagesListKeysInOrder() throws Exception {
    for (String key : List.of("a/1/x", "a/2/x", "a/2/y", "b/1")) {
      assertThat(post("/v1/kv/" + key + "/ops", PLUS_FIVE).statusCode()).isEqualTo(200);
    }
    assertThat(keys(get("/v1/kv"))).containsExactly("a/1/x", "a/2/x", "a/2/y", "b/1");
    assertThat(keys(get("/v1/kv?pattern=a/*/x"))).containsExactly("a/1/x", "a/2/x");
    HttpResponse<String> page = get("/v1/kv?pattern=a/**&limit=2");
    assertThat(keys(page)).containsExactly("a/1/x", "a/2/x");
    assertThat(json(page.body()).path("more").asBoolean()).isTrue();
    HttpResponse<String> rest = get("/v1/kv?pattern=a/**&limit=2&after=a/2/x");
    assertThat(keys(rest)).containsExactly("a/2/y");
    assertThat(json(rest.body()).path("more").asBoolean()).isFalse();
  }

  private static List<String> keys(HttpResponse<String> response) throws IOException {
    List<String> keys = new ArrayList<>();
    json(response.body()).path("keys").forEach(key -> keys.add(key.path("key").asText()));
    return keys;
  }

  @Test
  void eachBoundHasItsStatus() throws Exception {
    String text = "x".repeat(1 << 20);
    assertThat(assign("a", text).statusCode()).isEqualTo(413);
    assertThat(assign("a", "x".repeat(3 << 19)).statusCode()).isEqualTo(413);
    HttpResponse<String> large = assign("a", "x".repeat(300 << 10));
    assertThat(large.statusCode()).isEqualTo(200);
    assertThat(large.headers().firstValue("Warning")).isNotEmpty();
    List<Integer> statuses =
        IntStream.range(0, 20)
            .mapToObj(i -> {
              try {
                return assign("big/" + i, "x".repeat(1_000_000)).statusCode();
              } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
              }
            })
            .toList();
    assertThat(statuses).startsWith(200, 200).contains(507).containsOnly(200, 507);
    assertThat(post("/v1/kv/node/n2/x/ops", PLUS_FIVE).statusCode()).isEqualTo(403);
    assertThat(post("/v1/kv/node/n1/x/ops", PLUS_FIVE).statusCode()).isEqualTo(200);
    assertThat(post("/v1/kv/silence/n1/ops", PLUS_FIVE).statusCode()).isEqualTo(403);
    assertThat(get("/v1/kv/none").statusCode()).isEqualTo(404);
    assertThat(get("/v1/kv?pattern=a*").statusCode()).isEqualTo(400);
    assertThat(get("/v1/kv?limit=1001").statusCode()).isEqualTo(400);
    assertThat(send(request("/v1/kv/a").DELETE()).statusCode()).isEqualTo(405);
    assertThat(post("/v1/kv/a", PLUS_FIVE).statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> assign(String key, String value)
      throws IOException, InterruptedException {
    return post(
        "/v1/kv/" + key + "/ops",
        "{\"ops\": [{\"op\": \"assign\", \"field\": \"r\", \"value\": \"" + value + "\"}]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "[]",
        "{}",
        "{\"ops\": []}",
        "{\"ops\": [{}]}",
        "{\"ops\": [{\"op\": \"increment\"}]}",
        "{\"ops\": [{\"op\": \"increment\", \"field\": \"c\", \"by\": 1.5}]}",
        "{\"ops\": [{\"op\": \"increment\", \"field\": \"c\", \"by\": 9223372036854775808}]}",
        "{\"ops\": [{\"op\": \"assign\", \"field\": \"c\", \"value\": 1}]}",
        "{\"ops\": [{\"op\": \"assign\", \"field\": \"\", \"value\": \"1\"}]}",
        "{\"ops\": [{\"op\": \"add\", \"field\": \"c\", \"elements\": []}]}",
        "{\"ops\": [{\"op\": \"enable\", \"field\": \"c\", \"by\": 1}]}",
        "{\"ops\": [{\"op\": \"destroy\", \"field\": \"c\"}]}",
        "{\"ops\": [{\"op\": \"clear\"}, {\"op\": \"clear\"}]}",
        "{\"ops\": [{\"op\": \"removeField\", \"field\": \"c\", \"type\": \"bag\"}]}",
        "{\"ops\": [{\"op\": \"update\", \"field\": \"m\", \"ops\": {}}]}",
      })
  void whatIsNoOperationIsRefused(String body) throws Exception {
    HttpResponse<String> refused = post("/v1/kv/a/ops", body);
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
    assertThat(json(refused.body()).path("error").asText()).isNotEmpty();
  }

  @Test
  void mapsNestedWithoutEndAreRefused() throws Exception {
    String nested = "{\"op\": \"enable\", \"field\": \"f\"}";
    for (int depth = 1; depth <= 100; depth++) {
      nested = "{\"op\": \"update\", \"field\": \"m\", \"ops\": [" + nested + "]}";
      int status = post("/v1/kv/a/ops", "{\"ops\": [" + nested + "]}").statusCode();
      assertThat(status).as("depth %d", depth).isEqualTo(depth < 8 ? 200 : 400);
    }
  }

  @Test
  void aPageInABrowserCannotWrite() throws Exception {
    HttpRequest.Builder foreign =
        request("/v1/kv/a/ops")
            .header("Origin", "https://example.com")
            .POST(HttpRequest.BodyPublishers.ofString(PLUS_FIVE));
    assertThat(send(foreign).statusCode()).isEqualTo(403);
    assertThat(get("/v1/kv/a").statusCode()).isEqualTo(404);
  }

  @Test
  void aWatchBringsWhatIsThereThenChangesWithTheLastValueAlways() throws Exception {
    var _ = post("/v1/kv/a/1/ops", PLUS_FIVE);
    var _ = post("/v1/kv/b/1/ops", PLUS_FIVE);
    HttpResponse<InputStream> watch =
        client.send(
            request("/v1/kv/watch?pattern=a/*").build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(watch.statusCode()).isEqualTo(200);
    try (BufferedReader events =
        new BufferedReader(new InputStreamReader(watch.body(), StandardCharsets.UTF_8))) {
      assertThat(event(events).path("watching").asText()).isEqualTo("a/*");
      assertThat(event(events).path("key").asText()).isEqualTo("a/1");
      for (int i = 0; i < 20; i++) {
        var _ = post("/v1/kv/a/2/ops", PLUS_FIVE);
      }
      int last = 0;
      int count = 0;
      while (last < 100) {
        JsonNode event = event(events);
        assertThat(event.path("key").asText()).isEqualTo("a/2");
        last = event.at("/value/counters/count").asInt();
        count++;
      }
      assertThat(count).isBetween(1, 20);
      var _ = post("/v1/kv/a/1/ops", "{\"ops\": [{\"op\": \"clear\"}]}");
      assertThat(event(events).path("removed").asBoolean()).isTrue();
    }
  }

  @Test
  void aMessageComesToWhoWatchesItsTopicAndToNobodyElse() throws Exception {
    HttpResponse<InputStream> watch =
        client.send(
            request("/v1/multicast/deploys/eu/watch").build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader events =
        new BufferedReader(new InputStreamReader(watch.body(), StandardCharsets.UTF_8))) {
      assertThat(event(events).path("watching").asText()).isEqualTo("deploys/eu");
      assertThat(post("/v1/multicast/other?loop=true", "no").statusCode()).isEqualTo(202);
      assertThat(post("/v1/multicast/deploys/eu", "not to itself").statusCode()).isEqualTo(202);
      HttpResponse<String> sent =
          post("/v1/multicast/deploys/eu?loop=true&route=true&fanout=3", "v7 ü");
      JsonNode event = event(events);
      assertThat(event.path("text").asText()).isEqualTo("v7 ü");
      assertThat(event.path("origin").asText()).isEqualTo("n1");
      assertThat(event.path("sequence")).isEqualTo(json(sent.body()).path("sequence"));
      assertThat(event.path("route")).isEqualTo(json("[\"n1\"]"));
      byte[] bytes = {(byte) 0xff, 0};
      var _ =
          send(
              request("/v1/multicast/deploys/eu?loop=true")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(bytes)));
      assertThat(event(events).path("base64").binaryValue()).isEqualTo(bytes);
    }
  }

  private static JsonNode event(BufferedReader events) throws IOException {
    for (String line = events.readLine(); line != null; line = events.readLine()) {
      if (line.startsWith("data: ")) {
        return json(line.substring("data: ".length()));
      }
    }
    throw new AssertionError("the watch ended");
  }

  @Test
  void multicastHasBoundsAndTopicsOfItsOwn() throws Exception {
    HttpResponse<String> tooLong = post("/v1/multicast/t", "x".repeat((64 << 10) + 1));
    assertThat(tooLong.statusCode()).isEqualTo(413);
    // Else the client's next request would go down with what is left of this one's body.
    assertThat(tooLong.headers().firstValue("Connection")).contains("close");
    assertThat(post("/v1/multicast/t", "x".repeat(64 << 10)).statusCode()).isEqualTo(202);
    assertThat(post("/v1/multicast/t?fanout=9", "x").statusCode()).isEqualTo(400);
    assertThat(post("/v1/multicast/t?ttl=65", "x").statusCode()).isEqualTo(400);
    assertThat(post("/v1/multicast/t?hops=1", "x").statusCode()).isEqualTo(400);
    assertThat(post("/v1/multicast/fabric/store", "x").statusCode()).isEqualTo(403);
    assertThat(post("/v1/multicast/burst", "x").statusCode()).isEqualTo(403);
    assertThat(post("/v1/multicast/" + "t".repeat(256), "x").statusCode()).isEqualTo(400);
  }

  @Test
  void whatWasAcknowledgedIsThereWhenTheAgentStartsAgain() throws Exception {
    var _ = post("/v1/kv/a/ops", PLUS_FIVE);
    stop();
    start();
    assertThat(json(get("/v1/kv/a").body()).at("/value/counters/count").asInt()).isEqualTo(5);
  }

  @Test
  void anAgentThatWaitsForItsConfigDoesNotSayThatAKeyIsAbsent() throws Exception {
    var _ = post("/v1/kv/a/ops", PLUS_FIVE);
    agent.close();
    agent = LoneAgent.unconfigured(folder);

    assertThat(get("/v1/kv/a").statusCode()).isEqualTo(503);
    assertThat(post("/v1/kv/a/ops", PLUS_FIVE).statusCode()).isEqualTo(503);
    assertThat(get("/v1/kv/watch?pattern=**").statusCode()).isEqualTo(503);
    assertThat(post("/v1/multicast/news", "x").statusCode()).isEqualTo(503);
    agent.start();

    assertThat(json(get("/v1/kv/a").body()).at("/value/counters/count").asInt()).isEqualTo(5);
  }
}
