package io.llamamesh.scraper.main;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A store from the distribution's packages as a process of the test; tests are skipped where it is
 * not installed.
 *
 * <p>Owns the process; {@link #close} ends it.
 */
final class RealServer {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Process process;

  /** Its data will be in a folder. */
  RealServer(Path folder) {
    this.folder = folder;
  }

  /** Starts InfluxDB 1; its URL. */
  String influxDb1() throws IOException {
    Path influxd = program("influxd", "influxdb");
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

  /** Starts VictoriaMetrics; its URL. */
  String victoriaMetrics() throws IOException {
    Path program = program("victoria-metrics", "victoria-metrics");
    String url = "http://127.0.0.1:" + freePort();
    start(
        url + "/health",
        program.toString(),
        "-storageDataPath=" + folder.resolve("vm"),
        "-httpListenAddr=" + url.substring("http://".length()),
        "-dedup.minScrapeInterval=1ms");
    return url;
  }

  String get(String url) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(url)));
  }

  String post(String url, String body) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  void close() throws InterruptedException {
    Process running = process;
    if (running != null) {
      running.destroy();
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    }
    http.close();
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  private void start(String ready, String... command) throws IOException {
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("server.log").toFile())
            .start();
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> !get(ready).contains("refused"));
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
}
