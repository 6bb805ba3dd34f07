package io.llamamesh.agent.store;

import com.fasterxml.jackson.databind.SequenceWriter;
import io.llamamesh.agent.collector.ClosedWindow;
import io.llamamesh.agent.collector.WindowArchive;
import io.llamamesh.agent.points.WindowPoints;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last post: windows that nobody has read yet go to the scraper, which answers 200 only when
 * the store has them. The body is that of {@code /influxdata}, the cursor in the same header.
 */
public final class Ingest {

  private static final Logger LOG = LoggerFactory.getLogger(Ingest.class);
  private static final int MAX_WINDOWS = 60;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private Ingest() {}

  /**
   * Posts unread windows where the config says so.
   *
   * @param us tags of this agent as a destination
   * @param bearer token to show; empty for none
   */
  public static void unread(
      WindowArchive archive,
      @Nullable CollectorConfig config,
      Supplier<Map<String, String>> us,
      String bearer)
      throws InterruptedException {
    if (config == null || config.ingest() == null) {
      return;
    }
    List<ClosedWindow> windows = archive.after(archive.read(), MAX_WINDOWS).windows();
    if (windows.isEmpty()) {
      return;
    }
    String to = config.ingest().url();
    WindowCursor cursor = new WindowCursor(archive.bootId(), windows.getLast().sequence());
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(to))
              .timeout(PATIENCE)
              .header("Content-Type", "application/json")
              .header(InfluxDataHeaders.CURSOR, cursor.toString())
              .POST(HttpRequest.BodyPublishers.ofByteArray(body(windows, us.get())));
      if (!bearer.isEmpty()) {
        request.header("Authorization", "Bearer " + bearer);
      }
      int status =
          client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
      if (status == 200) {
        archive.read(cursor.sequence());
      }
      LOG.info("unread windows posted url={} windows={} status={}", to, windows.size(), status);
    } catch (IOException | IllegalArgumentException e) {
      LOG.warn(
          "unread windows not posted url={} windows={} error={}", to, windows.size(), e.toString());
    }
  }

  private static byte[] body(List<ClosedWindow> windows, Map<String, String> us)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (SequenceWriter writer =
        ResultsJson.mapper().writerFor(Point.class).writeValuesAsArray(bytes)) {
      for (ClosedWindow window : windows) {
        WindowPoints.of(
            window,
            false,
            us,
            point -> {
              try {
                writer.write(point);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
      }
    }
    return bytes.toByteArray();
  }
}
