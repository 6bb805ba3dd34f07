package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers from the distribution's packages, started for the test where they are installed. */
final class RealStoresIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private final Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Process server;

  RealStoresIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterEach
  void stop() throws InterruptedException {
    Process running = server;
    if (running != null) {
      running.destroy();
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    }
    http.close();
  }

  @Test
  void influxDb1TakesPointsOnceAndMakesItsDatabase() throws Exception {
    Path influxd = program("influxd", "influxdb");
    String url = startInfluxDb1(influxd);

    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      store.write(LineProtocol.lines(points()));
      store.write(LineProtocol.lines(points()));
    }

    String counted = get(url + "/query?db=llama&q=" + encoded("select count(sent) from raw_stats"));
    assertThat(ResultsJson.mapper().readTree(counted).at("/results/0/series/0/values/0/1").asLong())
        .isEqualTo(50);
  }

  @Test
  void influxDb1SaysWhichPointItRejects() throws Exception {
    Path influxd = program("influxd", "influxdb");
    String url = startInfluxDb1(influxd);

    try (Store store = new InfluxV1(url, "llama", "", null, null, TIMEOUT, null)) {
      store.write(List.of("raw_stats,a=b sent=1.0 1700000000000"));
      assertThatThrownBy(() -> store.write(List.of("raw_stats,a=b sent=\"text\" 1700000001000")))
          .isInstanceOfSatisfying(
              WriteFailure.WriteFailedException.class,
              e -> assertThat(e.failure()).isInstanceOf(WriteFailure.Rejected.class))
          .hasMessageContaining("field type conflict");
    }
  }

  @Test
  void victoriaMetricsTakesPointsOverV2() throws Exception {
    Path program = program("victoria-metrics", "victoria-metrics");
    String url = "http://127.0.0.1:" + freePort();
    start(
        url + "/health",
        program.toString(),
        "-storageDataPath=" + folder.resolve("vm"),
        "-httpListenAddr=" + url.substring("http://".length()),
        "-dedup.minScrapeInterval=1ms");

    try (Store store = new InfluxV2(url, "net", "llama", null, TIMEOUT)) {
      store.write(LineProtocol.lines(points()));
      store.write(LineProtocol.lines(points()));
    }

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          get(url + "/internal/force_flush");
          String exported = get(url + "/api/v1/export?match=" + encoded("raw_stats_sent"));
          assertThat(ResultsJson.mapper().readTree(exported).path("values")).hasSize(50);
        });
  }

  private String startInfluxDb1(Path influxd) throws IOException {
    int port = freePort();
    Path config = folder.resolve("influxdb.conf");
    Files.writeString(
        config,
        """
        bind-address = "127.0.0.1:%d"
        reporting-disabled = true
        [meta]
          dir = "%s/meta"
        [data]
          dir = "%s/data"
          wal-dir = "%s/wal"
        [http]
          bind-address = "127.0.0.1:%d"
        """
            .formatted(freePort(), folder, folder, folder, port));
    String url = "http://127.0.0.1:" + port;
    start(url + "/ping", influxd.toString(), "-config", config.toString());
    return url;
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

  private void start(String ready, String... command) throws IOException {
    server =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("server.log").toFile())
            .start();
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> !get(ready).contains("refused"));
  }

  private String get(String url) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static Path program(String name, String debianPackage) {
    Path path = Path.of("/usr/bin", name);
    assumeTrue(
        Files.isExecutable(path), name + " is not installed (Debian: " + debianPackage + ")");
    return path;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
