package io.llamamesh.scraper.stores;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** InfluxDB 1.x over its v1 API, database {@code llama}. */
public final class InfluxDb1 extends RealStore {
  private final ServerProcess server;
  private final boolean https;

  /**
   * @param identity what it shows by https; null: plain http
   */
  public InfluxDb1(Path folder, Path program, TestAuthority.@Nullable Identity identity)
      throws IOException {
    super(folder);
    this.https = identity != null;
    Path config = this.folder.resolve("influxdb.conf");
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
          query-log-enabled = false
        [http]
          bind-address = "127.0.0.1:%d"
          log-enabled = false
        %s\
        """
            .formatted(
                ServerProcess.freePort(),
                folder,
                folder,
                folder,
                port,
                identity == null
                    ? ""
                    : """
                      https-enabled = true
                      https-certificate = "%s"
                      https-private-key = "%s"
                    """
                        .formatted(identity.certificate(), identity.key())));
    this.server =
        new ServerProcess(
            List.of(program.toString(), "-config", config.toString()),
            Map.of(),
            folder.resolve("influxd.log"));
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
        return Files.readString(server.log().toPath()).contains("Listening on HTTP");
      }
      get("/ping");
      return true;
    });
  }

  @Override
  public Store open() {
    return open(null);
  }

  public Store open(@Nullable Tls tls) {
    return new InfluxV1(url(), "llama", "", null, null, TIMEOUT, tls);
  }

  @Override
  public List<String> options() {
    return List.of("--influxdb-url=" + url(), "--influxdb-database=llama");
  }

  @Override
  public List<String> rows() throws IOException, InterruptedException {
    String query = "select sent from raw_stats group by src_name, dst_name";
    JsonNode answer =
        ResultsJson.mapper().readTree(get("/query?db=llama&epoch=s&q=" + encoded(query)));
    List<String> rows = new ArrayList<>();
    for (JsonNode series : answer.at("/results/0/series")) {
      JsonNode tags = series.path("tags");
      String pair = tags.path("src_name").asText() + ">" + tags.path("dst_name").asText();
      series.path("values").forEach(value -> rows.add(value.path(0).asLong() + " " + pair));
    }
    return rows;
  }
}
