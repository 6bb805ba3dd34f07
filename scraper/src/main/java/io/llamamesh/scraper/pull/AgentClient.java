package io.llamamesh.scraper.pull;

import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * HTTP client that requests windows from agents.
 *
 * <p>Thread-safe; made for one virtual thread per agent. An answer is bounded in size and in time:
 * an agent that trickles bytes counts as one that does not answer. Few answers are in memory at
 * once, see {@link BodyReader}.
 */
final class AgentClient implements AutoCloseable {
  private static final int CATCHING_UP = 8;
  private static final int OK = 200;
  private static final int UNAUTHORIZED = 401;

  /** A board without a battery for its clock may be in 1970. */
  private static final Duration MAX_SKEW = Duration.ofDays(36_525);

  /** A boot id that no agent has: it answers with all that it retains. */
  private static final WindowCursor ALL = new WindowCursor("none", 0);

  private final Duration timeout;
  private final InstantSource clock;
  private final Supplier<@Nullable String> token;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http;
  private final BodyReader bodies;
  private final Semaphore catchingUp = new Semaphore(CATCHING_UP);

  /** An answer exceeded the limit of its size; request fewer windows. */
  static final class AnswerTooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    AnswerTooLargeException(String message) {
      super(message);
    }
  }

  /**
   * A page, and the permits that it holds until it is closed.
   *
   * @param limit windows requested at most
   * @param maxWindows windows that it holds at most: as many as its header says, else {@code limit}
   * @param bytes size of the body as received
   */
  record FetchedPage(Page page, int limit, int maxWindows, int bytes, Permits permits)
      implements AutoCloseable {
    /** Records the page's size, for the next request. */
    void recordSize(PageSize pages) {
      pages.recordPage(limit, bytes, page.more());
    }

    @Override
    public void close() {
      permits.close();
    }
  }

  /** The agent answers and requires another token than ours, or any token. */
  static final class TokenRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    TokenRefusedException(String message) {
      super(message);
    }
  }

  /**
   * @param timeout of one request from connect to last byte
   * @param token the bearer token for agents; null: none
   */
  AgentClient(Duration timeout, InstantSource clock, Supplier<@Nullable String> token) {
    this(timeout, BodyReader.Limits.DEFAULT, clock, token);
  }

  AgentClient(
      Duration timeout,
      BodyReader.Limits limits,
      InstantSource clock,
      Supplier<@Nullable String> token) {
    this.bodies = new BodyReader(limits, threads);
    this.timeout = timeout;
    this.clock = clock;
    this.token = token;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads)
            .build();
  }

  /**
   * Fetches the windows after a cursor. The result must be closed once its page is processed.
   *
   * @param after null: all that are retained
   * @param stored cursor up to which the agent may discard its windows; null: none yet
   * @param limit windows to return at most
   * @param isBacklog true to catch up on a backlog: only a few such requests run at once
   * @throws IOException if no valid answer arrives in time; the message is meant for people
   */
  FetchedPage fetch(
      HostPort address,
      @Nullable WindowCursor after,
      @Nullable WindowCursor stored,
      int limit,
      boolean isBacklog)
      throws IOException, InterruptedException {
    Permits permits = new Permits();
    boolean fetched = false;
    try {
      if (isBacklog) {
        // Catching up takes page after page, and agents that are up to date must not wait for it.
        permits.acquire(catchingUp);
      }
      FetchedPage page = fetchNow(address, after, stored, limit, permits);
      fetched = true;
      return page;
    } finally {
      if (!fetched) {
        permits.close();
      }
    }
  }

  private FetchedPage fetchNow(
      HostPort address,
      @Nullable WindowCursor after,
      @Nullable WindowCursor stored,
      int limit,
      Permits permits)
      throws IOException, InterruptedException {
    String query =
        "/influxdata?limit="
            + limit
            + "&after="
            + URLEncoder.encode(
                String.valueOf(after == null ? ALL : after), StandardCharsets.UTF_8);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.http(query))
            .timeout(timeout)
            .header("Accept", "application/json")
            .header(InfluxDataHeaders.STORED, stored == null ? "" : stored.toString());
    String bearer = token.get();
    if (bearer != null) {
      request.header("Authorization", "Bearer " + bearer);
    }
    Instant sent = clock.instant();
    HttpResponse<InputStream> response = send(request.build());
    Instant received = clock.instant();
    byte[] body;
    try (InputStream stream = response.body()) {
      body = bodies.read(stream, timeout, permits);
    }
    if (response.statusCode() == UNAUTHORIZED) {
      throw new TokenRefusedException(
          bearer == null ? "requires a token, and none is set (--auth-dir)" : "refused our token");
    }
    if (response.statusCode() != OK) {
      throw new IOException("HTTP " + response.statusCode() + ": " + excerpt(body));
    }
    Page page =
        PageParser.parse(
            body,
            cursor(response.headers()),
            response.headers().firstValue(InfluxDataHeaders.MORE).map("true"::equals).orElse(false),
            skew(response.headers(), sent, received));
    return new FetchedPage(
        page, limit, maxWindows(response.headers(), limit), body.length, permits);
  }

  private static int maxWindows(HttpHeaders headers, int limit) {
    String windows = headers.firstValue(InfluxDataHeaders.WINDOWS).orElse("");
    return windows.matches("[0-9]{1,5}") ? Math.min(limit, Integer.parseInt(windows)) : limit;
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }

  /**
   * Sends, and returns once the headers have arrived; the body waits in the agent and the kernel.
   */
  private HttpResponse<InputStream> send(HttpRequest request)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<InputStream>> answer =
        http.sendAsync(request, BodyHandlers.ofInputStream());
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | CancellationException e) {
      throw new IOException("no answer within " + timeout.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw failure(e);
    } finally {
      answer.cancel(true);
    }
  }

  /** A failure with a message for people. */
  static IOException failure(ExecutionException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String message = cause.getMessage();
    String name = cause.getClass().getSimpleName();
    String plain =
        switch (name) {
          case "ConnectException", "ClosedChannelException" -> "connection refused or unreachable";
          case "HttpConnectTimeoutException", "HttpTimeoutException" -> "no answer in time";
          case "UnresolvedAddressException" -> "host name does not resolve";
          default -> message == null ? name : message;
        };
    return new IOException(plain, cause);
  }

  private static @Nullable WindowCursor cursor(HttpHeaders headers) throws IOException {
    String text = headers.firstValue(InfluxDataHeaders.CURSOR).orElse("");
    if (text.isEmpty()) {
      return null;
    }
    try {
      return WindowCursor.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IOException("not a cursor in " + InfluxDataHeaders.CURSOR, e);
    }
  }

  private static @Nullable Duration skew(HttpHeaders headers, Instant sent, Instant received)
      throws IOException {
    String text = headers.firstValue(InfluxDataHeaders.CLOCK).orElse("");
    if (text.isEmpty()) {
      return null;
    }
    try {
      Instant middle = sent.plus(Duration.between(sent, received).dividedBy(2));
      Duration skew = Duration.between(middle, Instant.parse(text));
      if (skew.abs().compareTo(MAX_SKEW) > 0) {
        throw new IOException("its clock says " + text + ", a century or more off ours");
      }
      return skew;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static String excerpt(byte[] body) {
    String text = new String(body, 0, Math.min(body.length, 200), StandardCharsets.UTF_8);
    return ControlCharacters.replaced(text.replaceAll("\\s+", " ").strip());
  }
}
