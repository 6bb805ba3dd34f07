package io.llamamesh.registry.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.registry.http.RunningRegistry.Response;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests of llama-sd's clients as they are on the wire, and what each is answered. */
final class OldClientsTest {
  private RunningRegistry registry;

  @BeforeEach
  void start() throws Exception {
    registry = new RunningRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  /** Python's urllib, as llama-client 0.0.1 and 0.0.2 use it. */
  private static String python(String json) {
    return "POST /api/v1/register HTTP/1.1\r\n"
        + "Accept-Encoding: identity\r\n"
        + "Content-Type: application/json; charset=utf-8\r\n"
        + "Content-Length: "
        + json.length()
        + "\r\nHost: llama.example:5000\r\n"
        + "User-Agent: Python-urllib/3.9\r\n"
        + "Connection: close\r\n\r\n"
        + json;
  }

  /** curl, as the entry points of probes and scrapers use it. */
  private static String curl(String path) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: llama.example:5000\r\nUser-Agent: curl/7.74.0\r\nAccept: */*\r\n\r\n";
  }

  private static String curlPost(String json) {
    return "POST /api/v1/register HTTP/1.1\r\n"
        + "Host: llama.example:5000\r\n"
        + "User-Agent: curl/7.74.0\r\n"
        + "Accept: */*\r\n"
        + "Content-Type: application/json\r\n"
        + "Content-Length: "
        + json.length()
        + "\r\n\r\n"
        + json;
  }

  /** Go's client, as llama-probe's registration program uses it. */
  private static String go(String json) {
    return "POST /api/v1/register HTTP/1.1\r\n"
        + "Host: llama.example:5000\r\n"
        + "User-Agent: Go-http-client/1.1\r\n"
        + "Content-Length: "
        + json.length()
        + "\r\nContent-Type: application/json; charset=UTF-8\r\n"
        + "Accept-Encoding: gzip\r\n\r\n"
        + json;
  }

  private static final String PROBE =
      "{\"port\":8100,\"keepalive\":300,\"tags\":{\"version\":\"0.1.0\",\"probe_shortname\":\"a\","
          + "\"probe_name\":\"host-a\"},\"group\":\"wan\"}";

  private static final String ENTRY =
      "\"127.0.0.1:8100\":{\"create_date\":\"2026-11-29T05:40:50.045404\",\"group\":\"wan\","
          + "\"id\":\"127.0.0.1:8100\",\"ip\":\"127.0.0.1\",\"keepalive\":300,\"port\":8100,"
          + "\"tags\":{\"probe_name\":\"host-a\",\"probe_shortname\":\"a\",\"version\":\"0.1.0\"}}";

  @Test
  void theSeparateClientOfTheFirstRevisionsRegisters() throws Exception {
    Response answer =
        registry.send(
            python(
                "{\"port\": 8100, \"keepalive\": 300, \"group\": \"default\", \"tags\":"
                    + " {\"location\": \"Las Vegas\", \"src_name\": \"Office\","
                    + " \"version\": \"0.0.1\"}}"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.body())
        .isEqualTo(
            "{\"default\":{\"127.0.0.1:8100\":{\"create_date\":\"2026-11-29T05:40:50.045404\","
                + "\"group\":\"default\",\"id\":\"127.0.0.1:8100\",\"ip\":\"127.0.0.1\","
                + "\"keepalive\":300,\"port\":8100,\"tags\":{\"location\":\"Las Vegas\","
                + "\"src_name\":\"Office\",\"version\":\"0.0.1\"}}}}\n");
  }

  @Test
  void theProbeOfTheFirstRevisionFetchesItsConfigWithoutSayingWhoItIs() throws Exception {
    registry.send(
        python(
            "{\"port\": 8100, \"keepalive\": 300, \"group\": \"github\","
                + " \"tags\": {\"src_name\": \"Office\", \"version\": \"0.0.1\"}}"));
    Response answer = registry.send(curl("/api/v1/config/github"));
    assertThat(answer.status()).isEqualTo(200);
    CollectorConfig.Target self = target(answer.body(), 0);
    assertThat(self.ip()).isEqualTo("127.0.0.1");
    assertThat(self.tags()).containsEntry("src_name", "Office").containsEntry("group", "github");
  }

  @Test
  void aClientWithoutAKeepaliveSendsNoPortAndIsToldSo() throws Exception {
    Response answer =
        registry.send(python("{\"group\": \"default\", \"tags\": {\"version\": \"0.0.2\"}}"));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).startsWith("{\"error\":\"'port' is a required property");
  }

