package io.llamamesh.scraper.stores;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** VictoriaMetrics over the v2 API, with the flag that makes a point written twice one. */
public final class VictoriaMetrics extends RealStore {
  private final ServerProcess server;
  private final boolean https;

  /**
   * @param identity what it shows by https; null: plain http
   */
  public VictoriaMetrics(Path folder, Path program, TestAuthority.@Nullable Identity identity)
      throws IOException {
    super(folder);
    this.https = identity != null;
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "-storageDataPath=" + this.folder.resolve("vm"),
                "-httpListenAddr=127.0.0.1:" + port,
                "-search.maxUniqueTimeseries=1000000",
                "-dedup.minScrapeInterval=1ms"));
    if (identity != null) {
      command.add("-tls");
      command.add("-tlsCertFile=" + identity.certificate());
      command.add("-tlsKeyFile=" + identity.key());
    }
    this.server = new ServerProcess(command, Map.of(), this.folder.resolve("victoria.log"));
  }

  @Override
  ServerProcess server() {
    return server;
  }

  @Override
  public String url() {
    return (https ? "https" : "http") + "://127.0.0.1:" + port;
  }

  @Override
  public void start() throws IOException {
    server.start(() -> {
      if (https) {
        return Files.readString(server.log().toPath()).contains("starting http server");
      }
      get("/health");
      return true;
    });
  }

  @Override
  public Store open() {
    return open(null);
  }

  public Store open(@Nullable Tls tls) {
    return new InfluxV2(url(), "net", "llama", null, TIMEOUT, tls);
  }

  @Override
  public List<String> options() {
    return List.of("--influxdb-url=" + url(), "--influxdb-org=net", "--influxdb-bucket=llama");
  }

  @Override
  public List<String> rows() throws IOException, InterruptedException {
    get("/internal/force_flush");
    List<String> rows = new ArrayList<>();
    for (String line : get("/api/v1/export?match=raw_stats_sent").split("\n", -1)) {
      if (!line.isBlank()) {
        JsonNode series = ResultsJson.mapper().readTree(line);
        JsonNode tags = series.path("metric");
        String pair = tags.path("src_name").asText() + ">" + tags.path("dst_name").asText();
        series.path("timestamps").forEach(at -> rows.add(at.asLong() / 1_000 + " " + pair));
      }
    }
    return rows;
  }
}
