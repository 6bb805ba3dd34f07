package io.llamamesh.local.main;

import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks the scraper's API; what it does not answer in time is not there. */
final class ScraperClient implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final Supplier<@Nullable InetSocketAddress> scraper;

  ScraperClient(Supplier<@Nullable InetSocketAddress> scraper) {
    this.scraper = scraper;
  }

  /** The matrix over everything since a moment. */
  Optional<MatrixDocument> matrixSince(Instant begin) throws InterruptedException {
    return get("/api/v1/matrix?since=" + begin, MatrixDocument.class);
  }

  /** The matrix as the page shows it. */
  Optional<MatrixDocument> matrix() throws InterruptedException {
    return get("/api/v1/matrix", MatrixDocument.class);
  }

  /** The scraper's judgement. */
  Optional<MeshReport> report() throws InterruptedException {
    return get("/api/v1/report", MeshReport.class);
  }

  private <T> Optional<T> get(String path, Class<T> type) throws InterruptedException {
    InetSocketAddress address = scraper.get();
    if (address == null) {
      return Optional.empty();
    }
    URI uri =
        URI.create(
            "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + path);
    try {
      HttpResponse<byte[]> response =
          http.send(
              HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      return response.statusCode() == HttpURLConnection.HTTP_OK
          ? Optional.of(ResultsJson.mapper().readValue(response.body(), type))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
