package io.llamamesh.operator.report;

import io.llamamesh.operator.status.NetworkView;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Client of the scrapers' report, over HTTP.
 *
 * <p>Any thread may call; {@link #close} ends what is under way.
 */
final class ReportClient implements AutoCloseable {
  private static final int MAX_BYTES = 1 << 20;

  private final Duration timeout;
  private final HttpClient http;

  /**
   * A client.
   *
   * @param timeout of the connection, and of the headers; the body may take as long again
   * @param threads run the client; stay the caller's
   */
  ReportClient(Duration timeout, Executor threads) {
    this.timeout = timeout;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .proxy(HttpClient.Builder.NO_PROXY)
            .executor(threads)
            .build();
  }

  /**
   * The report of a scraper, or why there is none; blocks for twice the timeout at most.
   *
   * @param scraper URL of its page
   */
  NetworkView fetch(URI scraper) {
    URI uri = scraper.resolve("/api/v1/report");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(timeout).GET().build();
    var asked =
        http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_BYTES));
    try {
      // The request's own timeout ends with the headers; this one covers the body too.
      HttpResponse<byte[]> response = asked.get(2 * timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (response.statusCode() != 200) {
        return unreachable(uri, "it answered " + response.statusCode());
      }
      return new NetworkView.Known(
          ResultsJson.mapperOfOthers().readValue(response.body(), MeshReport.class));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unreachable(uri, "interrupted");
    } catch (TimeoutException e) {
      return timedOut(uri, 2 * timeout.toSeconds());
    } catch (ExecutionException e) {
      return switch (e.getCause()) {
        case HttpTimeoutException _ -> timedOut(uri, timeout.toSeconds());
        // The client says a refusal without a word.
        case ConnectException refused when refused.getMessage() == null ->
            unreachable(uri, "connection refused");
        case null, default -> unreachable(uri, String.valueOf(e.getCause()));
      };
    } catch (IOException e) {
      return new NetworkView.Unknown("ReportUnreadable", uri + ": " + e.getClass().getSimpleName());
    } finally {
      asked.cancel(true);
    }
  }

  /**
   * Begins to watch a scraper's report; returns at once.
   *
   * @param scraper URL of its page
   * @param onReport takes each report, on a thread of the client
   */
  ReportWatch watch(URI scraper, Consumer<MeshReport> onReport) {
    return ReportWatch.open(http, scraper, MAX_BYTES, onReport, System::nanoTime);
  }

  /** Nothing came back, not even a refusal: most often something drops it on the way. */
  private static NetworkView timedOut(URI scraper, long seconds) {
    return unreachable(
        scraper,
        "no answer within "
            + seconds
            + " s; where its pod is well, look for a NetworkPolicy or firewall that drops "
            + scraper.getPort()
            + "/tcp from the operator to the scraper");
  }

  private static NetworkView unreachable(URI uri, String why) {
    return new NetworkView.Unknown("ScraperUnreachable", uri + ": " + why);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
