package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.scraper.store.AnswerTable.Meaning;
import io.llamamesh.scraper.store.AnswerTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What answers mean, and which words of them are shown; bodies are those of real stores. */
final class AnswerTableTest {
  private static final Redactor NO_SECRETS = new Redactor();

  @ParameterizedTest
  @CsvSource({
    "200, ACCEPTED",
    "201, UNAVAILABLE",
    "202, UNAVAILABLE",
    "204, ACCEPTED",
    "206, UNAVAILABLE",
    "300, REDIRECTED",
    "301, REDIRECTED",
    "302, REDIRECTED",
    "303, REDIRECTED",
    "304, REDIRECTED",
    "307, REDIRECTED",
    "308, REDIRECTED",
    "400, REJECTED",
    "401, UNAVAILABLE",
    "402, UNAVAILABLE",
    "403, UNAVAILABLE",
    "404, UNAVAILABLE",
    "405, UNAVAILABLE",
    "408, UNAVAILABLE",
    "413, TOO_LARGE",
    "415, UNAVAILABLE",
    "422, REJECTED",
    "429, UNAVAILABLE",
    "499, UNAVAILABLE",
    "500, FAILED",
    "501, FAILED",
    "502, FAILED",
    "503, UNAVAILABLE",
    "504, FAILED",
    "507, FAILED",
    "599, FAILED"
  })
  void everyStatusWithoutABodyHasAMeaning(int status, Meaning meaning) {
    assertThat(AnswerTable.meaning(answer(status, ""))).isEqualTo(meaning);
  }

