package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.FileCursors;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Windows through a whole scraper into QuestDB, read back by SQL. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(QuestDb.LOCK)
final class ExactlyOnceIT {
  private static final int AGENTS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path folder;
  private final QuestDb store;
  private final List<FakeAgent> agents = new ArrayList<>();
  private final long start = Instant.now().getEpochSecond() - 1_000;
  private int published;
  private @Nullable ScraperRun scraper;

  ExactlyOnceIT(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.store = new QuestDb(folder.resolve("questdb"));
  }

  @BeforeEach
  void startAll() throws IOException, InterruptedException {
    store.start();
    for (int i = 0; i < AGENTS; i++) {
      agents.add(FakeAgent.start());
    }
  }

  @AfterEach
  void stop() {
    stopScraper();
    agents.forEach(FakeAgent::close);
    store.close();
  }

  @Test
  void whatAgentsPublishedCanBeReadBack() throws Exception {
    publish(5);
    startScraper(CursorStore.NONE);

    awaitEveryWindowOnce();

    assertThat(
            store
                .query(
                    "select sent, lost, rtt_p50, src_name, dst_name, timestamp from raw_stats"
                        + " where src_name = 'node-1' and dst_name = 'node-2' order by timestamp"
                        + " limit 1")
                .path("dataset")
                .path(0)
                .toString())
        .isEqualTo(
            "[16.0,1.0,0.25,\"node-1\",\"node-2\",\"%s.000000Z\"]"
                .formatted(Instant.ofEpochSecond(start).toString().replace("Z", "")));
    // A table of its own, which shows its rows in its own time.
    await()
        .atMost(PATIENCE)
        .until(() -> store.number("select count() from path_stats") == 5L * AGENTS);
  }

  @Test
  void readingTheSameWindowsAgainDoublesNothing() throws Exception {
    publish(20);
    startScraper(CursorStore.NONE);
    awaitEveryWindowOnce();
    stopScraper();

    startScraper(CursorStore.NONE);
    await().atMost(PATIENCE).until(() -> written() >= 20L * AGENTS);
    agents.forEach(agent -> agent.restart("another-boot"));
    await().atMost(PATIENCE).until(() -> written() >= 2 * 20L * AGENTS);

    awaitEveryWindowOnce();
  }

  @Test
  void afterAnOutageOfTheStoreEveryWindowIsThereOnce() throws Exception {
    publish(5);
    startScraper(CursorStore.NONE);
    awaitEveryWindowOnce();

    store.stop();
    publish(30);
    await().atMost(PATIENCE).until(() -> storeState() == MeshReport.Store.State.UNREACHABLE);
    publish(5);
    store.start();

    awaitEveryWindowOnce();
    await().atMost(PATIENCE).until(() -> storeState() == MeshReport.Store.State.REACHABLE);
  }

  @Test
  void aScraperThatIsStoppedAtAnyMomentLosesAndDoublesNothing() throws Exception {
    Random random = new Random(5);
    FileCursors kept = new FileCursors(folder.resolve("cursors.json"));
    for (int life = 0; life < 8; life++) {
      publish(1 + random.nextInt(5));
      // A crash keeps the cursors of the minute before: every other life forgets its own.
      startScraper(life % 2 == 0 ? kept : new Forgetful(kept));
      long enough = random.nextInt(30);
      await().atMost(PATIENCE).until(() -> written() >= enough || caughtUp());
      stopScraper();
    }
    startScraper(kept);

    awaitEveryWindowOnce();
  }

  @Test
  void whatADrainingAgentPostsIsTakenOnlyWhenTheStoreHasIt() throws Exception {
    startScraper(CursorStore.NONE);
    Instant end = Instant.ofEpochSecond(start);
    String body =
        ResultsJson.mapper()
            .writeValueAsString(
                List.of(
                    Points.pair("node-8", "node-1", end, 16, 0, 0.25),
                    Points.pair("node-8", "node-2", end, 16, 0, 0.25)));

    assertThat(post(body)).isEqualTo("200 {\"points\":2}");
    assertThat(post(body)).isEqualTo("200 {\"points\":2}");
    assertThat(post("nonsense")).startsWith("400 ");
    await()
        .atMost(PATIENCE)
        .until(() -> store.number("select count() from raw_stats where src_name = 'node-8'") == 2);

    store.stop();
    assertThat(post(body)).startsWith("503 ");
  }

  private String post(String body) throws IOException, InterruptedException {
    InetSocketAddress address = scraper == null ? null : scraper.ingestAddress();
    assertThat(address).isNotNull();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(address) + "/ingest"))
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() + " " + answer.body();
    }
  }

  private static int port(@Nullable InetSocketAddress address) {
    return address == null ? 0 : address.getPort();
  }

  private void publish(int windows) {
    for (int w = 0; w < windows; w++) {
      Instant end = Instant.ofEpochSecond(start + published++);
      for (int i = 1; i <= AGENTS; i++) {
        List<Point> window = new ArrayList<>();
        for (int j = 1; j <= AGENTS; j++) {
          if (i != j) {
            window.add(Points.pair("node-" + i, "node-" + j, end, 16, 1, 0.25));
          }
        }
        window.add(Points.path("node-" + i, "node-" + (i % AGENTS + 1), end, 25_000, 4, 1));
        window.add(
            new Point(
                Point.REFLECTED_STATS,
                end,
                Map.of("mesh", "default", "src_ip", "10.0.0.9", "dst_name", "node-" + i),
                Map.of("reflected", 16.0)));
        agents.get(i - 1).publish(window);
      }
    }
  }

  private void awaitEveryWindowOnce() {
    long expected = (long) published * AGENTS * (AGENTS - 1);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(
                  store.number(
                      "select count() from (select distinct timestamp, src_name, dst_name from"
                          + " raw_stats)"))
              .isEqualTo(expected);
          assertThat(store.number("select count() from raw_stats")).isEqualTo(expected);
          assertThat(store.number("select count() from reflected_stats"))
              .isEqualTo((long) published * AGENTS);
        });
  }

  private long written() {
    return scraper == null ? 0 : scraper.report().store().pointsWritten();
  }

  private boolean caughtUp() throws IOException, InterruptedException {
    return store.number("select count() from raw_stats")
        == (long) published * AGENTS * (AGENTS - 1);
  }

  private MeshReport.Store.State storeState() {
    return scraper == null ? MeshReport.Store.State.PENDING : scraper.report().store().state();
  }

  private void startScraper(CursorStore cursors) throws IOException {
    String addresses = String.join(",", agents.stream().map(FakeAgent::address).toList());
    scraper =
        ScraperRun.start(
            new ScraperConfig(
                    "default",
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    Duration.ofSeconds(1),
                    Duration.ofHours(1),
                    Duration.ofSeconds(5),
                    Limits.DEFAULT)
                .withIngest(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            new StaticAgents(addresses, 8100),
            new InfluxV2(store.url(), "", "", null, Duration.ofSeconds(10)),
            cursors,
            Leadership.ALONE,
            Tokens.NONE);
  }

  private void stopScraper() {
    if (scraper != null) {
      scraper.close();
      scraper = null;
    }
  }

  /** Loads, but never saves. */
  private record Forgetful(CursorStore kept) implements CursorStore {
    @Override
    public Map<String, Bookmark> load() {
      return kept.load();
    }

    @Override
    public void save(Map<String, Bookmark> cursors) {}
  }
}
