package io.llamamesh.client;

import io.llamamesh.client.ClientException.Kind;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** GET of one document, bounded in time and size. Thread-safe. */
final class DocumentReader implements AutoCloseable {
  private static final int LONGEST_REFUSAL = 500;

  private final ClientOptions options;
  private final InstantSource clock;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http;

  /**
   * An answer with status 200.
   *
   * @param asked our clock before the request
   * @param answered our clock when the head of the answer was there
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Answer(byte[] body, HttpHeaders headers, Instant asked, Instant answered) {}

  private record Received(HttpResponse<byte[]> response, Instant asked, Instant answered) {}

  DocumentReader(ClientOptions options, InstantSource clock) {
    this.options = options;
    this.clock = clock;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(options.timeout())
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads)
            .build();
  }

  /**
   * Reads a document.
   *
   * @param server {@code http} or {@code https}, host and port; a path is kept before {@code path}
   * @param path with its query, begins with a slash
   * @throws IllegalArgumentException where {@code server} is no such URI
   */
  Answer get(URI server, String path, Map<String, String> headers)
      throws ClientException, InterruptedException {
    URI uri = resolve(server, path);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri).timeout(options.timeout()).header("Accept", "application/json");
    headers.forEach(request::header);
    String token = options.token().get();
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    Received received = send(server, request.build());
    HttpResponse<byte[]> response = received.response();
    int status = response.statusCode();
    if (status == HttpURLConnection.HTTP_OK) {
      return new Answer(response.body(), response.headers(), received.asked(), received.answered());
    }
    if (status == HttpURLConnection.HTTP_UNAUTHORIZED) {
      throw new ClientException(
          Kind.TOKEN_REFUSED,
          status,
          server + (token == null ? " asks for a token" : " does not accept the token"),
          null);
    }
    throw new ClientException(Kind.STATUS, status, server + " " + words(response), null);
  }

  private static URI resolve(URI server, String path) {
    String scheme = server.getScheme();
    if (server.getHost() == null
        || scheme == null
        || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(
          "a server must be as http://host:8080, was '" + server + "'");
    }
    return URI.create(server.toString().replaceFirst("/+$", "") + path);
  }

  private Received send(URI server, HttpRequest request)
      throws ClientException, InterruptedException {
    CompletableFuture<Instant> head = new CompletableFuture<>();
    Instant asked = clock.instant();
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(
            request,
            info -> {
              head.complete(clock.instant());
              return info.statusCode() == HttpURLConnection.HTTP_OK
                  ? new BoundedBody(options.maxBytes(), false)
                  : new BoundedBody(LONGEST_REFUSAL, true);
            });
    try {
      HttpResponse<byte[]> response = answer.get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
      return new Received(response, asked, head.getNow(asked));
    } catch (TimeoutException | CancellationException e) {
      throw late(server, e);
    } catch (ExecutionException e) {
      throw failure(server, e.getCause() == null ? e : e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  private ClientException failure(URI server, Throwable cause) {
    if (cause instanceof HttpTimeoutException) {
      return late(server, cause);
    }
    Kind kind =
        cause instanceof BoundedBody.TooLargeException
            ? Kind.TOO_LARGE
            : cause instanceof ProtocolException || !(cause instanceof IOException)
                ? Kind.MALFORMED
                : Kind.UNREACHABLE;
    return new ClientException(kind, 0, server + ": " + HttpFailures.describe(cause), cause);
  }

  private ClientException late(URI server, @Nullable Throwable cause) {
    return new ClientException(
        Kind.TIMEOUT,
        0,
        server + ": no whole answer within " + options.timeout().toMillis() + " ms",
        cause);
  }

  private static String words(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    if (status / 100 == 3) {
      return "answers HTTP %d: sends to %s, which is not followed"
          .formatted(status, response.headers().firstValue("Location").orElse("no address"));
    }
    boolean json = response.headers().firstValue("Content-Type").orElse("").contains("json");
    String text = new String(response.body(), StandardCharsets.UTF_8).strip();
    return "answers HTTP %d%s".formatted(status, json && !text.isEmpty() ? ": " + text : "");
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