  static Stream<Arguments> bodies() {
    return Stream.of(
        Arguments.of(
            400,
            "{\"error\":\"partial write: field type conflict: input field \\\"sent\\\" on"
                + " measurement \\\"raw_stats\\\" is type string, already exists as type float"
                + " dropped=3\"}",
            Meaning.DROPPED,
            "HTTP 400: partial write: field type conflict: input field \"sent\" on measurement"
                + " \"raw_stats\" is type string, already exists as type float dropped=3"),
        Arguments.of(
            500,
            "{\"error\":\"partial write: points beyond retention policy dropped=1\"}",
            Meaning.DROPPED,
            "HTTP 500: partial write: points beyond retention policy dropped=1"),
        Arguments.of(
            422,
            "{\"code\":\"unprocessable entity\",\"message\":\"failure writing points to database:"
                + " partial write: points beyond retention policy dropped=12\"}",
            Meaning.DROPPED,
            "HTTP 422: failure writing points to database: partial write: points beyond retention"
                + " policy dropped=12"),
        Arguments.of(
            400,
            "{\"error\":\"partial write of line protocol occurred\",\"data\":[{\"original_line\":"
                + "\"m x= 1\",\"line_number\":2,\"error_message\":\"no value\"}]}",
            Meaning.DROPPED,
            "HTTP 400: partial write of line protocol occurred: no value: 'm x= 1'"),
        Arguments.of(
            400,
            "{\"error\":\"partial write: unable to parse 'm x= 1': missing field value"
                + " dropped=0\"}",
            Meaning.REJECTED,
            "HTTP 400: partial write: unable to parse 'm x= 1': missing field value dropped=0"),
        Arguments.of(
            400,
            "{\"error\":\"unable to parse 'm x= 1': missing field value\"}",
            Meaning.REJECTED,
            "HTTP 400: unable to parse 'm x= 1': missing field value"),
        Arguments.of(
            400,
            "{\"code\":\"invalid\",\"message\":\"failed to parse line protocol:errors encountered"
                + " on line(s):error in line 1: table: raw_stats, column: sent\",\"line\":1,"
                + "\"errorId\":\"1f-2\"}",
            Meaning.REJECTED,
            "HTTP 400: failed to parse line protocol:errors encountered on line(s):error in line 1:"
                + " table: raw_stats, column: sent"),
        Arguments.of(
            404,
            "{\"error\":\"the requested database was not found: llama\"}",
            Meaning.UNAVAILABLE,
            "HTTP 404: the requested database was not found: llama"),
        Arguments.of(
            404,
            "{\"code\":\"not found\",\"message\":\"bucket \\\"llama\\\" not found\"}",
            Meaning.UNAVAILABLE,
            "HTTP 404: bucket \"llama\" not found"),
        Arguments.of(
            500,
            "{\"error\":{\"code\":5,\"message\":\"engine is closed\"}}",
            Meaning.FAILED,
            "HTTP 500: engine is closed"),
        Arguments.of(
            500, "{\"error\":\"partial write\"}", Meaning.FAILED, "HTTP 500: partial write"),
        Arguments.of(
            502,
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad"
                + " Gateway</h1></center><hr><center>nginx</center></body></html>",
            Meaning.FAILED,
            "HTTP 502: 502 Bad Gateway"),
        Arguments.of(
            503,
            "<p>upstream <b>is</b> away</p>",
            Meaning.UNAVAILABLE,
            "HTTP 503: upstream is away"),
        Arguments.of(
            200,
            "<html><title>Log in</title></html>",
            Meaning.UNAVAILABLE,
            "HTTP 200 does not acknowledge a write: Log in"),
        Arguments.of(
            200,
            "{\"results\":[]}",
            Meaning.UNAVAILABLE,
            "HTTP 200 does not acknowledge a write: {\"results\":[]}"),
        Arguments.of(401, "{not json", Meaning.UNAVAILABLE, "HTTP 401: {not json"),
        Arguments.of(400, "wrong\n\tprotocol", Meaning.REJECTED, "HTTP 400: wrong protocol"),
        Arguments.of(403, "", Meaning.UNAVAILABLE, "HTTP 403: without a word"));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void theWordsAreTheStoresWhateverTheBodysShape(
      int status, String body, Meaning meaning, String words) {
    StoreAnswer answer = answer(status, body);

    assertThat(AnswerTable.meaning(answer)).isEqualTo(meaning);
    assertThat(AnswerTable.failure(answer, NO_SECRETS))
        .extracting(WriteFailure::message)
        .isEqualTo(words);
  }

  @Test
  void anAcknowledgementIsNoFailure() {
    assertThat(AnswerTable.failure(answer(204, ""), NO_SECRETS)).isNull();
    assertThat(AnswerTable.failure(answer(200, " \n"), NO_SECRETS)).isNull();
  }

  @Test
  void anAnswerThatDoesNotEndAcknowledgesNothing() {
    StoreAnswer answer = new StoreAnswer(200, "", "", "", "", false);

    assertThat(AnswerTable.failure(answer, NO_SECRETS))
        .isEqualTo(
            new WriteFailure.Unavailable(
                "HTTP 200 does not acknowledge a write: an answer that does not end",
                Duration.ZERO));
  }

  @Test
  void aRedirectSaysWhereTo() {
    StoreAnswer answer = new StoreAnswer(302, "https://sso/login", "", "", "", true);

    assertThat(AnswerTable.failure(answer, NO_SECRETS))
        .isEqualTo(
            new WriteFailure.Unavailable(
                "HTTP 302: redirects to https://sso/login, which is not followed", Duration.ZERO));
  }

  @Test
  void aHeaderSpeaksWhereTheBodyDoesNot() {
    StoreAnswer answer = new StoreAnswer(401, "", "", "authorization failed", "", true);

    assertThat(AnswerTable.failure(answer, NO_SECRETS))
        .extracting(WriteFailure::message)
        .isEqualTo("HTTP 401: authorization failed");
  }

  @ParameterizedTest
  @CsvSource({"7, 7", "'', 0", "soon, 0", "-3, 0", "99999, 0"})
  void anOverloadedStoreSaysWhenToComeAgain(String header, int seconds) {
    StoreAnswer answer = new StoreAnswer(429, "", header, "", "", true);

    assertThat(AnswerTable.failure(answer, NO_SECRETS))
        .isEqualTo(
            new WriteFailure.Unavailable("HTTP 429: without a word", Duration.ofSeconds(seconds)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17})
  void aPartialWriteSaysHowManyLinesWereDropped(int dropped) {
    assertThat(
            AnswerTable.failure(
                answer(400, "partial write: too old dropped=" + dropped), NO_SECRETS))
        .isEqualTo(
            new WriteFailure.Dropped(
                "HTTP 400: partial write: too old dropped=" + dropped, dropped));
  }

  @Test
  void aSecretThatIsRepeatedIsHiddenInEveryMeaning() {
    Redactor words = new Redactor("s3cret");
    for (int status = 200; status < 600; status++) {
      StoreAnswer answer =
          new StoreAnswer(status, "/s3cret", "", "s3cret", "'s3cret' dropped", true);
      WriteFailure failure = AnswerTable.failure(answer, words);
      if (failure != null) {
        assertThat(failure.message()).contains("HTTP " + status).doesNotContain("s3cret");
      }
    }
  }

  @Test
  void theGuideShowsThisTable() throws IOException {
    StringBuilder table = new StringBuilder();
    for (Row row : AnswerTable.ROWS) {
      Meaning meaning = row.meaning();
      table.append(
          "| %s | %s | %s | %s | %s |\n"
              .formatted(
                  row.answer(),
                  meaning.state(),
                  meaning.kept(),
                  meaning.givenUp(),
                  meaning.requests()));
    }

    assertThat(Files.readString(Path.of("../docs/guide/stores.md"))).contains(table);
  }

  private static StoreAnswer answer(int status, String body) {
    return new StoreAnswer(status, "", "", "", body, true);
  }
}
