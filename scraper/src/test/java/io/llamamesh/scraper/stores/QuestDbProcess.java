package io.llamamesh.scraper.stores;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.QuestDbTables;
import io.llamamesh.scraper.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** QuestDB with the tables that make a point written twice one. */
public final class QuestDbProcess extends RealStore {
  private final ServerProcess server;

  public QuestDbProcess(Path folder) throws IOException {
    super(folder);
    Files.createDirectories(this.folder.resolve("conf"));
    Files.writeString(
        this.folder.resolve("conf/server.conf"),
        """
        http.bind.to=127.0.0.1:%d
        http.min.enabled=false
        pg.enabled=false
        line.tcp.enabled=false
        telemetry.enabled=false
        shared.worker.count=1
        cairo.wal.apply.worker.count=1
        log.level.verbose=false
        """
            .formatted(port));
    List<String> command =
        new ArrayList<>(
            ServerProcess.java(
                "io.questdb.ServerMain",
                List.of(
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "--add-exports=java.base/jdk.internal.math=ALL-UNNAMED")));
    command.add("-d");
    command.add(this.folder.toString());
    this.server = new ServerProcess(command, Map.of(), this.folder.resolve("questdb.log"));
  }

  @Override
  ServerProcess server() {
    return server;
  }

  @Override
  public void start() throws IOException, InterruptedException {
    server.start(() -> {
      query("select 1");
      return true;
    });
    for (String statement : QuestDbTables.createStatements()) {
      query(statement);
    }
  }

  @Override
  public Store open() {
    return new InfluxV2(url(), "", "", null, TIMEOUT);
  }

  @Override
  public List<String> options() {
    return List.of("--influxdb-url=" + url());
  }

  @Override
  public List<String> rows() throws IOException, InterruptedException {
    List<String> rows = new ArrayList<>();
    JsonNode answer =
        query("select cast(timestamp as long) / 1000000, src_name, dst_name from raw_stats");
    for (JsonNode row : answer.path("dataset")) {
      rows.add(row.path(0).asLong() + " " + row.path(1).asText() + ">" + row.path(2).asText());
    }
    return rows;
  }

  /** What it answers to a query. */
  public JsonNode query(String sql) throws IOException, InterruptedException {
    return ResultsJson.mapper().readTree(get("/exec?query=" + encoded(sql)));
  }
}
