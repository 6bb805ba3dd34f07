package io.llamamesh.scraper.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may start a burst, with what. */
final class BurstRoutesTest {
  private static final String TOKEN = "Bearer s3cret";
  private static final String ORDER = "{\"target\":\"node-3\",\"pps\":200,\"seconds\":10}";

  private final HttpClient http = HttpClient.newHttpClient();
  private final SimulatedScraper scraper;

  BurstRoutesTest() throws IOException {
    scraper =
        new SimulatedScraper(
            0, 4, 2, (source, destination, path) -> 0, given -> true, TOKEN::equals);
  }

  @AfterEach
  void stop() {
    scraper.close();
    http.close();
  }

  private HttpResponse<String> send(
      SimulatedScraper to, String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(to.url() + path))
            .method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String body, String... headers) throws Exception {
    return send(scraper, "POST", "/api/v1/bursts", body, headers);
  }

  private HttpResponse<String> postWithToken(String body) throws Exception {
    return post(body, "Authorization", TOKEN, "Content-Type", "application/json");
  }

  @Test
  void whoShowsTheTokenStartsABurstAndReadsWhatBecameOfIt() throws Exception {
    HttpResponse<String> started = postWithToken(ORDER);

    assertThat(started.statusCode()).isEqualTo(200);
    assertThat(started.body()).contains("\"state\":\"running\"", "page, from 127.0.0.1");
    scraper.bursts().finish();
    HttpResponse<String> read =
        send(scraper, "GET", "/api/v1/bursts/b1", "", "Authorization", TOKEN);
    assertThat(ResultsJson.mapper().readTree(read.body()).at("/rows/0/lossHigh").asDouble())
        .isEqualTo(21.96);
    assertThat(send(scraper, "GET", "/api/v1/bursts", "", "Authorization", TOKEN).body())
        .contains("\"maxPps\":1000", "\"id\":\"b1\"");
  }

  /** Another one, behind the same name, may have begun it. */
  @Test
  void whatThisScraperDidNotBeginEndsTheConnection() throws Exception {
    HttpResponse<String> unknown = send(scraper, "GET", "/api/v1/bursts/b1", "");

    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.headers().firstValue("Connection")).contains("close");
    assertThat(send(scraper, "GET", "/api/v1/bursts", "").headers().firstValue("Connection"))
        .isEmpty();
  }

  @Test
  void whoeverAsksIsNamedWithTheAddress() throws Exception {
    assertThat(postWithToken("{\"target\":\"node-3\",\"by\":\"ann\\n\"}").body())
        .contains("\"by\":\"ann by page, from 127.0.0.1\"", "\"pps\":200", "\"seconds\":10.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer wrong", "Basic czNjcmV0", "s3cret"})
  void withoutTheTokenNothingStarts(String given) throws Exception {
    assertThat(post(ORDER, "Authorization", given, "Content-Type", "application/json").statusCode())
        .isEqualTo(401);
    assertThat(post(ORDER, "Content-Type", "application/json").statusCode()).isEqualTo(401);
    assertThat(scraper.bursts().recent()).isEmpty();
  }

  @Test
  void aScraperThatWasGivenNoTokenForItStartsNone() throws Exception {
    try (SimulatedScraper open =
        new SimulatedScraper(0, 4, 2, (source, destination, path) -> 0, given -> true)) {
      HttpResponse<String> answer =
          send(open, "POST", "/api/v1/bursts", ORDER, "Content-Type", "application/json");

      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(answer.body()).contains("spec.scraper.tokenSecret");
      assertThat(open.bursts().recent()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cross-site", "same-site"})
  void anotherSitesPageStartsNoneThoughItKnowsTheToken(String site) throws Exception {
    HttpResponse<String> answer =
        post(
            ORDER,
            "Authorization",
            TOKEN,
            "Content-Type",
            "application/json",
            "Sec-Fetch-Site",
            site);

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(scraper.bursts().recent()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json"})
  void whatAFormCanSendIsNoRequest(String type) throws Exception {
    assertThat(post(ORDER, "Authorization", TOKEN, "Content-Type", type).statusCode())
        .isEqualTo(415);
    assertThat(post(ORDER, "Authorization", TOKEN).statusCode()).isEqualTo(415);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'target':'node-3','pps':1001} | whole number from 1 to 1000",
        "{'target':'node-3','pps':0} | whole number from 1 to 1000",
        "{'target':'node-3','pps':1.5} | whole number from 1 to 1000",
        "{'target':'node-3','pps':'9'} | whole number from 1 to 1000",
        "{'target':'node-3','seconds':61} | from 1 to 60",
        "{'target':'node-3','seconds':1e400} | from 1 to 60",
        "{'target':''} | name of a node",
        "{'pps':9} | name of a node",
        "{'target':'node-3','address':'10.0.0.1'} | unknown field",
        "{'target':'node-3','by':7} | by must be a name",
        "[] | JSON object",
        "x | no JSON",
      },
      quoteCharacter = '"')
  void whatIsOutOfBoundsIsRefusedInWords(String body, String words) throws Exception {
    HttpResponse<String> answer = postWithToken(body.replace('\'', '"'));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains(words);
    assertThat(scraper.bursts().recent()).isEmpty();
  }

  @Test
  void aLongBodyIsNotRead() throws Exception {
    assertThat(postWithToken(" ".repeat(5_000)).statusCode()).isEqualTo(413);
  }

  @Test
  void whatTheAgentsRefuseHasItsStatusAndItsWords() throws Exception {
    scraper.bursts().refuse(409, "node-3 rests for 7 more seconds");

    HttpResponse<String> answer = postWithToken(ORDER);

    assertThat(answer.statusCode()).isEqualTo(409);
    assertThat(answer.body()).isEqualTo("{\"error\":\"node-3 rests for 7 more seconds\"}");
  }

  @Test
  void nothingElseIsPosted() throws Exception {
    for (String path : List.of("/api/v1/report", "/api/v1/bursts/b1", "/")) {
      assertThat(
              send(scraper, "POST", path, "{}", "Authorization", TOKEN, "Content-Type", "a/b")
                  .statusCode())
          .as(path)
          .isEqualTo(405);
    }
    for (String method : List.of("PUT", "DELETE", "PATCH")) {
      assertThat(
              send(scraper, method, "/api/v1/bursts", ORDER, "Authorization", TOKEN).statusCode())
          .as(method)
          .isEqualTo(405);
    }
  }
}
