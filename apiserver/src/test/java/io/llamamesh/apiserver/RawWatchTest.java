package io.llamamesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a client without a Kubernetes library sees on the wire. */
class RawWatchTest {
  private static final String MAPS = "/api/v1/namespaces/default/configmaps";

  private final HttpClient http = HttpClient.newHttpClient();
  private FakeApiServer server;

  @BeforeEach
  void start() throws IOException {
    server = FakeApiServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path)).timeout(Duration.ofSeconds(30));
  }

  private String create(String name, String data) throws Exception {
    String body =
        """
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s"},"data":{"key":"%s"}}
        """
            .formatted(name, data);
    HttpResponse<String> answer =
        http.send(
            request(MAPS).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(201);
    return answer.body();
  }

  private List<String> watch(String query) throws Exception {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                http.send(
                        request(MAPS + "?watch=1&timeoutSeconds=1&" + query).build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                    .body(),
                StandardCharsets.UTF_8))) {
      return lines.lines().toList();
    }
  }

  @Test
  void aWatchWithoutAVersionBeginsWithWhatIsThere() throws Exception {
    create("a", "x");

    assertThat(watch("")).singleElement().asString().startsWith("{\"type\":\"ADDED\"");
  }

  @Test
  void initialEventsEndWithABookmark() throws Exception {
    create("a", "x");

    List<String> events =
        watch("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");

    assertThat(events).hasSize(2);
    assertThat(events.getLast()).contains("BOOKMARK", "\"k8s.io/initial-events-end\":\"true\"");
  }

  @Test
  void aVersionThatIsNotYetIsAnsweredGone() throws Exception {
    assertThat(watch("resourceVersion=1000000"))
        .singleElement()
        .asString()
        .contains("\"type\":\"ERROR\"", "\"code\":410", "\"reason\":\"Expired\"");
  }

  @Test
  void textBeyondAsciiIsEscapedSoThatNoChunkSplitsIt() throws Exception {
    String made = create("a", "µs → ✓");

    assertThat(made).contains("\\u00B5s \\u2192 \\u2713");
  }

  @Test
  void aWatchOfOneObjectShowsNoOther() throws Exception {
    create("a", "x");
    create("b", "x");

    assertThat(watch("fieldSelector=metadata.name%3Db"))
        .singleElement()
        .asString()
        .contains("\"name\":\"b\"");
  }

  @Test
  void aBodyThatIsNoDocumentIsRefused() throws Exception {
    for (String body : List.of("", "{", "[]", "{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}")) {
      HttpResponse<String> answer =
          http.send(
              request(MAPS).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
              HttpResponse.BodyHandlers.ofString());

      assertThat(answer.statusCode()).as(body).isEqualTo(400);
      assertThat(answer.body()).contains("\"kind\":\"Status\"", "\"reason\":\"BadRequest\"");
    }
  }

  @Test
  void aCollectionIsNotDeletedAtOnce() throws Exception {
    create("a", "x");

    HttpResponse<String> answer =
        http.send(request(MAPS).DELETE().build(), HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(watch("")).hasSize(1);
  }

  @Test
  void pathsThatAreNotServedAreNotFound() throws Exception {
    for (String path : List.of("/", "/api/v2/pods", "/apis/none/v1/x", MAPS + "/a/log", "/x%2Fy")) {
      HttpResponse<String> answer =
          http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());

      assertThat(answer.statusCode()).as(path).isEqualTo(404);
    }
  }
}
