package io.llamamesh.agent.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.collector.TestWindows;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.registration.IngestClient;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.ResultsJson;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Windows that an agent posts itself, to a scraper that is scripted. */
class WindowPushTest {

  private static final long HOUR = 3_600_000_000_000L;
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private final WindowArchive archive = new WindowArchive("b00t");

  /** Statuses of the next answers, 0 for none; 200 afterwards. */
  private final Deque<Integer> answers = new ArrayDeque<>();

  private final List<String> cursors = Collections.synchronizedList(new ArrayList<>());
  private final List<String> taken = Collections.synchronizedList(new ArrayList<>());
  private final List<Map<String, String>> heads = Collections.synchronizedList(new ArrayList<>());

  private WindowPush push() {
    return new WindowPush(
        archive,
        this::post,
        "https://scraper.example/ingest",
        () -> Map.of("dst_name", "b ü"),
        LossRule.NETWORK,
        InstantSource.fixed(NOW),
        new Random(1));
  }

  private synchronized IngestClient.Answer post(Map<String, String> headers, byte[] gzip)
      throws IOException {
    int status = answers.isEmpty() ? 200 : answers.remove();
    heads.add(headers);
    cursors.add(headers.get(InfluxDataHeaders.CURSOR));
    JsonNode points =
        ResultsJson.mapper().readTree(new GZIPInputStream(new ByteArrayInputStream(gzip)));
    if (status == 200 || status == 0) {
      points.valueStream().map(point -> point.get("time").asText()).distinct().forEach(taken::add);
    }
    if (status == 0) {
      throw new IOException("the connection broke before the answer");
    }
    return new IngestClient.Answer(status, status == 200 ? "" : "said why");
  }

  @Test
  void windowsArePostedOldestFirstAndTheNextPageWaitsForTheAnswer() throws Exception {
    TestWindows.publish(archive, 130);
    try (WindowPush push = push()) {
      var _ = push.step();
      assertThat(push.stored()).isEqualTo(60);
      var _ = push.step();
      var _ = push.step();

      assertThat(cursors).containsExactly("b00t:60", "b00t:120", "b00t:130");
      assertThat(taken).hasSize(130).isSorted().doesNotHaveDuplicates();
      assertThat(push.backlog()).isZero();
      assertThat(archive.lastRead()).isEqualTo(130);
      assertThat(heads.getFirst())
          .containsEntry(InfluxDataHeaders.AGENT, "b+%C3%BC")
          .containsEntry(InfluxDataHeaders.WINDOWS, "60")
          .containsEntry(InfluxDataHeaders.CLOCK, "2026-11-20T10:00:00Z");
    }
  }

  @Test
  void aPageWithoutAnAnswerIsPostedAgainUnderTheSameNumber() throws Exception {
    TestWindows.publish(archive, 3);
    answers.addAll(List.of(0, 503));
    try (WindowPush push = push()) {
      var _ = push.step();
      var _ = push.step();
      assertThat(push.stored()).isZero();
      assertThat(push.problem()).isEqualTo("HTTP 503: said why");
      var _ = push.step();

      assertThat(cursors).containsExactly("b00t:3", "b00t:3", "b00t:3");
      assertThat(push.failures()).isEqualTo(2);
      assertThat(push.problem()).isNull();
      assertThat(push.givenUp()).isZero();
      assertThat(push.backlog()).isZero();
    }
  }

  @Test
  void pausesGrowToAMinuteAndBeginAnewAfterASuccess() throws Exception {
    TestWindows.publish(archive, 2);
    answers.addAll(Collections.nCopies(10, 503));
    try (WindowPush push = push()) {
      List<Duration> pauses = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        pauses.add(push.step());
      }
      long bound = 1_000;
      for (Duration pause : pauses) {
        assertThat(pause.toMillis()).isBetween(bound / 2, bound);
        bound = Math.min(2 * bound, 60_000);
      }
      assertThat(push.step()).isZero();

      TestWindows.publish(archive, 1);
      answers.add(503);
      assertThat(push.step()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }
  }

  @Test
  void windowsThatAreNoLongerRetainedAreCountedAsGivenUp() throws Exception {
    TestWindows.publish(archive, 5);
    answers.add(503);
    try (WindowPush push = push()) {
      var _ = push.step();
      // Published an hour and more later: the first five are over.
      archive.publish(
          new ClosedWindow(6, NOW.getEpochSecond() * 1_000_000_000L, List.of(), List.of()),
          2 * HOUR,
          HOUR);
      assertThat(archive.oldest()).isEqualTo(6);
      var _ = push.step();

      assertThat(push.givenUp()).isEqualTo(5);
      assertThat(cursors.getLast()).isEqualTo("b00t:6");
      assertThat(heads.getLast()).containsEntry(InfluxDataHeaders.WINDOWS, "1");
      assertThat(push.stored()).isEqualTo(6);
    }
  }

  /** Anybody may read an agent's API with a cursor, and this must not lose a window. */
  @Test
  void whoElseReadsDoesNotMoveThePosition() throws Exception {
    TestWindows.publish(archive, 3);
    archive.markRead(3);
    try (WindowPush push = push()) {
      var _ = push.step();

      assertThat(taken).hasSize(3);
    }
  }

  @Test
  void ofAPageThatIsRefusedForGoodOnlyTheWindowAtFaultIsGivenUp() throws Exception {
    TestWindows.publish(archive, 4);
    // Four, then two, then one: the first is at fault.
    answers.addAll(List.of(400, 413, 400));
    try (WindowPush push = push()) {
      for (int i = 0; i < 6; i++) {
        var _ = push.step();
      }

      assertThat(push.givenUp()).isEqualTo(1);
      assertThat(push.stored()).isEqualTo(4);
      assertThat(taken).hasSize(3).doesNotHaveDuplicates();
    }
  }

  @Test
  void noWindowOfAClockThatWasNotSetIsPosted() throws Exception {
    for (int i = 1; i <= 3; i++) {
      archive.publish(new ClosedWindow(i, i * 10_000_000_000L, List.of(), List.of()), i, HOUR);
    }
    archive.publish(
        new ClosedWindow(4, NOW.getEpochSecond() * 1_000_000_000L, List.of(), List.of()), 4, HOUR);
    try (WindowPush push = push()) {
      var _ = push.step();

      assertThat(push.givenUp()).isEqualTo(3);
      assertThat(cursors).containsExactly("b00t:4");
    }
  }

  @Test
  void theEndPostsWhatIsLeftAndWaitsNoLongerThanItMay() throws Exception {
    TestWindows.publish(archive, 130);
    answers.add(503);
    try (WindowPush push = push()) {
      push.start();
      push.finish(Duration.ofSeconds(30), time -> closedAfter(time));
      assertThat(push.backlog()).isZero();
    }

    TestWindows.publish(archive, 1);
    answers.addAll(Collections.nCopies(1_000, 503));
    try (WindowPush push = push()) {
      push.start();
      push.finish(Duration.ofMillis(300), time -> closedAfter(time));
      assertThat(push.backlog()).isPositive();
    }
  }

  private static boolean closedAfter(Duration time) {
    await().pollDelay(time).until(() -> true);
    return false;
  }
}
