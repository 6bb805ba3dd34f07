package io.llamamesh.agent.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.auth.ProgramGrants;
import io.llamamesh.http.BearerToken;
import io.llamamesh.http.BoundedHttpServer;
import io.llamamesh.http.EventStreams;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP server of the API on one or more addresses. Virtual threads answer; every request's work is
 * bounded.
 */
public final class ApiServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
  private static final int BACKLOG = 64;

  /**
   * Most concurrent requests; answers are streamed, so that each takes little memory, however long
   * it is.
   */
  private static final int CONCURRENT = 32;

  /**
   * Most concurrent requests to the fabric: its answers are whole in memory, and made by its own
   * thread.
   */
  private static final int CONCURRENT_OF_FABRIC = 4;

  /**
   * Most watches at once, beside all other requests: each holds a connection and waits, and must
   * not keep readers of windows out.
   */
  private static final int WATCHES = 12;

  /** Most concurrent requests for bursts and silences, which may wait for a disk. */
  private static final int CONCURRENT_OF_TOOLS = 4;

  /** Most concurrent checks of members: each waits for its member, up to seconds. */
  private static final int CONCURRENT_CHECKS = 2;

  /** Paths that need no token. */
  private static final Set<String> OPEN = Set.of("/status", "/healthz", "/readyz");

  /** Probes of kubelets, exempt from the limit: slow readers must not make them fail. */
  private static final Set<String> VITAL = Set.of("/healthz", "/readyz");

  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore free = new Semaphore(CONCURRENT);
  private final Semaphore freeForFabric = new Semaphore(CONCURRENT_OF_FABRIC);
  private final Semaphore freeForChecks = new Semaphore(CONCURRENT_CHECKS);
  private final EventStreams streams = new EventStreams(WATCHES);
  private final Map<String, Route> routes;
  private final FabricApi fabric;
  private final SharedStateApi shared;
  private final TokenCheck tokens;
  private final Semaphore freeForTools = new Semaphore(CONCURRENT_OF_TOOLS);
  private volatile @Nullable ToolsApi tools;

  @FunctionalInterface
  private interface Route {
    Reply answer(Query query) throws RequestException;
  }

  private ApiServer(
      AgentState state,
      InstantSource clock,
      TokenCheck tokens,
      TokenCheck actors,
      LossRule loss,
      boolean legacyByDefault) {
    this.tokens = tokens;
    ResultsApi results =
        new ResultsApi(state.archive(), clock, state.destinationTags(), loss, legacyByDefault);
    StateApi states = new StateApi(state);
    fabric = new FabricApi(state.fabric());
    shared = new SharedStateApi(state.services(), tokens, actors, streams);
    Metrics metrics = new Metrics(state, streams, shared);
    routes =
        Map.of(
            "/influxdata", results::influxData,
            "/latency", results::latency,
            "/status", states::status,
            "/healthz", states::healthz,
            "/readyz", states::readyz,
            "/metrics", metrics::page);
  }

  /**
   * Binds and starts; who may read may write what agents share, too.
   *
   * @param tokens check of who may read and write
   * @param loss rule by which points count loss
   * @param legacyByDefault whether {@code /influxdata} without parameters has the Python LLAMA's
   *     shape
   * @throws IOException when an address cannot be bound; nothing stays open then
   */
  public static ApiServer start(
      List<InetSocketAddress> addresses,
      AgentState state,
      InstantSource clock,
      TokenCheck tokens,
      LossRule loss,
      boolean legacyByDefault)
      throws IOException {
    return start(addresses, state, clock, tokens, tokens, loss, legacyByDefault);
  }

  /**
   * Binds and starts.
   *
   * @param tokens check of who may read
   * @param actors check of who may change what agents share
   * @param loss rule by which points count loss
   * @param legacyByDefault whether {@code /influxdata} without parameters has the Python LLAMA's
   *     shape
   * @throws IOException when an address cannot be bound; nothing stays open then
   */
  public static ApiServer start(
      List<InetSocketAddress> addresses,
      AgentState state,
      InstantSource clock,
      TokenCheck tokens,
      TokenCheck actors,
      LossRule loss,
      boolean legacyByDefault)
      throws IOException {
    ApiServer api = new ApiServer(state, clock, tokens, actors, loss, legacyByDefault);
    try {
      for (InetSocketAddress address : addresses) {
        api.bind(address);
      }
    } catch (IOException | RuntimeException e) {
      api.close();
      throw e;
    }
    api.servers.forEach(HttpServer::start);
    return api;
  }

  /** Admits programs to what agents share, by credentials of their own, from now on. */
  public void admit(Supplier<ProgramGrants> credentials) {
    shared.admit(credentials);
  }

  /** Offers tools from now on. */
  public void offer(ToolsApi offered) {
    tools = offered;
  }

  private HttpServer bind(InetSocketAddress address) throws IOException {
    HttpServer server = create(address);
    servers.add(server);
    server.setExecutor(executor);
    server.createContext("/", this::handle);
    return server;
  }

  /**
   * Listens on one more address; nothing when it does already.
   *
   * @throws IOException when it cannot be bound
   */
  public void listen(InetSocketAddress address) throws IOException {
    if (locals().stream().noneMatch(local -> local.getAddress().equals(address.getAddress()))) {
      bind(address).start();
    }
  }

  private static HttpServer create(InetSocketAddress address) throws IOException {
    try {
      return BoundedHttpServer.create(address, BACKLOG);
    } catch (BindException e) {
      throw new IOException(
          "the API cannot bind: "
              + e.getMessage()
              + ": "
              + address
              + "; choose another --api-port or --bind",
          e);
    }
  }

  /** The bound addresses. */
  public List<InetSocketAddress> locals() {
    return servers.stream().map(HttpServer::getAddress).toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Reply reply;
      String path = exchange.getRequestURI().getPath();
      if (SharedStateApi.isOf(path)) {
        shared.handle(exchange);
        return;
      }
      if (FabricApi.isWatch(path)) {
        watch(exchange, path);
        return;
      }
      ToolsApi offered = tools;
      if (offered != null && ToolsApi.serves(path)) {
        send(exchange, answerTool(exchange, offered));
        return;
      }
      boolean vital = VITAL.contains(path);
      Semaphore places = places(path);
      boolean entered = !vital && places.tryAcquire();
      try {
        if (!entered && !vital) {
          reply = error(503, "too many requests at once, try again");
        } else {
          reply = answer(exchange);
        }
        send(exchange, reply);
      } finally {
        if (entered) {
          places.release();
        }
      }
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getPath(), e);
    }
  }

  private Semaphore places(String path) {
    if (FabricApi.isCheck(path)) {
      return freeForChecks;
    }
    return path.startsWith(FabricApi.PREFIX) ? freeForFabric : free;
  }

  /** Answers a watch until it ends; it has a place of its own, not one of the short answers'. */
  private void watch(HttpExchange exchange, String path) throws IOException {
    Reply refusal;
    try {
      allowMethods(exchange, "GET");
      authorize(exchange);
      FabricFeed feed = streams.isRefusing() ? null : fabric.watch(path, query(exchange));
      if (feed != null && streams.tryServe(exchange, feed.first(), feed)) {
        return;
      }
      exchange.getResponseHeaders().set("Retry-After", EventStreams.RETRY_AFTER_SECONDS);
      refusal = error(503, "too many watches at once (" + WATCHES + "), try again");
    } catch (RequestException e) {
      refusal = error(e.status(), e.text());
    }
    send(exchange, refusal);
  }

  private Reply answerTool(HttpExchange exchange, ToolsApi offered) throws IOException {
    if (!freeForTools.tryAcquire()) {
      return error(503, "too many requests at once, try again");
    }
    try {
      String method = exchange.getRequestMethod();
      InetAddress client = exchange.getRemoteAddress().getAddress();
      String token = bearer(exchange);
      if (!ToolsApi.isReading(method)) {
        if (!offered.canAct(token, client)) {
          exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
          return error(
              401,
              "who acts needs the agents' bearer token; of an agent without one, only its own host"
                  + " may");
        }
        if (exchange.getRequestHeaders().containsKey("Origin")) {
          // Where no token is needed any page that somebody of this host opens could act.
          return error(403, "pages in a browser may not act here");
        }
      } else if (!tokens.accepts(token, client)) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
        return error(401, "a valid bearer token is needed");
      }
      byte[] body = exchange.getRequestBody().readNBytes(ToolsApi.MAX_BODY + 1);
      if (body.length > ToolsApi.MAX_BODY) {
        return error(413, "the body is longer than " + ToolsApi.MAX_BODY + " bytes");
      }
      return offered.answer(method, exchange.getRequestURI().getPath(), client, body);
    } catch (RequestException e) {
      return error(e.status(), e.text());
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getPath(), e);
      return error(500, "the agent failed to answer; its log says why");
    } finally {
      freeForTools.release();
    }
  }

  private Reply answer(HttpExchange exchange) {
    try {
      String path = exchange.getRequestURI().getPath();
      Route route = route(path);
      if (FabricApi.isCheck(path)) {
        allowMethods(exchange, "POST");
      } else {
        allowMethods(exchange, "GET", "HEAD");
      }
      authorize(exchange);
      return route.answer(query(exchange));
    } catch (RequestException e) {
      return error(e.status(), e.text());
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getPath(), e);
      return error(500, "the agent failed to answer; its log says why");
    }
  }

  private static void allowMethods(HttpExchange exchange, String... allowed)
      throws RequestException {
    if (!List.of(allowed).contains(exchange.getRequestMethod())) {
      exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
      throw new RequestException(
          405,
          "only "
              + String.join(" and ", allowed)
              + (allowed.length > 1 ? " are" : " is")
              + " allowed");
    }
  }

  private void authorize(HttpExchange exchange) throws RequestException {
    if (isMemberProgram(exchange)) {
      return;
    }
    if (!OPEN.contains(exchange.getRequestURI().getPath())
        && !tokens.accepts(bearer(exchange), exchange.getRemoteAddress().getAddress())) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      throw new RequestException(
          401,
          "a valid bearer token is needed, or a reader's network in --accept-unauthenticated"
              + " (spec.collector.acceptUnauthenticated)");
    }
  }

  /** True for a program that may read who is up, and asks for that. */
  private boolean isMemberProgram(HttpExchange exchange) {
    if (!FabricApi.isMembersOf(exchange.getRequestURI().getPath())
        || exchange.getRequestMethod().equals("POST")) {
      return false;
    }
    ProgramGrants.Grant grant = shared.grant(bearer(exchange));
    return grant != null && grant.canReadMembers();
  }

  private static Query query(HttpExchange exchange) throws RequestException {
    return Query.parse(
        exchange.getRequestURI().getRawQuery(),
        exchange.getRequestHeaders().getFirst(InfluxDataHeaders.STORED));
  }

  private Route route(String path) throws RequestException {
    Route route = routes.get(path);
    if (route == null && path.startsWith(FabricApi.PREFIX)) {
      return query -> fabric.answer(path, query);
    }
    if (route == null) {
      throw new RequestException(
          404,
          "unknown path, known are "
              + Stream.of(
                      routes.keySet().stream(),
                      FabricApi.PATHS.stream(),
                      SharedStateApi.paths(),
                      ToolsApi.PATHS.stream())
                  .flatMap(paths -> paths)
                  .sorted()
                  .toList());
    }
    return route;
  }

  private static String bearer(HttpExchange exchange) {
    String token = BearerToken.of(exchange.getRequestHeaders().getFirst("Authorization"));
    return token == null ? "" : token;
  }

  static Reply error(int status, String message) {
    return Reply.json(
        status, Map.of(), out -> ResultsJson.mapper().writeValue(out, Map.of("error", message)));
  }

  static void send(HttpExchange exchange, Reply reply) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", reply.contentType());
    reply.headers().forEach(exchange.getResponseHeaders()::set);
    BoundedHttpServer.closeAfterRefusal(exchange, reply.status());
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(reply.status(), head ? -1 : 0);
    if (!head) {
      try (OutputStream out = exchange.getResponseBody()) {
        reply.body().write(out);
      }
    }
  }

  /** Stops listening; requests that are being answered get a moment. */
  @Override
  public void close() {
    servers.forEach(server -> server.stop(0));
    executor.shutdownNow();
    streams.close();
  }
}
