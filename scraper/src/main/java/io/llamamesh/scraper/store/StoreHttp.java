package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.WriteFailure.Failed;
import io.llamamesh.scraper.store.WriteFailure.Unavailable;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * HTTP client of a store: posts, and reads an answer within a timeout and {@value #MAX_ANSWER}
 * bytes.
 *
 * <p>Thread-safe. Follows no redirect: the other address may not be the store, and must not get its
 * credentials. A request whose connection breaks before an answer is tried once more, since stores
 * and proxies close idle ones, and writing twice changes nothing.
 */
final class StoreHttp implements AutoCloseable {
  static final int MAX_ANSWER = 256 << 10;

  private final String url;
  private final Duration timeout;
  private final Credentials credentials;
  private final Supplier<@Nullable Tls> tls;
  private @Nullable HttpClient client;
  private @Nullable Tls trusted;

  /**
   * @param url base address, as {@code http://influxdb:8086}
   * @param timeout of a request including its whole answer
   * @param tls authorities to trust, evaluated with every request; null: the JDK's
   * @throws IllegalArgumentException if the address is invalid
   */
  StoreHttp(String url, Duration timeout, Credentials credentials, Supplier<@Nullable Tls> tls) {
    URI checked = URI.create(url);
    if (checked.getHost() == null || !String.valueOf(checked.getScheme()).startsWith("http")) {
      throw new IllegalArgumentException("not an http address: " + url);
    }
    this.url = url.replaceFirst("/+$", "");
    this.timeout = timeout;
    this.credentials = credentials;
    this.tls = tls;
  }

  /** An answer, and the redactor of the credentials that were sent for it. */
  record RedactedAnswer(StoreAnswer answer, Redactor redactor) {
    /** The answer's message, redacted. */
    String text() {
      return redactor.redact(AnswerText.of(answer));
    }

    /**
     * Checks that the answer acknowledges a write.
     *
     * @throws WriteFailedException if it does not
     */
    void check() throws WriteFailedException {
      WriteFailure failure = AnswerTable.failure(answer, redactor);
      if (failure != null) {
        throw new WriteFailedException(failure);
      }
    }
  }

  String url() {
    return url;
  }

  /** Posts lines, compressed. */
  RedactedAnswer postLines(String path, List<String> lines) throws WriteFailedException {
    return send(
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Encoding", "gzip")
            .header("Content-Type", "text/plain; charset=utf-8")
            .POST(BodyPublishers.ofByteArray(Gzip.zipped(lines))));
  }

  /** Posts an empty body. */
  RedactedAnswer post(String path) throws WriteFailedException {
    return send(HttpRequest.newBuilder(URI.create(url + path)).POST(BodyPublishers.noBody()));
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void close() {
    if (client != null) {
      client.shutdownNow();
    }
  }

  private RedactedAnswer send(HttpRequest.Builder builder) throws WriteFailedException {
    Credentials.AuthorizationHeader shown = credentials.current();
    if (shown.value() != null) {
      try {
        builder.header("Authorization", shown.value());
      } catch (IllegalArgumentException e) {
        // The exception's message contains the value.
        throw failed(
            new Unavailable("the credentials are none that HTTP can carry", Duration.ZERO));
      }
    }
    HttpRequest request = builder.build();
    Redactor redactor = shown.redactor();
    Attempt first = attempt(request, redactor);
    Attempt last = first.isBroken() ? attempt(request, redactor) : first;
    if (last.answer() != null) {
      return new RedactedAnswer(last.answer(), redactor);
    }
    throw failed(last.failure());
  }

  /** Outcome of a request: an answer, or the failure. */
  private record Attempt(@Nullable StoreAnswer answer, WriteFailure failure) {
    boolean isBroken() {
      return answer == null && failure instanceof Failed;
    }

    static Attempt unavailable(String message) {
      return new Attempt(null, new Unavailable(message, Duration.ZERO));
    }
  }

  private Attempt attempt(HttpRequest request, Redactor redactor) {
    PartialAnswer received = new PartialAnswer();
    CompletableFuture<HttpResponse<Boolean>> exchange = client().sendAsync(request, received);
    WriteFailure failure =
        new Unavailable("no answer within " + text(timeout), Duration.ZERO, true);
    try {
      exchange.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String message = cause.getClass().getSimpleName() + ": " + redactor.redact(message(cause));
      failure = isBroken(cause) ? new Failed(message) : new Unavailable(message, Duration.ZERO);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
      return Attempt.unavailable("the scraper is stopping");
    }
    // A received status is an answer, even if its body broke off.
    return new Attempt(received.answer(), failure);
  }

  private String message(Throwable cause) {
    String message = cause.getMessage();
    return message == null || message.isBlank() ? "cannot connect to " + url : message;
  }

  /** True if a connection was established and broke. */
  private static boolean isBroken(Throwable cause) {
    return cause instanceof IOException
        && !(cause instanceof ConnectException)
        && !(cause instanceof HttpTimeoutException)
        && !(cause instanceof SSLException);
  }

  private synchronized HttpClient client() {
    Tls wanted = tls.get();
    HttpClient present = client;
    if (present != null && Objects.equals(wanted, trusted)) {
      return present;
    }
    if (present != null) {
      present.shutdown();
    }
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout);
    if (wanted != null) {
      builder.sslContext(wanted.context());
    }
    HttpClient made = builder.build();
    client = made;
    trusted = wanted;
    return made;
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1_000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }

  private static WriteFailedException failed(WriteFailure failure) {
    return new WriteFailedException(failure);
  }

  /** Subscriber that keeps an answer as far as it was received, readable at any time. */
  private static final class PartialAnswer
      implements BodyHandler<Boolean>, BodySubscriber<Boolean> {
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable ResponseInfo head;
    private Flow.@Nullable Subscription subscription;
    private boolean complete;

    @Override
    public synchronized BodySubscriber<Boolean> apply(ResponseInfo info) {
      head = info;
      return this;
    }

    @Override
    public CompletionStage<Boolean> getBody() {
      return ended;
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription newer) {
      subscription = newer;
      newer.request(1);
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        byte[] bytes = new byte[Math.min(buffer.remaining(), MAX_ANSWER - body.size())];
        buffer.get(bytes);
        body.writeBytes(bytes);
      }
      Flow.Subscription source = subscription;
      if (source == null) {
        return;
      }
      if (body.size() >= MAX_ANSWER) {
        source.cancel();
        ended.complete(false);
      } else {
        source.request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {
      ended.complete(false);
    }

    @Override
    public synchronized void onComplete() {
      complete = true;
      ended.complete(true);
    }

    /** The answer so far; null before a status. */
    synchronized @Nullable StoreAnswer answer() {
      ResponseInfo info = head;
      if (info == null) {
        return null;
      }
      HttpHeaders headers = info.headers();
      byte[] bytes = body.toByteArray();
      boolean whole = complete;
      if (first(headers, "Content-Encoding").endsWith("gzip") && bytes.length > 0) {
        byte[] plain = unzipped(bytes);
        whole = whole && plain.length < MAX_ANSWER;
        bytes = plain;
      }
      return new StoreAnswer(
          info.statusCode(),
          first(headers, "Location"),
          first(headers, "Retry-After"),
          first(headers, "X-Influxdb-Error"),
          new String(bytes, StandardCharsets.UTF_8),
          whole);
    }

    private static String first(HttpHeaders headers, String name) {
      return headers.firstValue(name).orElse("").strip();
    }

    /** Decompresses as much as possible. */
    private static byte[] unzipped(byte[] zipped) {
      ByteArrayOutputStream plain = new ByteArrayOutputStream();
      byte[] buffer = new byte[4 << 10];
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
        int read = in.read(buffer);
        while (read > 0 && plain.size() < MAX_ANSWER) {
          plain.write(buffer, 0, read);
          read = in.read(buffer);
        }
      } catch (IOException e) {
        if (plain.size() == 0) {
          return zipped;
        }
      }
      return plain.toByteArray();
    }
  }
}