  @Test
  void theGoRegistrationOfTheLastProbesIsAnsweredWithTheWholeDirectory() throws Exception {
    Response answer = registry.send(go(PROBE));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Encoding")).isNull();
    assertThat(answer.body()).isEqualTo("{\"wan\":{" + ENTRY + "}}\n");
  }

  @Test
  void theAddressWithoutQuotesOfTheLastProbesRegisters() throws Exception {
    Response answer =
        registry.send(
            curlPost(
                "{\"port\":8100,\"keepalive\":300,\"ip\":127.0.0.9,\"tags\":{\"version\":\"1.1.0\","
                    + "\"probe_shortname\":\"b\",\"probe_name\":\"host-b\"},\"group\":\"wan\"}"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).contains("\"id\":\"127.0.0.9:8100\",\"ip\":\"127.0.0.9\"");
    Response config = registry.send(curl("/api/v1/config/wan?llamaport=8100&srcip=127.0.0.9"));
    assertThat(config.status()).isEqualTo(200);
    assertThat(target(config.body(), 0).ip()).isEqualTo("127.0.0.1");
  }

  @Test
  void theLastProbesConfigHasTheTagsThatDashboardsAskFor() throws Exception {
    registry.send(go(PROBE));
    registry.send(
        go(PROBE.replace("8100", "8200").replace("\"a\"", "\"b\"").replace("host-a", "host-b")));
    Response answer = registry.send(curl("/api/v1/config/wan?llamaport=8100"));
    assertThat(answer.status()).isEqualTo(200);
    CollectorConfig.Target other = target(answer.body(), 1);
    assertThat(other.port()).isEqualTo(8200);
    assertThat(other.tags())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "version", "0.1.0",
                "probe_shortname", "b",
                "probe_name", "host-b",
                "dst_name", "host-b",
                "dst_shortname", "b",
                "src_name", "host-a",
                "src_shortname", "a",
                "group", "wan"));
    assertThat(answer.body().lines().filter(line -> line.contains("interval:")))
        .containsExactly("  interval: 10");
    for (int i = 0; i < 3; i++) {
      registry.send(go(PROBE));
      assertThat(registry.send(curl("/api/v1/config/wan?llamaport=8100")).body())
          .isEqualTo(answer.body());
    }
  }

  private static CollectorConfig.Target target(String yaml, int place) throws Exception {
    List<CollectorConfig.Target> targets =
        CollectorConfigYaml.read(yaml, 0).config().targets().get("default");
    return targets.get(place);
  }

  @Test
  void scrapersGetAddressesAndTheIntervalAsText() throws Exception {
    assertThat(registry.send(curl("/api/v1/scraper")).body()).isEqualTo("\n127.0.0.1");
    registry.send(go(PROBE));
    registry.send(
        go(
            PROBE
                .replace("\"keepalive\"", "\"ip\":\"127.0.0.3\",\"keepalive\"")
                .replace("\"a\"", "\"c\"")));
    Response addresses = registry.send(curl("/api/v1/scraper"));
    assertThat(addresses.status()).isEqualTo(200);
    assertThat(addresses.body()).isEqualTo("\n127.0.0.1,127.0.0.3");
    Response interval = registry.send(curl("/api/v1/interval"));
    assertThat(interval.status()).isEqualTo(200);
    assertThat(interval.body()).isEqualTo("10");
  }

  @Test
  void listsAreJsonByGroupAndId() throws Exception {
    assertThat(registry.send(curl("/api/v1/list")).body()).isEqualTo("{}\n");
    registry.send(go(PROBE));
    assertThat(registry.send(curl("/api/v1/list")).body()).isEqualTo("{\"wan\":{" + ENTRY + "}}\n");
    assertThat(registry.send(curl("/api/v1/list/wan")).body()).isEqualTo("{" + ENTRY + "}\n");
    Response unknown = registry.send(curl("/api/v1/list/lan"));
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.header("Content-Type")).isEqualTo("application/json");
    assertThat(unknown.body()).isEqualTo("{\"error\":\"unknown group 'lan'\"}\n");
  }

  @Test
  void groupsMayHaveAnyCharactersButASlash() throws Exception {
    registry.send(go(PROBE.replace("wan", "a b+c")));
    assertThat(registry.send(curl("/api/v1/list/a%20b+c")).status()).isEqualTo(200);
    assertThat(registry.send(curl("/api/v1/config/a%20b%2Bc?llamaport=8100")).status())
        .isEqualTo(200);
  }

  @Test
  void whoIsNotRegisteredIsTold() throws Exception {
    registry.send(go(PROBE));
    Response answer = registry.send(curl("/api/v1/config/wan?llamaport=9000"));
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body())
        .isEqualTo("{\"error\":\"unknown probe '127.0.0.1:9000', please register\"}\n");
  }

  @Test
  void theAddressThatTheServerSeesIsTold() throws Exception {
    assertThat(registry.send(curl("/api/v1/my_ip_address")).body())
        .isEqualTo("{\"ip\":\"127.0.0.1\"}\n");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/list/, 404",
    "GET, /api/v1/config/, 404",
    "GET, /api/v1/list/a/b, 404",
    "GET, /nothing, 404",
    "GET, /api/v1/register, 405",
    "PUT, /api/v1/register, 405",
    "POST, /api/v1/list, 405",
    "DELETE, /api/v1/list/wan, 405",
    "HEAD, /api/v1/list, 200",
    "OPTIONS, /api/v1/list, 200",
    "OPTIONS, /api/v1/register, 200",
    "GET, /, 200"
  })
  void methodsAndPathsAreAnsweredAsThere(String method, String path, int status) throws Exception {
    Response answer =
        registry.send(
            method
                + " "
                + path
                + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assertThat(answer.status()).isEqualTo(status);
    if (status == 405 || method.equals("OPTIONS")) {
      assertThat(answer.header("Allow"))
          .isEqualTo(path.endsWith("register") ? "OPTIONS, POST" : "GET, HEAD, OPTIONS");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"})
  void anotherContentTypeIsRefused(String type) throws Exception {
    Response answer =
        registry.send(
            curlPost(PROBE).replace("Content-Type: application/json", "Content-Type: " + type));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("application/json");
  }

  @Test
  void metricsAreLlamaSdsJsonUnlessPrometheusAsks() throws Exception {
    registry.send(go(PROBE));
    Response json = registry.send(curl("/metrics"));
    assertThat(json.header("Content-Type")).isEqualTo("application/json");
    assertThat(json.body())
        .startsWith("{\"active_threads\":")
        .contains(
            "\"clean_runtime\":0.0",
            "\"database_size_bytes\":",
            "\"group_count_active\":1,\"group_count_removed\":0",
            "\"metrics_timestamp\":\"Sun, 29 Nov 2026 05:41:45 GMT\"",
            "\"probe_count_active\":1,\"probe_count_removed\":0",
            "\"start_time\":\"Sun, 29 Nov 2026 05:41:45 GMT\",\"uptime\":0.0");
    Response text =
        registry.get(
            "/metrics",
            "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3");
    assertThat(text.header("Content-Type")).startsWith("text/plain; version=0.0.4");
    assertThat(text.body())
        .contains("llamamesh_registry_probes 1.0", "llamamesh_registry_registrations_total 1.0");
  }
}
