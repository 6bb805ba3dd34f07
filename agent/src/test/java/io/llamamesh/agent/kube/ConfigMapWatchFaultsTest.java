package io.llamamesh.agent.kube;

import static io.llamamesh.agent.kube.FakeKubeApi.answer;
import static io.llamamesh.agent.kube.FakeKubeApi.json;
import static io.llamamesh.agent.kube.FakeKubeApi.reset;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections that fail in all ways that connections have; a second stands for half a minute. */
class ConfigMapWatchFaultsTest {

  private static final Duration WATCH = Duration.ofSeconds(1);
  private static final Duration SLACK = Duration.ofMillis(300);
  private static final String EVENT =
      "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"},"
          + "\"data\":{\"k\":\"second\"}}}\n";

  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final WatchContact contact = new WatchContact(System::nanoTime);
  private FakeKubeApi api;

  @BeforeEach
  void start() throws IOException {
    api = new FakeKubeApi();
  }

  @AfterEach
  void stop() throws IOException {
    api.close();
  }

  private static FakeKubeApi.Step list(String value) {
    return json(
        "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{},\"data\":{\"k\":\""
            + value
            + "\"}}]}");
  }

  private ConfigMapWatch follow() {
    return follow(Duration.ofMillis(20), Duration.ofMillis(200));
  }

  private ConfigMapWatch follow(Duration firstPause, Duration longestPause) {
    return ConfigMapWatch.start(
        ApiAccess.plain(api.url(), "me"),
        "default",
        "mesh.node-1",
        new ConfigMapWatch.Listener() {
          @Override
          public void present(Map<String, String> data) {
            heard.add(String.valueOf(data.get("k")));
          }

          @Override
          public void absent() {
            heard.add("absent");
          }

          @Override
          public void failed(IOException cause) {
            heard.add("failed: " + cause.getMessage());
          }
        },
        contact,
        new ConfigMapWatch.Timing(
            WATCH, WATCH, SLACK, Duration.ofMillis(500), firstPause, longestPause));
  }

  private Duration between(int earlier, int later) {
    return Duration.ofNanos(api.asked().get(later).nanos() - api.asked().get(earlier).nanos());
  }

  @Test
  void aHalfOpenWatchIsGivenUpAndGoesOnFromTheVersionThatWasSeen() {
    api.then(list("first")).then(api.halfOpen("")).then(api.halfOpen(EVENT));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("second"));
      assertThat(watch).isNotNull();
    }

    assertThat(api.asked().get(1).line()).contains("timeoutSeconds=1", "resourceVersion=7");
    assertThat(api.asked().get(2).line()).contains("watch=true", "resourceVersion=7");
    assertThat(between(1, 2)).isBetween(WATCH, WATCH.plusSeconds(4));
    assertThat(contact.failures()).isPositive();
  }

  @Test
  void aWatchThatDribblesBeyondItsEndIsCutOff() {
    api.then(list("first")).then(api.dribbling()).then(api.halfOpen(EVENT));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("second"));
      assertThat(watch).isNotNull();
    }

    assertThat(between(1, 2)).isLessThan(WATCH.plusSeconds(4));
    assertThat(heard).anyMatch(line -> line.equals("failed: no end within 1300 ms"));
  }

  @Test
  void aServerThatAcceptsAndNeverAnswersIsAskedAnew() {
    api.then(api.silent()).then(list("first"));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("first"));
      assertThat(watch).isNotNull();
    }

    assertThat(heard.getFirst()).startsWith("failed");
  }

  @Test
  void whateverIsAnsweredTheWatchComesThrough() {
    api.then(reset())
        .then(reset()) // once more by Java's own client
        .then(answer("500 Internal Server Error", "", "no JSON"))
        .then(answer("401 Unauthorized", "", "{\"message\":\"Unauthorized\"}"))
        .then(answer("403 Forbidden", "", "{\"message\":\"configmaps is forbidden: no list\"}"))
        .then(list("first"))
        .then(reset())
        .then(reset())
        .then(answer("410 Gone", "", "{}"))
        .then(list("again"))
        .then(api.halfOpen(EVENT));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("second"));
      assertThat(watch).isNotNull();
    }

    assertThat(heard)
        .contains(
            "failed: the API answered 500 to /api/v1/namespaces/default/configmaps",
            "failed: the API answered 401 to /api/v1/namespaces/default/configmaps: Unauthorized",
            "failed: the API answered 403 to /api/v1/namespaces/default/configmaps: configmaps is"
                + " forbidden: no list")
        .containsSubsequence("first", "again", "second");
  }

  @Test
  void aServerThatSaysWhenToComeBackIsLeftAloneUntilThen() {
    api.then(answer("429 Too Many Requests", "Retry-After: 1\r\n", "{}")).then(list("first"));

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("first"));
      assertThat(watch).isNotNull();
    }

    assertThat(between(0, 1)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void aWatchThatFailsAgainAndAgainIsAskedForLessAndLess() {
    api.then(list("first")).always(answer("500 Internal Server Error", "", "{}"));

    try (ConfigMapWatch watch = follow(Duration.ofMillis(10), Duration.ofSeconds(10))) {
      await().until(() -> api.asked().size() > 10);
      assertThat(watch).isNotNull();
    }

    // Bounds of 10, 20, … 2,560 ms, each shortened by nine tenths at most.
    assertThat(between(1, 10)).isGreaterThanOrEqualTo(Duration.ofMillis(500));
  }

  @Test
  void aWatchThatEndsAtOnceAgainAndAgainIsAskedForLessAndLess() {
    api.then(list("first")).always(json(""));

    try (ConfigMapWatch watch = follow(Duration.ofMillis(10), Duration.ofSeconds(10))) {
      await().until(() -> api.asked().size() > 10);
      assertThat(watch).isNotNull();
    }

    assertThat(between(1, 10)).isGreaterThanOrEqualTo(Duration.ofMillis(500));
  }

  @Test
  void theAgeOfTheLastContactGrowsWhileNobodyAnswers() {
    api.then(list("first")).then(api.halfOpen(EVENT)).always(reset());

    try (ConfigMapWatch watch = follow()) {
      await().until(() -> heard.contains("second"));
      double young = contact.ageSeconds();
      await().until(() -> contact.failures() > 2);
      assertThat(contact.ageSeconds()).isGreaterThan(1.0).isGreaterThan(young);
      assertThat(watch).isNotNull();
    }
  }
}
