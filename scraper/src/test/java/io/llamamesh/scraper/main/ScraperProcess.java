package io.llamamesh.scraper.main;

import io.llamamesh.results.ReportHeaders;
import io.llamamesh.scraper.stores.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The program {@code scraper} in a process of its own. */
final class ScraperProcess implements AutoCloseable {
  private final int port;
  private final ServerProcess process;
  private final HttpClient http = HttpClient.newHttpClient();

  ScraperProcess(Path log, Map<String, String> variables, List<String> options) throws IOException {
    this.port = ServerProcess.freePort();
    List<String> command =
        new ArrayList<>(
            ServerProcess.java(
                ScraperMain.class.getName(),
                List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")));
    command.addAll(List.of("scraper", "--bind=127.0.0.1", "--port=" + port, "--ingest-port=0"));
    command.addAll(options);
    this.process = new ServerProcess(command, variables, log);
  }

  /** Starts it, and waits for its API. */
  void start() throws IOException {
    process.start(() -> get("/healthz").statusCode() == 200);
  }

  /** Starts it and waits for nothing. */
  void launch() throws IOException {
    process.start(() -> true);
  }

  int port() {
    return port;
  }

  ServerProcess process() {
    return process;
  }

  /** Whether it says that it speaks for the mesh; false where it does not answer. */
  boolean leads() {
    try {
      return process.alive()
          && get("/api/v1/report")
              .headers()
              .firstValue(ReportHeaders.LEADER)
              .map(Boolean::parseBoolean)
              .orElse(false);
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  String report() throws IOException, InterruptedException {
    return get("/api/v1/report").body();
  }

  @Override
  public void close() {
    http.close();
    process.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(path, "");
  }

  /** An answer to who shows that token; empty: none. */
  HttpResponse<String> get(String path, String token) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(5));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
