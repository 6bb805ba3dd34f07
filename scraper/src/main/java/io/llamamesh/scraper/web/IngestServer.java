package io.llamamesh.scraper.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.http.BoundedHttpServer;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.scraper.pull.PointRights;
import io.llamamesh.scraper.pull.PostingAccess;
import io.llamamesh.scraper.pull.WindowIngest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /ingest} on a port of its own: draining agents post their last windows here, and
 * agents that cannot be polled all of theirs. Answers 200 only after the store has acknowledged;
 * 503 means keep them.
 *
 * <p>Owns its socket and threads; {@link #close} ends them.
 */
public final class IngestServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IngestServer.class);
  private static final int MAX_AT_ONCE = 3;

  /**
   * Largest body: an agent posts a MiB and one window more, which may have some MiB. A sixty-fourth
   * of the heap, since points and lines take about four times as much.
   */
  private static final int MAX_BYTES =
      Math.clamp(Runtime.getRuntime().maxMemory() / 64, 4 << 20, 16 << 20);

  /**
   * Wait for a free slot: agents wait 5 s for an answer, and retry while they have time, as in a
   * rollout many drain together.
   */
  private static final int PATIENCE_SECONDS = 4;

  private final HttpServer server;
  private final WindowIngest ingest;
  private final PostingAccess access;
  private final Predicate<@Nullable String> acceptedPush;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);

  /**
   * Binds the address and starts to answer.
   *
   * @param accepted predicate for the value of the header {@code Authorization}
   * @throws IOException if the address cannot be bound
   */
  public IngestServer(
      InetSocketAddress address, WindowIngest ingest, Predicate<@Nullable String> accepted)
      throws IOException {
    this(address, ingest, PostingAccess.of(accepted), accepted, null);
  }

  /**
   * Binds the address and starts to answer.
   *
   * @param access decides who may post which last windows
   * @param acceptedPush predicate for the value of the header {@code Authorization} of pages of
   *     agents that push all of their windows
   * @param tls serves HTTPS by it; null: HTTP
   * @throws IOException if the address cannot be bound
   */
  public IngestServer(
      InetSocketAddress address,
      WindowIngest ingest,
      PostingAccess access,
      Predicate<@Nullable String> acceptedPush,
      @Nullable SSLContext tls)
      throws IOException {
    this.ingest = ingest;
    this.access = access;
    this.acceptedPush = acceptedPush;
    this.server =
        tls == null
            ? BoundedHttpServer.create(address, 0)
            : BoundedHttpServer.createSecure(address, 0, tls);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Address on which it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        answer = Answer.error(503, "the scraper is stopping");
      } catch (RuntimeException e) {
        LOG.error("ingest failed", e);
        answer = Answer.error(500, "the scraper failed to process it; see its log");
      }
      if (answer.status() == 503) {
        exchange.getResponseHeaders().set("Retry-After", "1");
      }
      BoundedHttpServer.closeAfterRefusal(exchange, answer.status());
      exchange.getResponseHeaders().set("Content-Type", answer.contentType());
      exchange.sendResponseHeaders(answer.status(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
      // Closing an exchange waits for the rest of its request's body.
      exchange.getResponseBody().flush();
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException, InterruptedException {
    if (!exchange.getRequestURI().getPath().equals("/ingest")) {
      return Answer.error(404, "only /ingest is here");
    }
    if (exchange.getRequestHeaders().containsKey("Origin")) {
      // Browsers send the origin of a posting page (Fetch, 3.1); agents do not.
      return Answer.error(403, "not from a page of another site");
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      return Answer.error(405, "post a list of points");
    }
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (exchange.getRequestHeaders().containsKey(InfluxDataHeaders.AGENT)) {
      // Who may push speaks for itself only, whatever its credential.
      return acceptedPush.test(authorization)
          ? answer(exchange, PointRights.ALL)
          : Answer.error(401, "the ingest's token is required");
    }
    return switch (access.decide(authorization)) {
      case PostingAccess.Decision.Granted granted -> answer(exchange, granted.rights());
      case PostingAccess.Decision.Denied denied -> Answer.error(401, denied.why());
      case PostingAccess.Decision.Later later -> Answer.error(503, later.why());
    };
  }

  private Answer answer(HttpExchange exchange, PointRights rights)
      throws IOException, InterruptedException {
    WindowIngest.PushHead head;
    try {
      head = PushHeaders.read(exchange.getRequestHeaders(), ingest.now());
    } catch (IllegalArgumentException e) {
      return Answer.error(400, String.valueOf(e.getMessage()));
    }
    Answer refusal = unavailable(head);
    if (refusal != null) {
      return refusal;
    }
    if (!atOnce.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      return Answer.error(503, "too many at once");
    }
    try {
      refusal = unavailable(head);
      if (refusal != null) {
        return refusal;
      }
      byte[] body = body(exchange);
      if (body.length > MAX_BYTES) {
        return Answer.error(413, "more than " + MAX_BYTES + " bytes; post fewer windows at once");
      }
      InetAddress source = exchange.getRemoteAddress().getAddress();
      WindowIngest.Outcome outcome =
          head == null
              ? ingest.accept(body, source, rights)
              : ingest.acceptPushed(head, body, source);
      return switch (outcome) {
        case WindowIngest.Outcome.Accepted taken ->
            Answer.json(new AcceptedDocument(taken.points()));
        case WindowIngest.Outcome.Postponed later -> Answer.error(503, later.why());
        case WindowIngest.Outcome.Refused refused -> Answer.error(400, refused.why());
        case WindowIngest.Outcome.Forbidden forbidden -> Answer.error(403, forbidden.why());
      };
    } finally {
      atOnce.release();
    }
  }

  /**
   * The answer while the store is unavailable, without reading a body; null while it is available.
   */
  private @Nullable Answer unavailable(WindowIngest.@Nullable PushHead head) {
    WindowIngest.Outcome.Postponed later =
        head == null ? ingest.postponement() : ingest.postponement(head);
    return later == null ? null : Answer.error(503, later.why());
  }

  private static byte[] body(HttpExchange exchange) throws IOException {
    boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
    try (InputStream in =
        zipped ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody()) {
      return in.readNBytes(MAX_BYTES + 1);
    }
  }

  /**
   * JSON document of an accepted post.
   *
   * @param points number of points
   */
  record AcceptedDocument(int points) {}
}
