package io.llamamesh.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llamamesh.e2e.machine.Daemon;
import io.llamamesh.e2e.machine.Subprocess;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A real InfluxDB 1.x beside the control plane. */
public final class InfluxDb implements AutoCloseable {
  private static final String DATABASE = "llama";
  private static final int PORT = 8086;
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Daemon server;
  private final String url;
  private final HttpClient http = HttpClient.newHttpClient();

  private InfluxDb(Daemon server, String url) {
    this.server = server;
    this.url = url;
  }

  static InfluxDb start(IpFamily family, Path folder) throws IOException, InterruptedException {
    Subprocess.run("rm", "-rf", folder.toString());
    Files.createDirectories(folder);
    String address = family.inUrl(family.controlPlane()) + ":" + PORT;
    Path config =
        Files.writeString(
            folder.resolve("influxdb.conf"),
            """
            reporting-disabled = true
            bind-address = "127.0.0.1:8088"
            [meta]
              dir = "%1$s/meta"
            [data]
              dir = "%1$s/data"
              wal-dir = "%1$s/wal"
              query-log-enabled = false
            [http]
              bind-address = "%2$s"
              log-enabled = false
            """
                .formatted(folder, address));
    InfluxDb store =
        new InfluxDb(
            Daemon.start(
                "influxd",
                folder.resolve("influxd.log"),
                Map.of(),
                List.of("influxd", "-config", config.toString())),
            "http://" + address);
    Wait.until(
        "InfluxDB",
        Duration.ofSeconds(30),
        () -> {
          store.query("CREATE DATABASE " + DATABASE);
          return "";
        });
    return store;
  }

  /** The field {@code scraper} of a mesh that writes to it, in YAML's flow style. */
  public String spec() {
    return "{influxdb: {url: \"%s\", v1: {database: %s}}}".formatted(url, DATABASE);
  }

  /** Times of the windows of each pair and class since a moment, in order. */
  public Map<String, List<Instant>> windows(Instant since)
      throws IOException, InterruptedException {
    JsonNode answer =
        query(
            "SELECT sent FROM raw_stats WHERE time >= '"
                + since
                + "' GROUP BY src_name, dst_name, src_hostname, dst_hostname, port ORDER BY time");
    Map<String, List<Instant>> windows = new TreeMap<>();
    for (JsonNode series : answer.at("/results/0/series")) {
      List<Instant> times =
          windows.computeIfAbsent(series.path("tags").toString(), tags -> new ArrayList<>());
      series.path("values").forEach(value -> times.add(Instant.parse(value.path(0).asText())));
    }
    return windows;
  }

  /** The sum of a field of all pairs since a moment. */
  public long sum(String field, Instant since) throws IOException, InterruptedException {
    return query("SELECT sum(" + field + ") FROM raw_stats WHERE time >= '" + since + "'")
        .at("/results/0/series/0/values/0/1")
        .asLong();
  }

  private JsonNode query(String query) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        url
                            + "/query?db="
                            + DATABASE
                            + "&q="
                            + URLEncoder.encode(query, StandardCharsets.UTF_8)))
                .timeout(ANSWER_WITHIN)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    String body = new String(response.body(), StandardCharsets.UTF_8);
    if (response.statusCode() != 200) {
      throw new IOException("InfluxDB answers " + response.statusCode() + ": " + body);
    }
    return JSON.readTree(body);
  }

  @Override
  public void close() throws IOException {
    try {
      server.kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
