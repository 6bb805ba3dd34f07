package io.llamamesh.agent.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.agent.collector.TestWindows;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DrainUploadTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final WindowArchive archive = new WindowArchive("b00t");
  private final AtomicLong now = new AtomicLong();
  private final List<Duration> pauses = new ArrayList<>();

  /** Statuses of the next answers; 200 afterwards. */
  private final Deque<Integer> answers = new ArrayDeque<>();

  private final List<JsonNode> pages = Collections.synchronizedList(new ArrayList<>());
  private final List<String> cursors = Collections.synchronizedList(new ArrayList<>());
  private final List<String> tokens = Collections.synchronizedList(new ArrayList<>());
  private HttpServer scraper;

  @BeforeEach
  void listen() throws IOException {
    scraper = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    scraper.createContext("/ingest", this::answer);
    scraper.start();
  }

  @AfterEach
  void stop() {
    scraper.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      int status = answers.isEmpty() ? 200 : answers.remove();
      cursors.add(exchange.getRequestHeaders().getFirst("Llama-Cursor"));
      tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
      if (status == 200) {
        assertThat(body.length).isLessThan(2 * DrainUpload.PAGE_BYTES);
        pages.add(ResultsJson.mapper().readTree(body));
      }
      exchange.sendResponseHeaders(status, -1);
    }
  }

  private String url() {
    return "http://127.0.0.1:" + scraper.getAddress().getPort() + "/ingest";
  }

  private DrainUpload.Result post() throws InterruptedException {
    return new DrainUpload(archive, Map::of, LossRule.NETWORK, now::get, this::pause)
        .uploadUnread(url(), List.of("secret"), PATIENCE);
  }

  /** No time goes by but here. */
  private boolean pause(Duration time) {
    pauses.add(time);
    now.addAndGet(time.toNanos());
    return false;
  }

  private List<String> times() {
    return pages.stream()
        .flatMap(JsonNode::valueStream)
        .map(point -> point.get("time").asText())
        .distinct()
        .toList();
  }

  @Test
  void allUnreadWindowsArePostedOldestFirstInPagesThatAreEachAcknowledged() throws Exception {
    TestWindows.publish(archive, 250);
    archive.markRead(10);

    assertThat(post()).isEqualTo(new DrainUpload.Result(240, 0));

    assertThat(cursors).containsExactly("b00t:70", "b00t:130", "b00t:190", "b00t:250");
    assertThat(times()).hasSize(240).isSorted().doesNotHaveDuplicates();
    assertThat(archive.lastRead()).isEqualTo(250);
    assertThat(tokens).containsOnly("Bearer secret");
    assertThat(pauses).isEmpty();
  }

  @Test
  void whereTheFirstTokenIsRefusedTheNextOneIsShownAndKept() throws Exception {
    TestWindows.publish(archive, 100);
    answers.add(401);

    DrainUpload.Result handed =
        new DrainUpload(archive, Map::of, LossRule.NETWORK, now::get, this::pause)
            .uploadUnread(url(), List.of("own", "mesh"), PATIENCE);

    assertThat(handed).isEqualTo(new DrainUpload.Result(100, 0));
    assertThat(tokens).containsExactly("Bearer own", "Bearer mesh", "Bearer mesh");
    assertThat(pauses).isEmpty();
  }

  @Test
  void whereTheLastTokenIsRefusedTheWindowsStay() throws Exception {
    TestWindows.publish(archive, 3);
    answers.addAll(List.of(403, 401));

    DrainUpload.Result handed =
        new DrainUpload(archive, Map::of, LossRule.NETWORK, now::get, this::pause)
            .uploadUnread(url(), List.of("own", "mesh"), PATIENCE);

    assertThat(handed).isEqualTo(new DrainUpload.Result(0, 3));
    assertThat(tokens).containsExactly("Bearer own", "Bearer mesh");
  }

  @Test
  void anAnswerWithoutEndEndsWithTheTimeThereIs() throws Exception {
    TestWindows.publish(archive, 3);
    CountDownLatch ended = new CountDownLatch(1);
    scraper.createContext(
        "/endless",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            while (ended.getCount() > 0) {
              exchange.getResponseBody().write(new byte[1 << 16]);
            }
          }
        });

    DrainUpload.Result handed =
        new DrainUpload(archive, Map::of, LossRule.NETWORK, now::get, this::pause)
            .uploadUnread(
                url().replace("/ingest", "/endless"), List.of("secret"), Duration.ofMillis(300));
    ended.countDown();

    assertThat(handed).isEqualTo(new DrainUpload.Result(0, 3));
  }

  @Test
  void aPageThatIsNotTakenNowIsPostedAgain() throws Exception {
    TestWindows.publish(archive, 70);
    answers.addAll(List.of(200, 503, 500));

    assertThat(post()).isEqualTo(new DrainUpload.Result(70, 0));

    assertThat(cursors).containsExactly("b00t:60", "b00t:70", "b00t:70", "b00t:70");
    assertThat(times()).hasSize(70);
    assertThat(pauses).hasSize(2);
  }

  @Test
  void triesLessAndLessOftenUntilAPageIsTaken() throws Exception {
    TestWindows.publish(archive, 70);
    answers.addAll(List.of(503, 503, 503, 503, 200, 503, 200));

    assertThat(post()).isEqualTo(new DrainUpload.Result(70, 0));

    assertThat(pauses)
        .extracting(Duration::toMillis)
        .containsExactly(500L, 1_000L, 2_000L, 2_000L, 500L);
  }

  @Test
  void whenTimeIsUpWhatIsLeftIsCountedAndStaysUnread() throws Exception {
    TestWindows.publish(archive, 70);
    answers.add(200);
    answers.addAll(Collections.nCopies(1000, 503));

    assertThat(post()).isEqualTo(new DrainUpload.Result(60, 10));

    assertThat(now.get()).isEqualTo(PATIENCE.toNanos());
    assertThat(archive.lastRead()).isEqualTo(60);
  }

  @Test
  void whoDoesNotWantThemIsNotAskedAgain() throws Exception {
    TestWindows.publish(archive, 3);
    answers.add(401);

    assertThat(post()).isEqualTo(new DrainUpload.Result(0, 3));

    assertThat(cursors).hasSize(1);
    assertThat(archive.lastRead()).isZero();
  }

  @Test
  void nobodyThereIsTriedAgainUntilTimeIsUp() throws Exception {
    TestWindows.publish(archive, 3);
    scraper.stop(0);

    assertThat(post()).isEqualTo(new DrainUpload.Result(0, 3));

    assertThat(now.get()).isEqualTo(PATIENCE.toNanos());
  }

  @Test
  void aSecondSignalEndsThePost() throws Exception {
    TestWindows.publish(archive, 3);
    answers.add(503);

    DrainUpload.Result handed =
        new DrainUpload(archive, Map::of, LossRule.NETWORK, now::get, time -> true)
            .uploadUnread(url(), List.of(), PATIENCE);

    assertThat(handed).isEqualTo(new DrainUpload.Result(0, 3));
    assertThat(cursors).hasSize(1);
  }

  @Test
  void aWrongUrlIsReportedAndNotRetried() throws Exception {
    TestWindows.publish(archive, 1);

    DrainUpload.Result handed =
        new DrainUpload(archive, Map::of, LossRule.NETWORK, now::get, this::pause)
            .uploadUnread("no url", List.of(), PATIENCE);

    assertThat(handed).isEqualTo(new DrainUpload.Result(0, 1));
    assertThat(now.get()).isZero();
  }

  @Test
  void withNothingUnreadNobodyIsAsked() throws Exception {
    TestWindows.publish(archive, 3);
    archive.markRead(3);

    assertThat(post()).isEqualTo(new DrainUpload.Result(0, 0));

    assertThat(cursors).isEmpty();
  }
}
