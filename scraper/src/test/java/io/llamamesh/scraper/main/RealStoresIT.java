package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure;
import io.llamamesh.scraper.testing.Points;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Servers from the distribution's packages, started for the test where they are installed. */
@Execution(ExecutionMode.CONCURRENT)
final class RealStoresIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private final RealServer server;

  RealStoresIT(@TempDir Path folder) {
    server = new RealServer(folder);
  }

  @AfterEach
  void stop() throws InterruptedException {
    server.close();
  }

  @Test
  void influxDb1TakesPointsOnceAndMakesItsDatabase() throws Exception {
    String url = server.influxDb1();

    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      store.write(LineProtocol.lines(points()));
      store.write(LineProtocol.lines(points()));
    }

    String counted =
        server.get(
            url + "/query?db=llama&q=" + RealServer.encoded("select count(sent) from raw_stats"));
    assertThat(ResultsJson.mapper().readTree(counted).at("/results/0/series/0/values/0/1").asLong())
        .isEqualTo(50);
  }

  @Test
  void influxDb1SaysWhichPointItRejects() throws Exception {
    String url = server.influxDb1();

    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      store.write(List.of("raw_stats,a=b sent=1.0 1700000000000"));
      assertThatThrownBy(() -> store.write(List.of("raw_stats,a=b sent=\"text\" 1700000001000")))
          .isInstanceOfSatisfying(
              WriteFailure.WriteFailedException.class,
              e ->
                  assertThat(e.failure())
                      .isInstanceOfSatisfying(
                          WriteFailure.Dropped.class,
                          dropped -> assertThat(dropped.lines()).isEqualTo(1)))
          .hasMessageContaining("field type conflict");
    }
  }

  @Test
  void victoriaMetricsTakesPointsOverV2() throws Exception {
    String url = server.victoriaMetrics();

    try (Store store = new InfluxV2(url, "net", "llama", null, TIMEOUT)) {
      store.write(LineProtocol.lines(points()));
      store.write(LineProtocol.lines(points()));
    }

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          server.get(url + "/internal/force_flush");
          String exported =
              server.get(url + "/api/v1/export?match=" + RealServer.encoded("raw_stats_sent"));
          assertThat(ResultsJson.mapper().readTree(exported).path("values")).hasSize(50);
        });
  }

  private static List<Point> points() {
    long start = Instant.now().getEpochSecond() - 1_000;
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      points.add(
          Points.pair("node-1", "node-2", Instant.ofEpochSecond(start / 100 * 100 + i), 16, 1, 1));
    }
    return points;
  }
}
