package io.llamamesh.client;

import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.ResultsJson;
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
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Documents of servers, once or as a stream, bounded in time and size. Thread-safe. */
final class DocumentReader implements AutoCloseable {
  private static final int LONGEST_REFUSAL = 500;
  private static final String JSON = "application/json";
  private static final String EVENTS = "text/event-stream";

  private final ClientOptions options;
  private final InstantSource clock;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http;
  private final Set<DocumentWatch> watches = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;

  /**
   * An answer with status 200.
   *
   * @param asked our clock before the request
   * @param answered our clock when the head of the answer was there
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Answer(byte[] body, HttpHeaders headers, Instant asked, Instant answered) {}

  /** A stream whose head has come. */
  record Stream(EventBody body, HttpHeaders headers) {}

  /** Reader of a document's bytes. */
  @FunctionalInterface
  interface Parser<T> {
    T read(byte[] document) throws ClientException;
  }

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
    HttpRequest.Builder request =
        HttpRequest.newBuilder(resolve(server, path)).timeout(options.timeout());
    headers.forEach(request::header);
    return answer(server, request, JSON, body(options.maxBytes()));
  }

  /** Posts nothing, and reads the document of the answer. */
  Answer post(URI server, String path) throws ClientException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(resolve(server, path))
            .timeout(options.timeout())
            .POST(HttpRequest.BodyPublishers.noBody());
    return answer(server, request, JSON, body(options.maxBytes()));
  }

  /** Posts a JSON document, and reads that of the answer. */
  Answer post(URI server, String path, byte[] document)
      throws ClientException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(resolve(server, path))
            .timeout(options.timeout())
            .header("Content-Type", JSON)
            .POST(HttpRequest.BodyPublishers.ofByteArray(document));
    return answer(server, request, JSON, body(options.maxBytes()));
  }

  /**
   * Opens a stream of events.
   *
   * @throws ClientException where its head does not come within the timeout, or it is none
   */
  Stream stream(URI server, String path) throws ClientException, InterruptedException {
    EventBody events = new EventBody(options.maxBytes());
    boolean isTaken = false;
    try {
      Answer answer =
          answer(
              server,
              HttpRequest.newBuilder(resolve(server, path)),
              EVENTS,
              info -> isEvents(info.headers()) ? events : new BoundedBody(LONGEST_REFUSAL, true));
      if (!isEvents(answer.headers())) {
        throw new ClientException(
            Kind.MALFORMED,
            HttpURLConnection.HTTP_OK,
            server + " answers no stream of events",
            null);
      }
      isTaken = true;
      return new Stream(events, answer.headers());
    } finally {
      if (!isTaken) {
        events.close();
      }
    }
  }

  /**
   * Watches a document until the watch is closed.
   *
   * @param parser of each event's data
   * @param silence longest time without a line
   */
  <T> DocumentWatch watch(
      URI server, String path, Parser<T> parser, WatchListener<T> listener, Duration silence) {
    var _ = resolve(server, path); // what is wrong with it is wrong now
    DocumentWatch watch =
        new DocumentWatch(
            this,
            server,
            path,
            new DocumentWatch.Taker() {
              @Override
              public void take(byte[] document) throws ClientException {
                listener.changed(parser.read(document));
              }

              @Override
              public void failed(ClientException failure) {
                listener.failed(failure);
              }
            },
            silence);
    watches.add(watch);
    if (isClosed) {
      watch.close();
    }
    return watch.start();
  }

  /** A watch has ended. */
  void ended(DocumentWatch watch) {
    watches.remove(watch);
  }

  private static boolean isEvents(HttpHeaders headers) {
    return headers.firstValue("Content-Type").orElse("").startsWith(EVENTS);
  }

  private static HttpResponse.BodyHandler<byte[]> body(int maxBytes) {
    return info -> new BoundedBody(maxBytes, false);
  }

  private Answer answer(
      URI server,
      HttpRequest.Builder request,
      String accepted,
      HttpResponse.BodyHandler<byte[]> whenWell)
      throws ClientException, InterruptedException {
    request.header("Accept", accepted);
    String token = options.token().get();
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    Received received = send(server, request.build(), whenWell);
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
    throw new ClientException(
        Kind.STATUS, status, server + " " + words(response), null, reason(response));
  }

  /** The server's own sentence, where its answer is a JSON object that has one. */
  private static @Nullable String reason(HttpResponse<byte[]> response) {
    try {
      return ResultsJson.mapper().readTree(response.body()).path("error").textValue();
    } catch (IOException e) {
      return null; // a proxy's, or cut off
    }
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

  private Received send(URI server, HttpRequest request, HttpResponse.BodyHandler<byte[]> whenWell)
      throws ClientException, InterruptedException {
    CompletableFuture<Instant> head = new CompletableFuture<>();
    Instant asked = clock.instant();
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(
            request,
            info -> {
              head.complete(clock.instant());
              return info.statusCode() == HttpURLConnection.HTTP_OK
                  ? whenWell.apply(info)
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

  /** A failure of a connection, for people and programs. */
  ClientException failure(URI server, Throwable cause) {
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
    isClosed = true;
    watches.forEach(DocumentWatch::close);
    http.shutdownNow();
    threads.shutdownNow();
  }
}
