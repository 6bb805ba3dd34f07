package io.llamamesh.registry.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.http.BoundedHttpServer;
import io.llamamesh.registry.directory.Registry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry's HTTP server, a virtual thread per request.
 *
 * <p>Owns its socket and threads; {@link #close} ends them. Connections, heads and the time of a
 * request are bounded by {@link BoundedHttpServer}, requests at once by a number.
 */
public final class RegistryServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryServer.class);
  private static final int BACKLOG = 256;

  /**
   * Below the connections that {@link BoundedHttpServer} lets in: the rest gets an answer that says
   * why.
   */
  private static final int MAX_AT_ONCE = 192;

  private final HttpServer server;
  private final boolean secure;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);

  private RegistryServer(HttpServer server, boolean secure) {
    this.server = server;
    this.secure = secure;
  }

  /**
   * Access: who may ask, and how much.
   *
   * @param tokens who is let in
   * @param proxies whose word is taken on where a request comes from
   * @param requestsPerMinute how many each source may make
   */
  public record Access(AccessTokens tokens, TrustedProxies proxies, int requestsPerMinute) {}

  /** Where registrations outlive the process. */
  @FunctionalInterface
  public interface Durability {
    /** Waits until a version of the directory does; it gives up where a disk does not answer. */
    void awaitSaved(long version) throws InterruptedException;
  }

  /**
   * Binds; who connects waits until {@link #start}.
   *
   * @param address port 0 picks a free one, see {@link #address}
   * @param tls serves HTTPS by it; null: HTTP
   * @throws IOException where the address cannot be bound, saying which option to change
   */
  public static RegistryServer bind(InetSocketAddress address, @Nullable SSLContext tls)
      throws IOException {
    try {
      return tls == null
          ? new RegistryServer(BoundedHttpServer.create(address, BACKLOG), false)
          : new RegistryServer(BoundedHttpServer.createSecure(address, BACKLOG, tls), true);
    } catch (BindException e) {
      throw new IOException(
          "cannot listen on %s:%d: %s; choose another --host or --port"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
  }

  /** Starts to answer, for a directory that is in memory only. */
  public void start(Registry registry, RegistryMetrics metrics, Access access, LongSupplier nanos) {
    start(registry, version -> {}, metrics, access, nanos);
  }

  /**
   * Starts to answer.
   *
   * @param durability what a registration waits for before it is acknowledged
   */
  public void start(
      Registry registry,
      Durability durability,
      RegistryMetrics metrics,
      Access access,
      LongSupplier nanos) {
    RegistryApi api =
        new RegistryApi(
            registry,
            durability,
            metrics,
            access.tokens(),
            access.proxies(),
            access.requestsPerMinute(),
            nanos);
    server.setExecutor(threads);
    server.createContext("/", exchange -> handle(exchange, api, metrics));
    server.start();
  }

  /** The address it listens on. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Its base URL. */
  public String url() {
    InetAddress host = server.getAddress().getAddress();
    String literal = host.getHostAddress();
    return "%s://%s:%d"
        .formatted(
            secure ? "https" : "http",
            literal.indexOf(':') < 0 ? literal : "[" + literal + "]",
            server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange, RegistryApi api, RegistryMetrics metrics)
      throws IOException {
    try (exchange) {
      if (!atOnce.tryAcquire()) {
        metrics.countRefused("busy");
        send(
            exchange,
            RegistryResponse.error(503, "too many requests at once, try again")
                .with("Retry-After", "1"));
        return;
      }
      try {
        RegistryResponse answer = api.answer(new Received(exchange));
        ResponseMemory.Share memory = answer.memory();
        try (memory) {
          send(exchange, answer);
        }
      } finally {
        atOnce.release();
      }
    } catch (IOException e) {
      LOG.debug("a client went away", e);
      // Only so does the JDK's server forget the connection at once; else it would count as open
      // until the time of an answer is over. Llama-sd's clients read no answer to its end.
      throw e;
    }
  }

  private static void send(HttpExchange exchange, RegistryResponse answer) throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.contentType());
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Content-Security-Policy", "default-src 'none'; form-action 'none'");
    headers.set("Cache-Control", "no-store");
    answer.headers().forEach(headers::set);
    BoundedHttpServer.closeAfterRefusal(exchange, answer.status());
    byte[] body = answer.body();
    boolean silent = exchange.getRequestMethod().equals("HEAD") || answer.status() == 304;
    if (silent || body.length == 0) {
      if (exchange.getRequestMethod().equals("HEAD")) {
        headers.set("Content-Length", Integer.toString(body.length));
      }
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(answer.status(), body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private record Received(HttpExchange exchange) implements Request {
    @Override
    public String method() {
      return exchange.getRequestMethod();
    }

    @Override
    public String path() {
      return exchange.getRequestURI().getRawPath();
    }

    @Override
    public @Nullable String query() {
      return exchange.getRequestURI().getRawQuery();
    }

    @Override
    public List<String> headers(String name) {
      return exchange.getRequestHeaders().getOrDefault(name, List.of());
    }

    @Override
    public InetAddress peer() {
      return exchange.getRemoteAddress().getAddress();
    }

    @Override
    public InputStream body() {
      return exchange.getRequestBody();
    }
  }
}
