package io.llamamesh.scraper.stores;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.scraper.store.Store;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A store in a process of its own, on one port and folder, to be killed and started again. */
public abstract class RealStore implements AutoCloseable {
  static final Duration TIMEOUT = Duration.ofSeconds(10);

  final Path folder;
  final int port;
  private final HttpClient http = HttpClient.newHttpClient();

  RealStore(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.port = ServerProcess.freePort();
  }

  /** The stores that tests write to. */
  public enum Kind {
    QUEST_DB,
    INFLUX_DB_1,
    VICTORIA_METRICS;

    /** One that is not started yet; skips the test where its program is not installed. */
    public RealStore in(Path folder) throws IOException {
      return switch (this) {
        case QUEST_DB -> new QuestDbProcess(folder);
        case INFLUX_DB_1 -> new InfluxDb1(folder, program("influxd", "influxdb"), null);
        case VICTORIA_METRICS ->
            new VictoriaMetrics(folder, program("victoria-metrics", "victoria-metrics"), null);
      };
    }
  }

  /** Where a program of a Debian package is; skips the test where it is not installed. */
  public static Path program(String name, String debianPackage) {
    Path path = Path.of("/usr/bin", name);
    assumeTrue(
        Files.isExecutable(path), name + " is not installed (Debian: " + debianPackage + ")");
    return path;
  }

  abstract ServerProcess server();

  /** Starts it, for the first time or again, and waits until it takes points. */
  public abstract void start() throws IOException, InterruptedException;

  /** As a power cut. */
  public void kill() throws InterruptedException {
    server().kill();
  }

  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The scraper's side of it. */
  public abstract Store open();

  /** Options of a scraper that writes to it. */
  public abstract List<String> options();

  /** All it holds of {@code raw_stats}, as {@code <second> <source>><destination>}, unsorted. */
  public abstract List<String> rows() throws IOException, InterruptedException;

  @Override
  public void close() {
    server().close();
    http.close();
  }

  String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url() + path))
                .timeout(Duration.ofSeconds(60))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException("HTTP " + answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
