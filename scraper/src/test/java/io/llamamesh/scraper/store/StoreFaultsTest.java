package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MeshReport.Store.State;
import io.llamamesh.testkit.store.FakeStoreServer;
import io.llamamesh.testkit.store.FakeStoreServer.Reply;
import io.llamamesh.testkit.store.FakeStoreServer.Reply.Ending;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the writer makes of a store's answers, over both APIs. */
final class StoreFaultsTest {
  /** Where an answer comes: machines of tests may be slow. */
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** Where none comes, or no end of it. */
  private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(1);

  private static final String DROPPED =
      "{\"error\":\"partial write: points beyond retention policy dropped=1\"}";

  private final FakeStoreServer server;

  StoreFaultsTest() throws IOException {
    server = new FakeStoreServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({"v1, 400", "v1, 422", "v2, 400", "v2, 422"})
  void aStoreThatRefusesEveryLineIsUnreachableAndNothingIsGivenUp(String api, int status)
      throws InterruptedException {
    server.script(request -> Reply.of(status, "wrong protocol"));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 500))).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
      assertThat(writer.status().message()).isEqualTo("HTTP " + status + ": wrong protocol");
      assertThat(writer.rejected()).isZero();
      assertThat(server.requests()).hasSizeLessThan(20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void aRedirectIsNotFollowedAndSaysWhereTo(String api) throws InterruptedException {
    server.script(request ->
        request.isWrite()
            ? Reply.of(302, "", "Location: /login")
            : Reply.of(200, "<html>log in</html>"));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().message()).contains("302", "/login");
      assertThat(server.requests()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void aPageInsteadOfAnAcknowledgementIsNone(String api) throws InterruptedException {
    server.script(request -> Reply.of(200, "<html><title>Log in</title></html>"));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().message()).contains("200", "Log in").doesNotContain("<");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void droppedPointsOfAPartialWriteAreARejectionWhateverTheStatus(String api)
      throws InterruptedException {
    server.script(request -> Reply.of(500, DROPPED));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isEqualTo(new WriteResult.Acknowledged(3, 1));
      assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
      assertThat(writer.rejected()).isEqualTo(1);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void pointsOfOneAgentThatAreAlwaysDroppedDisturbNobody(String api) throws InterruptedException {
    server.script(request ->
        request.lines().contains("p value=0.0 0") ? Reply.of(500, DROPPED) : Reply.of(204, ""));

    try (StoreWriter writer = writer(api)) {
      for (int window = 0; window < 20; window++) {
        assertThat(writer.write(lines(0, 3))).isEqualTo(new WriteResult.Acknowledged(3, 1));
        assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
        assertThat(writer.write(lines(3, 6))).isEqualTo(new WriteResult.Acknowledged(3));
        assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
      }
      assertThat(server.requests()).hasSize(40);
      assertThat(writer.rejected()).isEqualTo(20);
      assertThat(writer.outages()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void theWordsAreTheStores(String api) throws InterruptedException {
    server.script(
        request -> Reply.of(404, "{\"error\":\"the requested database was not found: llama\"}"));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().message())
          .isEqualTo("HTTP 404: the requested database was not found: llama");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void theLargestSizeThatPassedIsKept(String api) throws InterruptedException {
    AtomicInteger refusals = new AtomicInteger();
    server.script(request -> {
      if (request.lines().size() > 100) {
        refusals.incrementAndGet();
        return Reply.of(413, "");
      }
      return Reply.of(204, "");
    });

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 5_000))).isEqualTo(new WriteResult.Acknowledged(5_000));
      int first = refusals.get();
      assertThat(first).isLessThan(10);
      assertThat(writer.write(lines(5_000, 10_000))).isEqualTo(new WriteResult.Acknowledged(5_000));
      assertThat(refusals).hasValue(first);
    }
  }

  @ParameterizedTest
  @MethodSource("everyAnswer")
  void whatIsNoAcknowledgementLeavesTheWindowsAtTheirAgents(String api, Answer answer)
      throws InterruptedException {
    server.script(request -> answer.reply());

    try (StoreWriter writer =
        new StoreWriter(store(api, answer.timeout()), InstantSource.system())) {
      WriteResult result = writer.write(lines(0, 5));

      assertThat(result).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
      assertThat(writer.status().message()).contains(answer.words()).hasSizeLessThan(400);
      assertThat(writer.status().pointsWritten()).isZero();
      assertThat(writer.rejected()).isZero();
      assertThat(server.requests()).hasSizeLessThan(10);
    }
  }

  @ParameterizedTest
  @MethodSource("everyAnswer")
  void afterAnyAnswerTheStoreIsUsedAgain(String api, Answer answer) throws InterruptedException {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-20T09:00:00Z"));
    server.script(request -> answer.reply());

    try (StoreWriter writer = new StoreWriter(store(api, answer.timeout()), now::get)) {
      writer.write(lines(0, 5));
      server.script(request -> Reply.of(204, ""));
      now.updateAndGet(time -> time.plusSeconds(61));

      assertThat(writer.write(lines(0, 5))).isEqualTo(new WriteResult.Acknowledged(5));
      assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
      assertThat(writer.status().message()).isNull();
    }
  }

  static Stream<Arguments> everyAnswer() throws IOException {
    List<Answer> answers = new ArrayList<>();
    for (int status : new int[] {201, 202, 206, 300, 304, 307, 400, 401, 403, 404, 405, 408}) {
      answers.add(new Answer(Integer.toString(status), Reply.of(status, "")));
    }
    for (int status : new int[] {413, 422, 429, 499, 500, 501, 502, 503, 504, 507, 599}) {
      answers.add(new Answer(Integer.toString(status), Reply.of(status, "")));
    }
    for (int status : new int[] {301, 302, 303, 308}) {
      answers.add(
          new Answer(status + ": redirects to /login", Reply.of(status, "", "Location: /login")));
    }
    String error = "{\"error\":\"engine is closed\"}";
    answers.add(new Answer("HTTP 500: engine is closed", Reply.of(500, error)));
    answers.add(new Answer("HTTP 500: engine is closed", Reply.zipped(500, error)));
    answers.add(new Answer("HTTP 200 does not", Reply.zipped(200, "taken")));
    answers.add(
        new Answer(
            "HTTP 401: unauthorized access",
            Reply.of(401, "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}")));
    answers.add(
        new Answer("HTTP 401: who is it", Reply.of(401, "", "X-Influxdb-Error: who is it")));
    answers.add(
        new Answer("HTTP 502: Bad", Reply.of(502, "<html><h1>Bad</h1><p>gateway</p></html>")));
    answers.add(new Answer("HTTP 403: " + "x".repeat(200), Reply.of(403, "x".repeat(1 << 20))));
    answers.add(new Answer("HTTP 500: broken", Reply.of(500, "broken", "Content-Encoding: gzip")));
    answers.add(new Answer("no answer within", Reply.begun("", Ending.HANGS)));
    answers.add(new Answer("no answer within", Reply.begun("HTTP/1.1 20", Ending.HANGS)));
    answers.add(
        new Answer(
            "HTTP 500: half",
            Reply.begun("HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nhalf", Ending.HANGS)));
    answers.add(
        new Answer(
            "HTTP 200 does not acknowledge",
            Reply.begun("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Ending.HANGS)));
    answers.add(
        new Answer(
            "HTTP 500: half",
            Reply.begun("HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\nhalf", Ending.RESET)));
    answers.add(
        new Answer(
            "HTTP 200 does not acknowledge",
            Reply.begun("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Ending.RESET)));
    answers.add(
        new Answer("HTTP 503: and", Reply.begun("HTTP/1.1 503 No\r\n\r\n", Ending.ENDLESS)));
    answers.add(
        new Answer(
            "HTTP 200 does not acknowledge",
            Reply.begun("HTTP/1.1 200 OK\r\n\r\n", Ending.ENDLESS)));
    answers.add(new Answer("", Reply.begun("", Ending.RESET)));
    answers.add(new Answer("", Reply.begun("SSH-2.0-OpenSSH_9.9\r\n", Ending.RESET)));
    return answers.stream()
        .flatMap(answer -> Stream.of(Arguments.of("v1", answer), Arguments.of("v2", answer)));
  }

  /**
   * An answer that acknowledges nothing.
   *
   * @param words words of the message that must be reported
   */
  record Answer(String words, Reply reply) {
    Duration timeout() {
      return reply.ending() == Ending.HANGS ? SHORT_TIMEOUT : TIMEOUT;
    }

    @Override
    public String toString() {
      return words.isEmpty() ? "no answer" : words.substring(0, Math.min(40, words.length()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void anUnreachableStoreIsNamedByItsAddress(String api) throws InterruptedException {
    server.close();

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().message()).contains("ConnectException");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void aSlowAcknowledgementCounts(String api) throws InterruptedException {
    server.script(request -> {
      pause(Duration.ofMillis(300));
      return Reply.of(204, "");
    });

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isEqualTo(new WriteResult.Acknowledged(3));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void aConnectionThatBreaksOnceIsNoOutage(String api) throws InterruptedException {
    AtomicInteger asked = new AtomicInteger();
    server.script(request ->
        asked.incrementAndGet() == 1 ? Reply.begun("", Ending.RESET) : Reply.of(204, ""));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 3))).isEqualTo(new WriteResult.Acknowledged(3));
      assertThat(server.requests()).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({"v1, 500", "v1, 502", "v2, 500", "v2, 502"})
  void aPageThatTheStoreFailsOnDoesNotCloseItForOthers(String api, int status)
      throws InterruptedException {
    server.script(request ->
        request.lines().contains("p value=12.0 12")
            ? Reply.of(status, "panic")
            : Reply.of(204, ""));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 10))).isEqualTo(new WriteResult.Acknowledged(10));
      assertThat(writer.write(lines(10, 20))).isInstanceOf(WriteResult.Failed.class);
      assertThat(writer.write(lines(20, 30))).isEqualTo(new WriteResult.Acknowledged(10));
      assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
      assertThat(writer.status().message())
          .isEqualTo("some agents keep their windows: HTTP " + status + ": panic");
      assertThat(writer.outages()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void linesThatAreRefusedAreFoundAndTheOthersWritten(String api) throws InterruptedException {
    server.script(request ->
        request.lines().contains("p value=12.0 12")
            ? Reply.of(400, "{\"error\":\"unable to parse 'p value=12.0 12': no\"}")
            : Reply.of(204, ""));

    try (StoreWriter writer = writer(api)) {
      assertThat(writer.write(lines(0, 100))).isEqualTo(new WriteResult.Acknowledged(100, 1));
      assertThat(writer.status().message())
          .isEqualTo(
              "points are rejected for good: HTTP 400: unable to parse 'p value=12.0 12': no");
      assertThat(server.requests()).hasSizeLessThan(20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void credentialsAreThoseOfNow(String api) throws InterruptedException {
    AtomicReference<String> secret = new AtomicReference<>("old");
    AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-20T09:00:00Z"));
    Credentials credentials =
        api.equals("v1")
            ? Credentials.basic(() -> "me", secret::get)
            : Credentials.token(secret::get);
    server.script(request -> {
      String shown = request.headers().get("authorization");
      return shown.equals("Token new") || shown.equals("Basic bWU6bmV3")
          ? Reply.of(204, "")
          : Reply.of(401, "not with " + shown);
    });
    Store store =
        api.equals("v1")
            ? new InfluxV1(server.url(), "llama", "", credentials, TIMEOUT, () -> null)
            : new InfluxV2(server.url(), "net", "llama", credentials, TIMEOUT, () -> null);

    try (StoreWriter writer = new StoreWriter(store, now::get)) {
      assertThat(writer.write(lines(0, 3))).isInstanceOf(WriteResult.Postponed.class);
      assertThat(writer.status().message()).startsWith("HTTP 401: not with ").endsWith(" ***");
      secret.set("new");
      now.updateAndGet(time -> time.plusSeconds(61));

      assertThat(writer.write(lines(0, 3))).isEqualTo(new WriteResult.Acknowledged(3));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void credentialsThatNoHeaderCanCarryAreNotRevealed(String api) throws InterruptedException {
    Store store =
        api.equals("v1")
            ? new InfluxV1(server.url(), "llama", "", "me", "s3\ncret", TIMEOUT, null)
            : new InfluxV2(server.url(), "net", "llama", "s3\ncret", TIMEOUT);

    try (StoreWriter writer = new StoreWriter(store, InstantSource.system())) {
      WriteResult result = writer.write(lines(0, 3));

      // The v1 API's header is encoded, and carries anything.
      if (api.equals("v2")) {
        assertThat(result).isInstanceOf(WriteResult.Postponed.class);
        assertThat(writer.status().message()).contains("credentials").doesNotContain("s3", "cret");
      }
    }
  }

  private static void pause(Duration time) {
    CountDownLatch never = new CountDownLatch(1);
    try {
      assertThat(never.await(time.toMillis(), TimeUnit.MILLISECONDS)).isFalse();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private StoreWriter writer(String api) {
    return new StoreWriter(store(api, TIMEOUT), InstantSource.system());
  }

  private Store store(String api, Duration timeout) {
    return api.equals("v1")
        ? new InfluxV1(server.url(), "llama", "", null, null, timeout, null)
        : new InfluxV2(server.url(), "net", "llama", null, timeout);
  }

  private static List<String> lines(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "p value=" + i + ".0 " + i).toList();
  }
}
