package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.llamamesh.results.ResultsJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The OpenAPI document describes what is served, field by field. */
final class ApiDescriptionTest {
  private final HttpClient http = HttpClient.newHttpClient();
  private final SimulatedScraper scraper;
  private JsonNode document;

  ApiDescriptionTest() throws IOException {
    scraper =
        new SimulatedScraper(
            0,
            6,
            2,
            (source, destination, path) ->
                source.equals("node-1") && destination.equals("node-2") ? 0.3 : 0,
            given -> !"Bearer wrong".equals(given));
  }

  @BeforeEach
  void read() throws Exception {
    document = ResultsJson.mapper().readTree(get("/api/v1/openapi.json").body());
  }

  @AfterEach
  void stop() {
    scraper.close();
    http.close();
  }

  @Test
  void itIsServedAsItIsWrittenToo() throws Exception {
    assertThat(get("/api/v1/openapi.yaml").body()).startsWith("openapi: 3.1");
    assertThat(document.path("openapi").asText()).isEqualTo("3.1.0");
  }

  @Test
  void everyPathAnswersAsItSays() throws Exception {
    Instant end = SimulatedScraper.newest();
    for (int i = 6; i >= 0; i--) {
      scraper.publish(end.minusSeconds(10L * i), 1, end.minusSeconds(30));
    }

    start();
    scraper.bursts().finish();

    Map<String, Integer> checked = checkAll();

    assertThat(checked).containsOnlyKeys(names(document.path("paths"))).doesNotContainValue(0);
  }

  @Test
  void itHoldsBeforeTheFirstAgentIsKnown() throws Exception {
    assertThat(checkAll()).containsEntry("/readyz", 1);
  }

  @Test
  void errorsAreAsItSays() throws Exception {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "/api/v1/matrix?windows=0", "/api/v1/matrix",
                "/api/v1/matrix?rollup=x", "/api/v1/matrix",
                "/api/v1/pairs/a/b", "/api/v1/pairs/{source}/{destination}",
                "/api/v1/pairs/a", "/api/v1/pairs/{source}/{destination}")
            .entrySet()) {
      check(wrong.getValue(), get(wrong.getKey()));
    }
    for (String path : names(document.path("paths"))) {
      HttpResponse<String> answer =
          get(path.replaceAll("[{}]", ""), "Authorization", "Bearer wrong");
      assertThat(answer.statusCode() == 401)
          .as(path)
          .isEqualTo(
              document.at("/paths/" + path.replace("/", "~1") + "/get/responses").has("401"));
      check(path, answer);
    }
  }

  @Test
  void whoHasItAlreadyGetsNoBody() throws Exception {
    scraper.publish(SimulatedScraper.newest());
    for (String path :
        List.of(
            "/api/v1/matrix",
            "/api/v1/matrix?rollup=zone",
            "/api/v1/report",
            "/api/v1/windows",
            "/api/v1/pairs/node-1/node-2")) {
      String tag = get(path).headers().firstValue("ETag").orElseThrow();

      HttpResponse<String> again = get(path, "If-None-Match", tag);

      assertThat(again.statusCode()).as(path).isEqualTo(304);
      assertThat(again.body()).isEmpty();
      assertThat(again.headers().firstValue("Date")).isPresent();
    }
    String before = get("/api/v1/matrix").headers().firstValue("ETag").orElseThrow();
    scraper.publish(SimulatedScraper.newest().minusSeconds(10));
    assertThat(get("/api/v1/matrix", "If-None-Match", before).statusCode()).isEqualTo(200);
  }

  private void start() throws Exception {
    scraper.bursts().makeUnavailable("none now");
    assertThat(scraper.bursts().start(new PageBursts.Order("node-3", 200, 10, "ann")).isDone())
        .isFalse();
  }

  /** Asks every path that is described; how many answers were checked against a schema. */
  private Map<String, Integer> checkAll() throws Exception {
    Map<String, Integer> checked = new TreeMap<>();
    for (String path : names(document.path("paths"))) {
      List<String> requests =
          switch (path) {
            case "/api/v1/matrix" ->
                List.of(path, path + "?rollup=zone", path + "?windows=1&port=default&sourceZone=a");
            case "/api/v1/pairs/{source}/{destination}" ->
                List.of("/api/v1/pairs/node-1/node-2", "/api/v1/pairs/node-2/node-1");
            case "/api/v1/bursts/{id}" -> List.of("/api/v1/bursts/b1", "/api/v1/bursts/other");
            default -> List.of(path);
          };
      for (String request : requests) {
        checked.merge(path, check(path, get(request)), Integer::sum);
      }
    }
    return checked;
  }

  private int check(String path, HttpResponse<String> answer) throws Exception {
    String pointer = "/paths/" + path.replace("/", "~1") + "/get/responses/" + answer.statusCode();
    JsonNode response = document.at(pointer);
    assertThat(response.isMissingNode()).as("%s is not described", pointer).isFalse();
    if (response.has("$ref")) {
      response = document.at(response.path("$ref").asText().substring(1));
    }
    String type = answer.headers().firstValue("Content-Type").orElseThrow().replaceAll(";.*", "");
    JsonNode schema = response.path("content").path(type).path("schema");
    assertThat(schema.isMissingNode()).as("%s as %s is not described", pointer, type).isFalse();
    if (type.equals("text/event-stream")) {
      schema =
          document.at(
              "/paths/~1api~1v1~1report/get/responses/200/content/application~1json/schema");
    } else if (!type.equals("application/json")) {
      return 1;
    }
    assertThat(
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(strict(schema))
                .validate(answer.body(), InputFormat.JSON))
        .as(path)
        .isEmpty();
    return 1;
  }

  /** The schema with all that it refers to; fields that it does not name are refused. */
  private String strict(JsonNode schema) {
    ObjectNode whole = schema.deepCopy();
    whole.set("components", document.path("components").deepCopy());
    close(whole.path("components"));
    return whole.toString();
  }

  private static void close(JsonNode node) {
    if (node.path("properties").isObject()) {
      ((ObjectNode) node).put("additionalProperties", false);
    }
    node.forEach(ApiDescriptionTest::close);
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(scraper.url() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), ApiDescriptionTest::whole);
  }

  /** A body; of a stream of events the first one's data. */
  private static HttpResponse.BodySubscriber<String> whole(HttpResponse.ResponseInfo head) {
    boolean isStream =
        head.headers().firstValue("Content-Type").orElse("").equals("text/event-stream");
    return isStream
        ? HttpResponse.BodySubscribers.mapping(
            HttpResponse.BodySubscribers.ofInputStream(), ApiDescriptionTest::firstEvent)
        : HttpResponse.BodySubscribers.ofString(StandardCharsets.UTF_8);
  }

  private static String firstEvent(InputStream events) {
    try {
      // Left open: the answer would fail with it. It ends with the scraper.
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
      return lines.readLine().replaceFirst("^data: ", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
