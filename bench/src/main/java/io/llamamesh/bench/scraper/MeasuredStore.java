package io.llamamesh.bench.scraper;

import io.llamamesh.bench.process.Child;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.QuestDbTables;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A real store in a process of its own, read back by its own query language: VictoriaMetrics where
 * it is installed, else the QuestDB that the local mesh brings.
 */
final class MeasuredStore implements AutoCloseable {
  private static final Path VICTORIA = Path.of("/usr/bin/victoria-metrics");
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final int START_SECONDS = 60;

  private final String name;
  private final String url;
  private final Child child;
  private final HttpClient http;

  private MeasuredStore(String name, String url, Child child, HttpClient http) {
    this.name = name;
    this.url = url;
    this.child = child;
    this.http = http;
  }

  /** Starts one; returns once it takes points. */
  static MeasuredStore start(Path folder, int port) throws IOException, InterruptedException {
    boolean victoria = Files.isExecutable(VICTORIA);
    Child child =
        Child.start(
            "store", victoria ? victoria(folder, port) : questDb(folder, port), Map.of(), folder);
    MeasuredStore store =
        new MeasuredStore(
            victoria ? "VictoriaMetrics" : "QuestDB",
            "http://127.0.0.1:" + port,
            child,
            HttpClient.newHttpClient());
    try {
      store.awaitAnswer(victoria ? "/health" : "/exec?query=" + encoded("select 1"));
      if (!victoria) {
        for (String statement : QuestDbTables.createStatements()) {
          store.get("/exec?query=" + encoded(statement));
        }
      }
      return store;
    } catch (IOException | InterruptedException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  String name() {
    return name;
  }

  /** The scraper's option for writing to it. */
  String option() {
    return "--influxdb-url=" + url;
  }

  /** Windows of pairs that it holds with an end in {@code (after, upTo]}, epoch seconds. */
  long pairWindows(long after, long upTo) throws IOException, InterruptedException {
    if (name.equals("QuestDB")) {
      String query =
          "select count() from raw_stats where timestamp > %d000000L and timestamp <= %d000000L"
              .formatted(after, upTo);
      return ResultsJson.mapper()
          .readTree(get("/exec?query=" + encoded(query)))
          .at("/dataset/0/0")
          .asLong();
    }
    get("/internal/force_flush");
    String query = "sum(count_over_time(raw_stats_sent[%ds]))".formatted(upTo - after);
    return ResultsJson.mapper()
        .readTree(get("/api/v1/query?nocache=1&time=" + upTo + "&query=" + encoded(query)))
        .at("/data/result/0/value/1")
        .asLong();
  }

  private static List<String> victoria(Path folder, int port) {
    return List.of(
        VICTORIA.toString(),
        "-storageDataPath=" + folder.resolve("victoria"),
        "-httpListenAddr=127.0.0.1:" + port,
        // Room for the names of two and a half million series: with less it looks most of them up
        // on disk, and it is not the store that is measured.
        "-memory.allowedBytes=4GB",
        "-search.maxUniqueTimeseries=10000000",
        "-search.maxSamplesPerQuery=1000000000",
        "-search.latencyOffset=0s",
        "-dedup.minScrapeInterval=1ms");
  }

  private static List<String> questDb(Path folder, int port) throws IOException {
    Path libraries =
        Path.of(System.getProperty("llamamesh.root", "."), "local/target/dist/lib")
            .toAbsolutePath()
            .normalize();
    if (!Files.isDirectory(libraries)) {
      throw new IOException(
          "neither VictoriaMetrics (Debian: victoria-metrics) nor " + libraries + " is there");
    }
    Path data = folder.resolve("questdb");
    Files.createDirectories(data.resolve("conf"));
    Files.writeString(
        data.resolve("conf/server.conf"),
        """
        http.bind.to=127.0.0.1:%d
        http.min.enabled=false
        pg.enabled=false
        line.tcp.enabled=false
        telemetry.enabled=false
        """
            .formatted(port));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1g",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-exports=java.base/jdk.internal.math=ALL-UNNAMED",
            "-cp",
            libraries + "/*",
            "io.questdb.ServerMain",
            "-d",
            data.toString()));
    return command;
  }

  private void awaitAnswer(String path) throws IOException, InterruptedException {
    for (int i = 0; i < START_SECONDS * 10; i++) {
      try {
        get(path);
        return;
      } catch (IOException e) {
        Child.pause(100, () -> false);
      }
    }
    throw new IOException(name + " does not start: " + child.output().strip());
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url + path)).timeout(TIMEOUT).build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(name + ": HTTP " + answer.statusCode() + ": " + answer.body());
    }
    return answer.body();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    child.close();
    http.close();
  }
}
