package io.llamamesh.agent.store;

import com.fasterxml.jackson.databind.SequenceWriter;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.points.WindowPoints;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Upload of unread windows at the end of a drain: they are handed over to the scraper's {@code
 * /ingest}, which answers 200 only when the store has them. Windows go in pages, the oldest first,
 * so that what is stored is always a run without a gap that a cursor can name; what is not uploaded
 * in time ends with the pod, or stays on the disk where there is one. The body of a page is that of
 * {@code /influxdata}, the cursor in the same header.
 */
public final class DrainUpload {

  /** Most windows of a page. */
  static final int PAGE_WINDOWS = 60;

  static final int PAGE_BYTES = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(DrainUpload.class);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int SERVER_ERRORS = 500;

  private final WindowArchive archive;
  private final Supplier<Map<String, String>> destinationTags;
  private final LossRule loss;
  private final LongSupplier nanos;
  private final Pause pause;

  /** Wait between two attempts, cut short by an urgent stop. */
  @FunctionalInterface
  public interface Pause {
    /** Waits this long; returns true when the upload must end at once. */
    boolean awaitStop(Duration time) throws InterruptedException;
  }

  /**
   * Result of an upload.
   *
   * @param uploaded number of windows that the store has now
   * @param left number of windows that could not be uploaded
   */
  public record Result(int uploaded, int left) {}

  /** A page, and the number of its last window. */
  private record Page(HttpRequest.BodyPublisher body, int windows, long last) {}

  /**
   * An upload of an archive's windows.
   *
   * @param us tags of this agent as a destination
   * @param loss rule by which its points count loss
   * @param nanos monotonic time
   */
  public DrainUpload(
      WindowArchive archive,
      Supplier<Map<String, String>> us,
      LossRule loss,
      LongSupplier nanos,
      Pause pause) {
    this.archive = archive;
    this.destinationTags = us;
    this.loss = loss;
    this.nanos = nanos;
    this.pause = pause;
  }

  /**
   * Uploads all unread windows; what was not accepted is retried with growing pauses until time is
   * up.
   *
   * @param url of the scraper's ingest
   * @param bearers tokens to show, in this order: the next one where one is refused; empty for none
   */
  public Result uploadUnread(String url, List<String> bearers, Duration patience)
      throws InterruptedException {
    Deque<String> tokens = new ArrayDeque<>(bearers);
    long deadline = nanos.getAsLong() + patience.toNanos();
    int posted = 0;
    String why = "";
    boolean refused = false;
    Duration wait = FIRST_PAUSE;
    HttpClient client = HttpClient.newBuilder().connectTimeout(REQUEST_TIMEOUT).build();
    try {
      while (archive.unread() > 0 && !refused && deadline - nanos.getAsLong() > 0) {
        try {
          Page page = page();
          int status = post(client, url, tokens.peek(), page, deadline - nanos.getAsLong());
          if (status == OK) {
            archive.markRead(page.last());
            posted += page.windows();
            wait = FIRST_PAUSE;
            continue;
          }
          why = "status " + status;
          if (tokens.size() > 1 && (status == UNAUTHORIZED || status == FORBIDDEN)) {
            tokens.remove();
            continue;
          }
          // Server errors are retried; other answers are final.
          refused = status < SERVER_ERRORS;
        } catch (IOException | IllegalArgumentException e) {
          why = e.toString();
          refused = e instanceof IllegalArgumentException;
        }
        Duration left = Duration.ofNanos(Math.max(0, deadline - nanos.getAsLong()));
        refused = refused || pause.awaitStop(min(wait, left));
        wait = min(wait.multipliedBy(2), LONGEST_PAUSE);
      }
    } finally {
      // Closing it would wait for an answer that may never come.
      client.shutdownNow();
    }
    Result handed = new Result(posted, archive.unread());
    if (handed.left() > 0) {
      LOG.warn(
          "unread windows not uploaded url={} uploaded={} left={} error=\"{}\"",
          url,
          posted,
          handed.left(),
          why.isEmpty() ? "time is up" : why);
    } else if (posted > 0) {
      LOG.info("unread windows uploaded url={} windows={}", url, posted);
    }
    return handed;
  }

  private int post(
      HttpClient client, String url, @Nullable String bearer, Page page, long leftNanos)
      throws IOException, InterruptedException {
    Duration patience = min(Duration.ofNanos(Math.max(1, leftNanos)), REQUEST_TIMEOUT);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(patience)
            .header("Content-Type", "application/json")
            .header(
                InfluxDataHeaders.CURSOR,
                new WindowCursor(archive.bootId(), page.last()).toString())
            .POST(page.body());
    if (bearer != null) {
      request.header("Authorization", "Bearer " + bearer);
    }
    // The request's own timeout ends with the headers; this one covers the body, too.
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding());
    try {
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS).statusCode();
    } catch (TimeoutException e) {
      throw new IOException("no whole answer within " + patience.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    } finally {
      answer.cancel(true);
    }
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private Page page() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int windows = 0;
    long last = archive.lastRead();
    try (SequenceWriter writer =
        ResultsJson.mapper().writerFor(Point.class).writeValuesAsArray(bytes)) {
      while (windows < PAGE_WINDOWS && bytes.size() < PAGE_BYTES) {
        List<ClosedWindow> next = archive.after(last, 1).windows();
        if (next.isEmpty()) {
          break;
        }
        WindowPoints.of(next.getFirst(), false, destinationTags.get(), loss, writer::write);
        writer.flush();
        windows++;
        last = next.getFirst().sequence();
      }
    }
    return new Page(HttpRequest.BodyPublishers.ofByteArray(bytes.toByteArray()), windows, last);
  }
}
