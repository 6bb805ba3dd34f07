package io.llamamesh.operator.report;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watch of one scraper's report: a stream of server-sent events, each with a whole report. It ends
 * by itself where the scraper has none, ends it, or sends what is no report; whoever opened it
 * closes it where it {@link #isSilent}. Any thread may call.
 */
final class ReportWatch implements AutoCloseable {
  /** A scraper says a word at least every five seconds. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  private final LongSupplier nanoTime;
  private final Consumer<MeshReport> onReport;
  private final CompletableFuture<HttpResponse<@Nullable Void>> asked;
  private volatile @Nullable Subscription subscription;
  private volatile long lastBytes;
  private volatile boolean over;
  private volatile boolean established;

  private ReportWatch(
      HttpClient http,
      HttpRequest request,
      int maxBytes,
      Consumer<MeshReport> onReport,
      LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.onReport = onReport;
    this.lastBytes = nanoTime.getAsLong();
    // Without a timeout of the request: from JDK 26 on that would cover the stream, too.
    this.asked = http.sendAsync(request, info -> body(info, maxBytes));
    var _ = asked.whenComplete((response, failure) -> over = true);
  }

  /**
   * Begins a watch.
   *
   * @param scraper URL of its page
   * @param maxBytes longest report
   * @param onReport takes each report, on a thread of the client
   * @param nanoTime a clock that never jumps
   */
  static ReportWatch open(
      HttpClient http,
      URI scraper,
      int maxBytes,
      Consumer<MeshReport> onReport,
      LongSupplier nanoTime) {
    HttpRequest request =
        HttpRequest.newBuilder(scraper.resolve("/api/v1/report/watch"))
            .header("Accept", "text/event-stream")
            .GET()
            .build();
    return new ReportWatch(http, request, maxBytes, onReport, nanoTime);
  }

  private BodySubscriber<@Nullable Void> body(HttpResponse.ResponseInfo info, int maxBytes) {
    boolean isStream =
        info.statusCode() == 200
            && info.headers()
                .firstValue("Content-Type")
                .filter(type -> type.startsWith("text/event-stream"))
                .isPresent();
    if (!isStream) {
      return BodySubscribers.replacing(null);
    }
    established = true;
    return new Reader(maxBytes);
  }

  /** True once a scraper has begun to send events; false where it has none to watch. */
  boolean isEstablished() {
    return established;
  }

  /** True when nothing will come any more. */
  boolean isOver() {
    return over;
  }

  /** True when not even a sign of life came for longer than there should be none. */
  boolean isSilent() {
    return nanoTime.getAsLong() - lastBytes > SILENCE.toNanos();
  }

  @Override
  public void close() {
    over = true;
    Subscription current = subscription;
    if (current != null) {
      current.cancel();
    }
    asked.cancel(true);
  }

  /** Reader of the stream; the client calls it from one thread at a time. */
  private final class Reader implements BodySubscriber<@Nullable Void> {
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
    private final ReportEvents events;

    Reader(int maxBytes) {
      events = new ReportEvents(maxBytes, this::report);
    }

    private void report(byte[] data) {
      try {
        onReport.accept(ResultsJson.mapperOfOthers().readValue(data, MeshReport.class));
      } catch (IOException e) {
        end.completeExceptionally(e);
        close();
      }
    }

    @Override
    public CompletionStage<@Nullable Void> getBody() {
      return end;
    }

    @Override
    public void onSubscribe(Subscription given) {
      subscription = given;
      if (over) {
        given.cancel();
      } else {
        given.request(1);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      lastBytes = nanoTime.getAsLong();
      try {
        for (ByteBuffer buffer : buffers) {
          events.feed(buffer);
        }
        Subscription current = subscription;
        if (current != null && !over) {
          current.request(1);
        }
      } catch (IOException | RuntimeException e) {
        end.completeExceptionally(e);
        close();
      }
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      end.complete(null);
    }
  }
}
