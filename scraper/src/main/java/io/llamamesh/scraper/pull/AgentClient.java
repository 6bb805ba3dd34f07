package io.llamamesh.scraper.pull;

import io.llamamesh.client.HttpFailures;
import io.llamamesh.client.WindowHeaders;
import io.llamamesh.client.WindowsClient;
import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
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

  private final Duration timeout;
  private final InstantSource clock;
  private final Function<String, List<String>> tokens;
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
   * @param tokens bearer tokens for an agent by its name, the one to show first; empty: none
   */
  AgentClient(Duration timeout, InstantSource clock, Function<String, List<String>> tokens) {
    this(timeout, BodyReader.Limits.DEFAULT, clock, tokens);
  }

  AgentClient(
      Duration timeout,
      BodyReader.Limits limits,
      InstantSource clock,
      Function<String, List<String>> tokens) {
    this.bodies = new BodyReader(limits, threads);
    this.timeout = timeout;
    this.clock = clock;
    this.tokens = tokens;
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
   * @param agent its name
   * @param after null: all that are retained
   * @param stored cursor up to which the agent may discard its windows; null: none yet
   * @param limit windows to return at most
   * @param isBacklog true to catch up on a backlog: only a few such requests run at once
   * @throws IOException if no valid answer arrives in time; the message is meant for people
   */
  FetchedPage fetch(
      String agent,
      HostPort address,
      @Nullable WindowCursor after,
      @Nullable WindowCursor stored,
      int limit,
      boolean isBacklog)
      throws IOException, InterruptedException {
    List<String> shown = tokens.apply(agent);
    for (int i = 0; i + 1 < shown.size(); i++) {
      try {
        return fetch(address, after, stored, limit, isBacklog, shown.get(i));
      } catch (TokenRefusedException _) {
        // It may know only older ones, or the mesh's.
      }
    }
    String last = shown.isEmpty() ? null : shown.getLast();
    return fetch(address, after, stored, limit, isBacklog, last);
  }

  private FetchedPage fetch(
      HostPort address,
      @Nullable WindowCursor after,
      @Nullable WindowCursor stored,
      int limit,
      boolean isBacklog,
      @Nullable String bearer)
      throws IOException, InterruptedException {
    Permits permits = new Permits();
    boolean fetched = false;
    try {
      if (isBacklog) {
        // Catching up takes page after page, and agents that are up to date must not wait for it.
        permits.acquire(catchingUp);
      }
      FetchedPage page = fetchNow(address, after, stored, limit, bearer, permits);
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
      @Nullable String bearer,
      Permits permits)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.http(WindowsClient.path(after, limit)))
            .timeout(timeout)
            .header("Accept", "application/json")
            .header(InfluxDataHeaders.STORED, stored == null ? "" : stored.toString());
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
    WindowHeaders head = WindowHeaders.of(response.headers(), sent, received);
    Page page = PageParser.parse(body, head.cursor(), head.hasMore(), head.clockSkew());
    int maxWindows = head.windows() < 0 ? limit : Math.min(limit, head.windows());
    return new FetchedPage(page, limit, maxWindows, body.length, permits);
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
    return new IOException(HttpFailures.describe(cause), cause);
  }

  private static String excerpt(byte[] body) {
    String text = new String(body, 0, Math.min(body.length, 200), StandardCharsets.UTF_8);
    return ControlCharacters.replaced(text.replaceAll("\\s+", " ").strip());
  }
}
