package io.llamamesh.scraper.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.http.BoundedHttpServer;
import io.llamamesh.http.EventStreams;
import io.llamamesh.results.ReportHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP server of the page and the API, with a virtual thread per request.
 *
 * <p>Owns its socket and threads; {@link #close} ends them. Bounded by {@link BoundedHttpServer},
 * and in the memory of all its answers together.
 */
public final class WebServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);

  /**
   * Paths that are exempt from limits: short answers on which probes and the operator depend, which
   * slow readers of long ones must not block.
   */
  private static final Set<String> VITAL = Set.of("/healthz", "/readyz", "/api/v1/report");

  /** Most watches at once, beside all other requests. */
  private static final int WATCHES = 16;

  private static final Pattern JSON_BODY =
      Pattern.compile("application/json\\s*(;.*)?", Pattern.CASE_INSENSITIVE);

  private static final int MISDIRECTED = 421;
  private static final int COMPRESS_FROM = 1_024;
  private static final int MAX_AT_ONCE = 64;
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

  /** Size above which answers need permits while they are sent, for an eighth of the heap. */
  private static final int SMALL_BYTES = 64 << 10;

  private static final int KIB = 1 << 10;
  private static final int ROOM_KIB = (int) (Runtime.getRuntime().maxMemory() / 8 / KIB);
  private static final long ROOM_PATIENCE_SECONDS = 1;

  private final HttpServer server;
  private volatile @Nullable Predicate<@Nullable String> actors;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final EventStreams watches = new EventStreams(WATCHES);
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);
  private final Semaphore roomKib = new Semaphore(ROOM_KIB);

  /**
   * Binds the address; clients wait until {@link #start}.
   *
   * @param address port 0 picks a free one, see {@link #address}
   * @throws IOException if the address cannot be bound
   */
  public WebServer(InetSocketAddress address) throws IOException {
    this.server = BoundedHttpServer.create(address, 0);
    server.setExecutor(threads);
  }

  /**
   * Starts to answer GET and HEAD, and POST where it has an effect.
   *
   * @param accepted predicate for the value of the header {@code Authorization}, which guards the
   *     data; the page itself, the API's description and the probes of Kubernetes are open
   * @param acting the same for what has an effect; null: nobody may
   * @param hosts accepted host names if no token is required
   */
  public void start(
      Api api,
      Predicate<@Nullable String> accepted,
      @Nullable Predicate<@Nullable String> acting,
      AcceptedHosts hosts) {
    actors = acting;
    boolean open = accepted.test(null);
    server.createContext(
        "/",
        exchange -> {
          String host = exchange.getRequestHeaders().getFirst("Host");
          if (open && !hosts.accepts(host)) {
            refuse(exchange);
          } else {
            handle(exchange, api, accepted);
          }
        });
    server.start();
  }

  private void refuse(HttpExchange exchange) throws IOException {
    try (exchange) {
      send(
          exchange,
          Answer.error(
              MISDIRECTED,
              "not known by this name: ask by address or Service name, name it by --host, or set a"
                  + " token"));
    }
  }

  /** Address on which it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Watches of the report. */
  public EventStreams watches() {
    return watches;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    watches.close();
  }

  private void handle(HttpExchange exchange, Api api, Predicate<@Nullable String> accepted)
      throws IOException {
    try (exchange) {
      ReportFeed feed = api.watch(exchange.getRequestURI().getRawPath());
      if (feed != null) {
        watch(exchange, api, accepted, feed);
        return;
      }
      if (VITAL.contains(exchange.getRequestURI().getRawPath())) {
        respond(exchange, api, accepted);
        return;
      }
      if (!atOnce.tryAcquire()) {
        send(exchange, Answer.error(503, "too many requests at once, try again"));
        return;
      }
      try {
        respond(exchange, api, accepted);
      } finally {
        atOnce.release();
      }
    }
  }

  /** Answers a watch until it ends; it takes no place of a short answer. */
  private void watch(
      HttpExchange exchange, Api api, Predicate<@Nullable String> accepted, ReportFeed feed)
      throws IOException {
    Answer refusal = refusal(exchange, accepted, "GET");
    if (refusal == null) {
      var headers = exchange.getResponseHeaders();
      headers.set(ReportHeaders.LEADER, Boolean.toString(api.isLeader()));
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Content-Security-Policy", POLICY);
      if (!watches.isRefusing() && watches.tryServe(exchange, feed.first(), feed)) {
        return;
      }
      headers.set("Retry-After", EventStreams.RETRY_AFTER_SECONDS);
      refusal = Answer.error(503, "too many watches at once (" + WATCHES + "), try again");
    }
    send(exchange, refusal);
  }

  private void respond(HttpExchange exchange, Api api, Predicate<@Nullable String> accepted)
      throws IOException {
    Answer answer = answer(exchange, api, accepted);
    if (exchange.getRequestURI().getPath().startsWith("/api/")) {
      exchange.getResponseHeaders().set(ReportHeaders.LEADER, Boolean.toString(api.isLeader()));
    }
    send(exchange, answer);
  }

  private Answer answer(HttpExchange exchange, Api api, Predicate<@Nullable String> accepted)
      throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    if (Api.isAction(path) && exchange.getRequestMethod().equals("POST")) {
      return act(exchange, api, actors);
    }
    Answer refusal = refusal(exchange, accepted, "GET", "HEAD");
    if (refusal != null) {
      return refusal;
    }
    var headers = exchange.getRequestHeaders();
    String query = exchange.getRequestURI().getRawQuery();
    String known = headers.getFirst("If-None-Match");
    try {
      Answer answer = api.get(path, query == null ? "" : query, known).orNotModified(known);
      if (answer.status() == HttpURLConnection.HTTP_NOT_FOUND && Api.isBurst(path)) {
        // Of several scrapers behind one name another may know it, to which this does not lead.
        BoundedHttpServer.closeAfterAnswer(exchange);
      }
      return answer;
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getRawPath(), e);
      return Answer.error(500, "the scraper failed to answer; see its log");
    }
  }

  /**
   * Has an effect, for who shows a token: a browser sends none by itself, so that no foreign site
   * can have its visitors act.
   */
  private static Answer act(
      HttpExchange exchange, Api api, @Nullable Predicate<@Nullable String> acting)
      throws IOException {
    if (acting == null || acting.test(null)) {
      return Answer.error(
          403,
          "this takes a token, and the scraper was given none: see spec.scraper.tokenSecret, or"
              + " --action-token-file");
    }
    var headers = exchange.getRequestHeaders();
    if (!acting.test(headers.getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      return Answer.error(
          401, "this takes a token of spec.scraper.tokenSecret, or of --action-token-file");
    }
    String site = headers.getFirst("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return Answer.error(403, "another site's page may not act here");
    }
    String type = headers.getFirst("Content-Type");
    if (type == null || !JSON_BODY.matcher(type).matches()) {
      return Answer.error(415, "send the body as Content-Type: application/json");
    }
    byte[] body = exchange.getRequestBody().readNBytes(BurstRoutes.MAX_BODY + 1);
    if (body.length > BurstRoutes.MAX_BODY) {
      return Answer.error(413, "the body is longer than " + BurstRoutes.MAX_BODY + " bytes");
    }
    try {
      return api.post(body, exchange.getRemoteAddress().getAddress().getHostAddress());
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getRawPath(), e);
      return Answer.error(500, "the scraper failed to answer; see its log");
    }
  }

  /** The answer to who may not ask so; null to who may. */
  private static @Nullable Answer refusal(
      HttpExchange exchange, Predicate<@Nullable String> accepted, String... methods) {
    if (!List.of(methods).contains(exchange.getRequestMethod())) {
      return Answer.error(405, "only GET is answered here");
    }
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (Api.isData(exchange.getRequestURI().getRawPath()) && !accepted.test(authorization)) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      return Answer.error(
          401,
          "a token is required: send it as 'Authorization: Bearer TOKEN', the page asks for it");
    }
    return null;
  }

  private void send(HttpExchange exchange, Answer answer) throws IOException {
    int kib =
        answer.body().length <= SMALL_BYTES
            ? 0
            : Math.min(ROOM_KIB, 2 * answer.body().length / KIB);
    boolean room;
    try {
      room = roomKib.tryAcquire(kib, ROOM_PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      room = false;
    }
    if (!room) {
      write(exchange, Answer.error(503, "too many long answers on their way, try again"));
      return;
    }
    try {
      write(exchange, answer);
    } finally {
      roomKib.release(kib);
    }
  }

  private static void write(HttpExchange exchange, Answer answer) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.contentType());
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Content-Security-Policy", POLICY);
    headers.set("Vary", "Accept-Encoding");
    headers.set(
        "Cache-Control",
        answer.cacheSeconds() > 0 ? "max-age=" + answer.cacheSeconds() : "no-cache");
    headers.set("ETag", answer.etag());
    BoundedHttpServer.closeAfterRefusal(exchange, answer.status());
    if (answer.status() == Answer.NOT_MODIFIED) {
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    byte[] body = answer.body();
    String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
    if (body.length >= COMPRESS_FROM && accepted != null && accepted.contains("gzip")) {
      headers.set("Content-Encoding", "gzip");
      body = zipped(body);
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private static byte[] zipped(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
    try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
      zip.write(body);
    }
    return bytes.toByteArray();
  }
}
