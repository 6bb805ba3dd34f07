package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.MeshReport.Store.State;
import io.llamamesh.results.Point;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import io.llamamesh.scraper.stores.RealStore;
import io.llamamesh.scraper.testing.Points;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What real stores answer to lines that they do not take, and what becomes of the others. */
@Execution(ExecutionMode.CONCURRENT)
final class StoreAnswersIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private final long second = Instant.now().getEpochSecond() / 100 * 100 - 1_000;

  @ParameterizedTest
  @EnumSource(RealStore.Kind.class)
  void linesThatClashDoNotHoldUpTheOthers(RealStore.Kind kind, @TempDir Path folder)
      throws Exception {
    try (RealStore store = kind.in(folder)) {
      store.start();
      try (StoreWriter writer = new StoreWriter(store.open(), InstantSource.system())) {
        assertThat(writer.write(lines(0, 10))).isEqualTo(new WriteResult.Acknowledged(10));
        List<String> clashing = new ArrayList<>(lines(10, 20));
        clashing.set(3, clashing.get(3).replaceFirst("sent=[0-9.]+", "sent=\"text\""));
        List<String> broken = new ArrayList<>(lines(20, 30));
        broken.set(7, "no line at all");

        assertThat(writer.write(clashing)).isInstanceOf(WriteResult.Acknowledged.class);
        assertThat(writer.write(broken)).isInstanceOf(WriteResult.Acknowledged.class);

        assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
        if (kind != RealStore.Kind.VICTORIA_METRICS) {
          // That one leaves out what it cannot read, and does not say so.
          assertThat(writer.rejected()).isEqualTo(2);
          assertThat(writer.status().message()).startsWith("points are rejected for good: HTTP 4");
        }
        await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(distinct(store)).hasSizeGreaterThanOrEqualTo(28));
      }
    }
  }

  @Test
  void pointsBeyondTheRetentionPolicyAreCountedAndTheOthersWritten(@TempDir Path folder)
      throws Exception {
    try (RealStore server = RealStore.Kind.INFLUX_DB_1.in(folder)) {
      server.start();
      query(server.url(), "CREATE DATABASE llama WITH DURATION 2h NAME short");
      List<String> lines = new ArrayList<>(lines(0, 5));
      lines.addAll(
          LineProtocol.lines(
              List.of(point(second - Duration.ofDays(2).toSeconds(), "node-1", "node-2"))));
      try (StoreWriter writer = new StoreWriter(server.open(), InstantSource.system())) {
        assertThat(writer.write(lines)).isEqualTo(new WriteResult.Acknowledged(6, 1));
        assertThat(writer.status().message()).contains("beyond retention policy");
      }
      assertThat(distinct(server)).hasSize(5);
    }
  }

  @Test
  void missingPointsAreReportedWithTheStoresMessage(@TempDir Path folder) throws Exception {
    try (RealStore server = RealStore.Kind.INFLUX_DB_1.in(folder)) {
      server.start();
      query(server.url(), "CREATE DATABASE llama");
      Store store = new InfluxV1(server.url(), "llama", "nowhere", null, null, TIMEOUT, null);
      try (StoreWriter writer = new StoreWriter(store, InstantSource.system())) {
        assertThat(writer.write(lines(0, 5))).isInstanceOf(WriteResult.Postponed.class);
        assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
        assertThat(writer.status().message()).contains("retention policy", "not found");
        assertThat(writer.rejected()).isZero();
      }
    }
  }

  private static List<String> distinct(RealStore store) throws Exception {
    return store.rows().stream().distinct().toList();
  }

  private static void query(String url, String statement) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      String encoded = URLEncoder.encode(statement, StandardCharsets.UTF_8);
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/query?q=" + encoded))
              .POST(HttpRequest.BodyPublishers.noBody())
              .build();
      assertThat(http.send(request, BodyHandlers.ofString()).body()).doesNotContain("error");
    }
  }

  private List<String> lines(int from, int to) {
    List<Point> points = new ArrayList<>();
    for (int i = from; i < to; i++) {
      points.add(point(second + i, "node-1", "node-2"));
    }
    return LineProtocol.lines(points);
  }

  private static Point point(long second, String source, String destination) {
    return Points.pair(source, destination, Instant.ofEpochSecond(second), 16, 1, 1);
  }
}
