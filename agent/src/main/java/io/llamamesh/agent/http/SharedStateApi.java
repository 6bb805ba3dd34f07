package io.llamamesh.agent.http;

import com.sun.net.httpserver.HttpExchange;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.auth.ProgramGrants;
import io.llamamesh.http.BearerToken;
import io.llamamesh.http.EventStreams;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * API of what agents share, the replicated store and multicast: which request is whose, who may
 * ask, and how many at once. Watches, operations and reads have places of their own, so that none
 * of them keeps readers of windows out.
 */
final class SharedStateApi {

  private static final Logger LOG = LoggerFactory.getLogger(SharedStateApi.class);

  /** Reads and messages at once. */
  private static final int CONCURRENT = 4;

  private static final String DESCRIPTION = "/v1/openapi.yaml";

  private static final String RETRY_AFTER = "Retry-After";
  private static final int DRAINED_AT_ONCE = 8 << 10;
  private static final Set<Integer> RETRIED = Set.of(429, 503);

  private final StoreApi store;
  private final MulticastApi multicast;
  private final TokenCheck readers;
  private final TokenCheck writers;
  private final EventStreams streams;
  private final Semaphore free = new Semaphore(CONCURRENT);
  private volatile Supplier<ProgramGrants> programs = () -> ProgramGrants.NONE;

  /** A watch, which ends with its request. */
  interface Watch extends EventStreams.Feed, AutoCloseable {

    /** The first document. */
    byte[] first() throws IOException;

    @Override
    void close();
  }

  /**
   * An API.
   *
   * @param readers check of who may read
   * @param writers check of who may write and send
   * @param streams places of watches, shared with others
   */
  SharedStateApi(
      FabricServices services, TokenCheck readers, TokenCheck writers, EventStreams streams) {
    this.store = new StoreApi(services, Runtime.getRuntime().maxMemory());
    this.multicast = new MulticastApi(services);
    this.readers = readers;
    this.writers = writers;
    this.streams = streams;
  }

  /** Admits programs by credentials of their own, from now on. */
  void admit(Supplier<ProgramGrants> credentials) {
    programs = credentials;
  }

  /** The grant of a request's token; null where no program has it. */
  ProgramGrants.@Nullable Grant grant(String token) {
    return token.isEmpty() ? null : programs.get().find(token);
  }

  /** Its paths, for people. */
  static Stream<String> paths() {
    return Stream.of(StoreApi.PATHS, MulticastApi.PATHS, List.of(DESCRIPTION))
        .flatMap(List::stream);
  }

  static boolean isOf(String path) {
    return StoreApi.isOf(path) || MulticastApi.isOf(path) || path.equals(DESCRIPTION);
  }

  /** Requests to the store that were refused for the memory that others took. */
  long refusedForMemory() {
    return store.refusedForMemory();
  }

  /** Answers a request of one of its paths, a watch until it ends. */
  void handle(HttpExchange exchange) throws IOException {
    try (StoreMemory.Share share = store.share()) {
      handle(exchange, share);
    }
  }

  private void handle(HttpExchange exchange, StoreMemory.Share share) throws IOException {
    Reply reply;
    try {
      StateAccess access = authorize(exchange);
      String path = exchange.getRequestURI().getPath();
      Query query = Query.parse(exchange.getRequestURI().getRawQuery());
      if (StoreApi.isWatch(path) || MulticastApi.isWatch(path)) {
        allowOnly(exchange, "GET");
        watch(exchange, path, query, access, share);
        return;
      }
      reply = answer(exchange, path, query, access, share);
    } catch (RequestException e) {
      if (RETRIED.contains(e.status())) {
        exchange.getResponseHeaders().putIfAbsent(RETRY_AFTER, List.of("1"));
        drain(exchange);
      }
      reply = ApiServer.error(e.status(), e.text());
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", exchange.getRequestURI().getPath(), e);
      reply = ApiServer.error(500, "the agent failed to answer; its log says why");
    }
    ApiServer.send(exchange, reply);
  }

  /** Reads what is left of a body and keeps none of it: who still sends would miss the answer. */
  private static void drain(HttpExchange exchange) {
    byte[] some = new byte[DRAINED_AT_ONCE];
    try {
      InputStream body = exchange.getRequestBody();
      int left = StoreApi.MAX_BODY_BYTES;
      for (int read = body.read(some); read >= 0 && left > 0; read = body.read(some)) {
        left -= read;
      }
    } catch (IOException e) {
      // nobody is left to read the answer
    }
  }

  private StateAccess authorize(HttpExchange exchange) throws RequestException {
    String token =
        Objects.requireNonNullElse(
            BearerToken.of(exchange.getRequestHeaders().getFirst("Authorization")), "");
    boolean isRead = Set.of("GET", "HEAD").contains(exchange.getRequestMethod());
    boolean isAll =
        (isRead ? readers : writers).accepts(token, exchange.getRemoteAddress().getAddress());
    ProgramGrants.Grant grant = isAll ? null : grant(token);
    if (!isAll && grant == null) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      throw new RequestException(401, "a valid bearer token is needed");
    }
    if (!isRead && exchange.getRequestHeaders().containsKey("Origin")) {
      // Where no token is needed any page that somebody of this host opens could write.
      throw new RequestException(403, "pages in a browser may not write here");
    }
    return grant == null ? StateAccess.ALL : new StateAccess(grant);
  }

  private static void allowOnly(HttpExchange exchange, String... methods) throws RequestException {
    if (!List.of(methods).contains(exchange.getRequestMethod())) {
      exchange.getResponseHeaders().set("Allow", String.join(", ", methods));
      throw new RequestException(405, "allowed is " + String.join(", ", methods));
    }
  }

  private Reply answer(
      HttpExchange exchange, String path, Query query, StateAccess access, StoreMemory.Share share)
      throws RequestException {
    if (StoreApi.isOf(path) && exchange.getRequestMethod().equals("POST")) {
      return store.operate(exchange, query, access, share); // as many as it says itself
    }
    if (!free.tryAcquire()) {
      throw new RequestException(503, "too many requests at once, try again");
    }
    try {
      if (MulticastApi.isOf(path)) {
        allowOnly(exchange, "POST");
        return multicast.send(exchange, query, access);
      }
      allowOnly(exchange, "GET", "HEAD");
      return path.equals(DESCRIPTION) ? description() : store.read(path, query, access, share);
    } finally {
      free.release();
    }
  }

  private static Reply description() {
    return new Reply(
        200,
        "application/yaml",
        Map.of(),
        out -> {
          try (InputStream in =
              Objects.requireNonNull(SharedStateApi.class.getResourceAsStream("openapi.yaml"))) {
            in.transferTo(out);
          }
        });
  }

  private void watch(
      HttpExchange exchange, String path, Query query, StateAccess access, StoreMemory.Share share)
      throws RequestException, IOException {
    if (streams.isRefusing()) {
      throw tooMany(exchange);
    }
    try (Watch watch =
        StoreApi.isWatch(path)
            ? store.watch(query, access, share)
            : multicast.watch(path, query, access)) {
      if (!streams.tryServe(exchange, watch.first(), watch)) {
        throw tooMany(exchange);
      }
    }
  }

  private static RequestException tooMany(HttpExchange exchange) {
    exchange.getResponseHeaders().set(RETRY_AFTER, EventStreams.RETRY_AFTER_SECONDS);
    return new RequestException(503, "too many watches at once, try again");
  }
}
