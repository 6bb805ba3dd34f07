package io.llamamesh.scraper.web;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.results.ReportHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The page and the API over HTTP, a virtual thread per request.
 *
 * <p>Owns its socket and threads; {@link #close} ends them. How long a request may take is set by
 * the system properties {@code sun.net.httpserver.maxReqTime} and {@code maxRspTime}.
 */
public final class WebServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);
  private static final int COMPRESS_FROM = 1_024;
  private static final int MAX_AT_ONCE = 64;
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'"
          + " data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'self'";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);

  /**
   * Binds; who connects waits until {@link #start}.
   *
   * @param address port 0 picks a free one, see {@link #address}
   * @throws IOException where the address cannot be bound
   */
  public WebServer(InetSocketAddress address) throws IOException {
    this.server = HttpServer.create(address, 0);
    server.setExecutor(threads);
  }

  /**
   * Starts to answer GET and HEAD.
   *
   * @param accepted whether the value of the header {@code Authorization} lets in to the data; the
   *     page itself, the API's description and the probes of Kubernetes are everybody's
   */
  public void start(Api api, Predicate<@Nullable String> accepted) {
    server.createContext("/", exchange -> handle(exchange, api, accepted));
    server.start();
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange, Api api, Predicate<@Nullable String> accepted)
      throws IOException {
    try (exchange) {
      Answer answer;
      if (!atOnce.tryAcquire()) {
        answer = Answer.error(503, "too many requests at once, try again");
        send(exchange, answer);
        return;
      }
      try {
        answer = answer(exchange, api, accepted);
        if (exchange.getRequestURI().getPath().startsWith("/api/")) {
          exchange.getResponseHeaders().set(ReportHeaders.LEADER, Boolean.toString(api.leads()));
        }
        send(exchange, answer);
      } finally {
        atOnce.release();
      }
    }
  }

  private static Answer answer(
      HttpExchange exchange, Api api, Predicate<@Nullable String> accepted) {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return Answer.error(405, "only GET is answered here");
    }
    String path = exchange.getRequestURI().getRawPath();
    var asked = exchange.getRequestHeaders();
    if (Api.isData(path) && !accepted.test(asked.getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      return Answer.error(
          401,
          "a token is required: send it as 'Authorization: Bearer TOKEN', the page asks for it");
    }
    String query = exchange.getRequestURI().getRawQuery();
    String known = asked.getFirst("If-None-Match");
    try {
      return api.get(path, query == null ? "" : query, known).unlessKnown(known);
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getRawPath(), e);
      return Answer.error(500, "the scraper failed to answer; its log says why");
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.contentType());
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Content-Security-Policy", POLICY);
    headers.set("Vary", "Accept-Encoding");
    headers.set(
        "Cache-Control",
        answer.cacheSeconds() > 0 ? "max-age=" + answer.cacheSeconds() : "no-cache");
    headers.set("ETag", answer.tag());
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
