package io.llamamesh.scraper.main;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.scraper.store.QuestDbTables;
import io.questdb.Bootstrap;
import io.questdb.ServerMain;
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
import org.jspecify.annotations.Nullable;

/** QuestDB embedded, on one port of the loopback address, to be stopped and started again. */
final class QuestDb implements AutoCloseable {
  /** Held by who starts one: its logging is the JVM's. */
  static final String LOCK = "embedded QuestDB";

  private final Path folder;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable ServerMain server;

  QuestDb(Path folder) throws IOException {
    this.folder = folder;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.port = free.getLocalPort();
    }
    Files.createDirectories(folder.resolve("conf"));
    Files.writeString(
        folder.resolve("conf/server.conf"),
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
    Files.writeString(
        folder.resolve("conf/log.conf"),
        """
        writers=file
        w.file.class=io.questdb.log.LogFileWriter
        w.file.location=%s/questdb.log
        w.file.level=ERROR,CRITICAL
        """
            .formatted(folder));
  }

  void start() throws IOException, InterruptedException {
    ServerMain starting = new ServerMain(new Bootstrap("-d", folder.toString()));
    starting.start();
    server = starting;
    for (String statement : QuestDbTables.createStatements()) {
      query(statement);
    }
  }

  void stop() {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The one number that a query answers. */
  long number(String sql) throws IOException, InterruptedException {
    return query(sql).path("dataset").path(0).path(0).asLong();
  }

  JsonNode query(String sql) throws IOException, InterruptedException {
    URI uri = URI.create(url() + "/exec?query=" + URLEncoder.encode(sql, StandardCharsets.UTF_8));
    HttpResponse<String> answer =
        http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("HTTP " + answer.statusCode() + ": " + answer.body());
    }
    return ResultsJson.mapper().readTree(answer.body());
  }

  @Override
  public void close() {
    stop();
    http.close();
  }
}
