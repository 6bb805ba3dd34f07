package io.llamamesh.registry.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.RawValue;
import io.llamamesh.registry.directory.ConfigQuery;
import io.llamamesh.registry.directory.Conflict;
import io.llamamesh.registry.directory.Registration;
import io.llamamesh.registry.directory.RegistrationReader;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.RequestRefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests as llama-sd's server does, and more; knows nothing of sockets. Thread-safe.
 *
 * <p>Who asks too often, shows no token or says too much is refused before anything is parsed, and
 * logged once.
 */
final class RegistryApi {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryApi.class);
  private static final String API = "/api/v1/";
  private static final String GET = "GET, HEAD, OPTIONS";
  private static final String POST = "OPTIONS, POST";
  private static final JsonMapper SORTED =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private final Registry registry;
  private final RegistryServer.Durability durability;
  private final RegistryMetrics metrics;
  private final AccessTokens tokens;
  private final TrustedProxies proxies;
  private final ClientRateLimiter rates;
  private final ResponseMemory lists;
  private final ResponseMemory configs;
  private final SortedSet<String> known = new TreeSet<>();

  /** Of the heap, for lists and once more for configs: who reads one slowly holds up no other. */
  private static final int HEAP_SHARE = 8;

  private static final long PATIENCE_MILLIS = 2_000;

  /** Makes an answer's body. */
  private interface Body {
    byte[] make() throws RequestRefusedException;
  }

  private interface Route {
    RegistryResponse answer(Request request, InetAddress seen)
        throws RequestRefusedException, IOException;
  }

  /**
   * @param durability what a registration waits for before it is acknowledged
   * @param requestsPerMinute how many each source may make
   * @param nanos monotonic clock
   */
  RegistryApi(
      Registry registry,
      RegistryServer.Durability durability,
      RegistryMetrics metrics,
      AccessTokens tokens,
      TrustedProxies proxies,
      int requestsPerMinute,
      LongSupplier nanos) {
    this.registry = registry;
    this.durability = durability;
    this.metrics = metrics;
    this.tokens = tokens;
    this.proxies = proxies;
    this.rates = new ClientRateLimiter(requestsPerMinute, nanos);
    long share = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    this.lists = new ResponseMemory(share, PATIENCE_MILLIS);
    this.configs = new ResponseMemory(share, PATIENCE_MILLIS);
    known.addAll(
        List.of(
            "/",
            "/healthz",
            "/readyz",
            "/metrics",
            "/api/v1/config/{group}",
            "/api/v1/conflicts",
            "/api/v1/interval",
            "/api/v1/list",
            "/api/v1/list/{group}",
            "/api/v1/my_ip_address",
            "/api/v1/openapi.json",
            "/api/v1/openapi.yaml",
            "/api/v1/register",
            "/api/v1/scraper"));
  }

  /** All paths, in OpenAPI's spelling. */
  SortedSet<String> paths() {
    return known;
  }

  RegistryResponse answer(Request request) {
    InetAddress seen = proxies.client(request.peer(), request.headers("X-Forwarded-For"));
    int wait = rates.take(seen);
    if (wait > 0) {
      return refuse(seen, request, "rate", 429, "too many requests from " + seen.getHostAddress())
          .with("Retry-After", Integer.toString(wait));
    }
    try {
      return routed(request, seen);
    } catch (RequestRefusedException e) {
      // Who asks before it has registered is no news.
      return e.status() == 404
          ? RegistryResponse.error(e.status(), e.text())
          : refuse(seen, request, "status_" + e.status(), e.status(), e.text());
    } catch (IOException e) {
      return refuse(seen, request, "body", 400, "the body ended early: send it whole");
    } catch (RuntimeException e) {
      LOG.error("request failed path={}", RegistrationReader.clean(request.path()), e);
      return RegistryResponse.error(500, "the registry failed to answer; its log says why");
    }
  }

  private RegistryResponse routed(Request request, InetAddress seen)
      throws RequestRefusedException, IOException {
    String path = request.path();
    boolean register = path.equals("/api/v1/register");
    Route route = register ? this::register : route(path);
    if (route == null) {
      return RegistryResponse.error(404, "unknown path, known are " + String.join(" ", known));
    }
    String allowed = register ? POST : GET;
    String method = request.method();
    if (method.equals("OPTIONS")) {
      return RegistryResponse.of(200, RegistryResponse.TEXT, new byte[0]).with("Allow", allowed);
    }
    if (register ? !method.equals("POST") : !method.equals("GET") && !method.equals("HEAD")) {
      return RegistryResponse.error(405, "allowed here: " + allowed).with("Allow", allowed);
    }
    if (isGuarded(path) && !tokens.accepts(request.header("Authorization"))) {
      rates.chargeFailure(seen);
      return refuse(
              seen,
              request,
              "token",
              401,
              "a token is required: send it as 'Authorization: Bearer TOKEN', or as the password in"
                  + " the server's URL, http://probe:TOKEN@host")
          .with("WWW-Authenticate", "Bearer, Basic realm=\"llama-mesh registry\"");
    }
    if (registry.isSettling() && isWhole(path, request)) {
      return RegistryResponse.error(
              503, "the registry has just started and its probes come back: keep what you have")
          .with("Retry-After", "15");
    }
    return route.answer(request, seen);
  }

  /**
   * True for requests whose answer the caller takes for the whole, and does without while there is
   * none. Llama-sd's probes take any answer for a config, so they get what there is.
   */
  private static boolean isWhole(String path, Request request) {
    return path.equals("/api/v1/list")
        || path.startsWith("/api/v1/list/")
        || (path.startsWith("/api/v1/config/") && request.header("Llama-Instance") != null);
  }

  /** True for paths that show probes: they need a token where the registry has one. */
  private static boolean isGuarded(String path) {
    return path.equals("/metrics")
        || (path.startsWith(API)
            && !path.startsWith("/api/v1/openapi.")
            && !path.equals("/api/v1/my_ip_address")
            && !path.equals("/api/v1/interval"));
  }

  private @Nullable Route route(String path) {
    String group = after(path, "/api/v1/list/");
    if (group != null) {
      return (request, seen) -> list(request, seen, () -> registry.list(group));
    }
    String configured = after(path, "/api/v1/config/");
    if (configured != null) {
      return (request, seen) -> config(request, configured, seen);
    }
    return switch (path) {
      case "/" ->
          (request, seen) ->
              RegistryResponse.text(
                  200,
                  RegistryResponse.HTML,
                  "<!doctype html><title>llama-mesh registry</title><h1>llama-mesh registry</h1>"
                      + "<p>Its API: <a href=\"/api/v1/openapi.yaml\">/api/v1/openapi.yaml</a>\n");
      case "/healthz" ->
          (request, seen) -> RegistryResponse.text(200, RegistryResponse.TEXT, "ok\n");
      case "/readyz" ->
          (request, seen) -> RegistryResponse.text(200, RegistryResponse.TEXT, "ready\n");
      case "/metrics" -> (request, seen) -> metrics(request);
      case "/api/v1/my_ip_address" ->
          (request, seen) -> RegistryResponse.json(200, Map.of("ip", seen.getHostAddress()));
      case "/api/v1/interval" ->
          (request, seen) ->
              RegistryResponse.text(
                  200,
                  RegistryResponse.TEXT,
                  Integer.toString(registry.settings().intervalSeconds()));
      case "/api/v1/list" -> (request, seen) -> list(request, seen, registry::list);
      case "/api/v1/scraper" ->
          (request, seen) ->
              RegistryResponse.text(200, RegistryResponse.TEXT, registry.scraper(seen));
      case "/api/v1/conflicts" ->
          (request, seen) -> RegistryResponse.json(200, registry.conflicts());
      case "/api/v1/openapi.yaml" -> (request, seen) -> OpenApiDocument.yaml();
      case "/api/v1/openapi.json" -> (request, seen) -> OpenApiDocument.json();
      default -> null;
    };
  }

  /** The one segment after a prefix, decoded; null where there is none or more than one. */
  private static @Nullable String after(String path, String prefix) {
    if (!path.startsWith(prefix) || path.length() == prefix.length()) {
      return null;
    }
    String rest = path.substring(prefix.length());
    return rest.indexOf('/') < 0 ? RequestQuery.segment(rest) : null;
  }

  private RegistryResponse register(Request request, InetAddress seen)
      throws RequestRefusedException, IOException {
    String type = request.header("Content-Type");
    if (type == null
        || !type.toLowerCase(Locale.ROOT).split(";", 2)[0].strip().equals("application/json")) {
      throw new RequestRefusedException(400, "send 'Content-Type: application/json'");
    }
    Registration registration = RegistrationReader.read(body(request), registry.settings());
    Registry.Registered registered = registry.register(registration, seen);
    awaitSaved(registered);
    if (!prefersLittle(request)) {
      return directory(registration.group(), registered);
    }
    String entry = new String(registered.entry(), StandardCharsets.UTF_8);
    Conflict conflict = registered.conflict();
    String notice =
        conflict == null
            ? ""
            : ",\"conflict\":" + new String(json(conflict), StandardCharsets.UTF_8);
    return RegistryResponse.text(200, RegistryResponse.JSON, "{\"entry\":" + entry + notice + "}\n")
        .with("Preference-Applied", "return=minimal");
  }

  /** Who is told that it is registered is so after a crash, too. */
  private void awaitSaved(Registry.Registered registered) throws RequestRefusedException {
    try {
      durability.awaitSaved(registered.version());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestRefusedException(503, "the registry ends, try again");
    }
  }

  /** The whole directory, or only what was registered while others read too much of it. */
  private RegistryResponse directory(String group, Registry.Registered registered) {
    ResponseMemory.Share share = lists.take(registry.listBytes());
    if (share == null) {
      metrics.countRefused("busy");
      String entry = new String(registered.entry(), StandardCharsets.UTF_8);
      Map<String, Object> own = Map.of(group, Map.of(registered.id(), new RawValue(entry)));
      return RegistryResponse.json(200, own);
    }
    try {
      return RegistryResponse.json(registry.list()).holding(share);
    } catch (RuntimeException | Error e) {
      share.close();
      throw e;
    }
  }

  /** An answer that may be long; 503 where others' take what there is for them. */
  private RegistryResponse list(Request request, InetAddress seen, Body body)
      throws RequestRefusedException {
    ResponseMemory.Share share = lists.take(registry.listBytes());
    if (share == null) {
      return busy(request, seen);
    }
    try {
      return RegistryResponse.json(body.make()).holding(share);
    } catch (RequestRefusedException | RuntimeException | Error e) {
      share.close();
      throw e;
    }
  }

  private RegistryResponse busy(Request request, InetAddress seen) {
    return refuse(seen, request, "busy", 503, "too many long answers at once, try again")
        .with("Retry-After", "2");
  }

  /** RFC 7240: the whole directory as the answer of each registration is a lot for nothing. */
  private static boolean prefersLittle(Request request) {
    return request.headers("Prefer").stream()
        .anyMatch(value -> value.replace(" ", "").contains("return=minimal"));
  }

  private static byte[] body(Request request) throws IOException, RequestRefusedException {
    String length = request.header("Content-Length");
    boolean tooLong =
        length != null
            && (!length.matches("[0-9]{1,9}")
                || Long.parseLong(length) > RegistrationReader.MAX_BYTES);
    if (!tooLong) {
      try (InputStream in = request.body()) {
        byte[] body = in.readNBytes(RegistrationReader.MAX_BYTES + 1);
        if (body.length <= RegistrationReader.MAX_BYTES) {
          return body;
        }
      }
    }
    throw new RequestRefusedException(
        413, "a registration has at most " + RegistrationReader.MAX_BYTES + " bytes");
  }

  private RegistryResponse config(Request request, String group, InetAddress seen)
      throws RequestRefusedException {
    RequestQuery query = RequestQuery.parse(request.query());
    ConfigQuery asked =
        new ConfigQuery(
            group,
            query.find("llamaport"),
            query.find("srcip"),
            request.header("Llama-Instance"),
            seen);
    String tag = registry.configTag(asked);
    if (tag != null && isKnown(request, tag)) {
      return tagged(RegistryResponse.of(304, RegistryResponse.YAML, new byte[0]), tag, false);
    }
    ResponseMemory.Share share = configs.take(registry.configBytes());
    if (share == null) {
      return busy(request, seen);
    }
    try {
      Registry.Config made = registry.config(asked);
      if (isKnown(request, made.etag())) {
        share.close();
        return tagged(
            RegistryResponse.of(304, RegistryResponse.YAML, new byte[0]), made.etag(), false);
      }
      return tagged(
          RegistryResponse.of(200, RegistryResponse.YAML, made.yaml()).holding(share),
          made.etag(),
          true);
    } catch (RequestRefusedException | RuntimeException | Error e) {
      share.close();
      throw e;
    }
  }

  private RegistryResponse tagged(RegistryResponse answer, String tag, boolean changed) {
    metrics.countConfig(changed);
    // Each caller has a document of its own: no cache may give it to another.
    return answer
        .with("ETag", tag)
        .with("Cache-Control", "private, no-cache")
        .with("Vary", "Authorization, Llama-Instance, X-Forwarded-For");
  }

  private static boolean isKnown(Request request, String tag) {
    return request.headers("If-None-Match").stream()
        .flatMap(value -> List.of(value.split(",", -1)).stream())
        .map(value -> value.strip())
        .map(value -> value.startsWith("W/") ? value.substring(2) : value)
        .anyMatch(value -> value.equals(tag));
  }

  private RegistryResponse metrics(Request request) {
    boolean prometheus =
        request.headers("Accept").stream()
            .map(value -> value.toLowerCase(Locale.ROOT))
            .anyMatch(value -> value.contains("text/plain") || value.contains("openmetrics-text"));
    return (prometheus
            ? RegistryResponse.text(
                200, "text/plain; version=0.0.4; charset=utf-8", metrics.prometheus())
            : RegistryResponse.json(200, metrics.json()))
        .with("Vary", "Accept");
  }

  private static byte[] json(Object document) {
    try {
      return SORTED.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("our own documents can be written", e);
    }
  }

  /** Counts each refusal, and logs each reason of each source once an hour. */
  private RegistryResponse refuse(
      InetAddress seen, Request request, String reason, int status, String message) {
    metrics.countRefused(reason);
    if (rates.shouldLog(seen, reason)) {
      LOG.warn(
          "refused source={} path={} status={} error=\"{}\"",
          seen.getHostAddress(),
          RegistrationReader.clean(request.path()),
          status,
          RegistrationReader.clean(message));
    }
    return RegistryResponse.error(status, message);
  }
}
