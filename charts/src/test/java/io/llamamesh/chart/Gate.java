package io.llamamesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An API server's door: lets through to the stand-in, which allows everyone everything, what some
 * {@link Rights} allow, and answers 403 to the rest.
 */
final class Gate implements AutoCloseable {
  private static final String RULES_REVIEW = "selfsubjectrulesreviews";
  private static final Set<String> OPEN_TO_ALL = Set.of("selfsubjectaccessreviews", RULES_REVIEW);

  private final String server;
  private final Rights rights;
  private final Set<String> refused = new ConcurrentSkipListSet<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile @Nullable String forbidden;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable String held;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Gate(String server, Rights rights) throws IOException {
    this.server = server;
    this.rights = rights;
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::serve);
    http.start();
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /**
   * From now on lets so many more writes of a resource through and holds all others of it, without
   * an answer, until it is closed.
   */
  void holdAfter(int writes, String resource) {
    held = resource;
    left.set(writes);
  }

  /** Whether a write is held now. */
  boolean holds() {
    return left.get() < 0;
  }

  /** From now on refuses so many writes of a resource, then none any more. */
  void refuseNext(int writes, String resource) {
    forbidden = resource;
    refusals.set(writes);
  }

  /** How many of these writes are still to be refused. */
  int refusalsLeft() {
    return Math.max(0, refusals.get());
  }

  /** What was asked for without the right to it. */
  Set<String> refused() {
    return Set.copyOf(refused);
  }

  /**
   * One request as RBAC sees it.
   *
   * @param namespace null for none or all
   * @param name null where no object is named
   */
  private record Asked(
      @Nullable String namespace,
      String verb,
      String group,
      String resource,
      @Nullable String name) {

    boolean writes() {
      return !Set.of("get", "list", "watch").contains(verb);
    }

    /** Null for what is no resource: discovery, versions. */
    static @Nullable Asked of(String method, URI uri) {
      List<String> path =
          Arrays.stream(uri.getPath().split("/")).filter(p -> !p.isEmpty()).toList();
      boolean core = path.getFirst().equals("api");
      int at = core ? 2 : 3;
      if (path.size() <= at) {
        return null;
      }
      String group = core ? "" : path.get(1);
      String namespace = null;
      if (path.get(at).equals("namespaces") && path.size() > at + 2) {
        namespace = path.get(at + 1);
        at += 2;
      }
      String name = path.size() > at + 1 ? path.get(at + 1) : null;
      String resource = path.get(at) + (path.size() > at + 2 ? "/" + path.get(at + 2) : "");
      boolean watch = String.valueOf(uri.getQuery()).contains("watch=true");
      String verb =
          switch (method) {
            case "GET" -> watch ? "watch" : name == null ? "list" : "get";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            default -> name == null ? "deletecollection" : "delete";
          };
      return new Asked(namespace, verb, group, resource, name);
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      Asked asked = Asked.of(exchange.getRequestMethod(), exchange.getRequestURI());
      boolean outOfOrder =
          asked != null
              && asked.resource().equals(forbidden)
              && asked.writes()
              && refusals.getAndDecrement() > 0;
      if (asked != null && (outOfOrder || !allowed(asked, exchange, body))) {
        refused.add(asked.toString());
        send(
            exchange,
            403,
            """
            {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,"message":"%s"}\
            """
                .formatted(asked));
        return;
      }
      if (asked != null && asked.resource().equals(RULES_REVIEW)) {
        send(exchange, 201, review(body));
        return;
      }
      if ("websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
        // No web sockets here, as at the stand-in: clients then watch by plain HTTP.
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      if (asked != null && asked.resource().equals(held) && asked.writes() && isOver()) {
        closed.await();
        return;
      }
      pass(exchange, body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, int code, String json) throws IOException {
    byte[] answer = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, answer.length);
    exchange.getResponseBody().write(answer);
  }

  /** A SelfSubjectRulesReview answered with the rights that this door lets through. */
  private String review(byte[] body) throws IOException {
    ObjectNode review = (ObjectNode) Chart.YAML.readTree(body);
    ArrayNode rules = review.putObject("status").put("incomplete", false).putArray("resourceRules");
    rules.addAll(rights.rules(review.at("/spec/namespace").asText()));
    ((ObjectNode) review.path("status")).putArray("nonResourceRules");
    return review.toString();
  }

  private boolean isOver() {
    return left.getAndDecrement() <= 0;
  }

  private boolean allowed(Asked asked, HttpExchange exchange, byte[] body) throws IOException {
    if (OPEN_TO_ALL.contains(asked.resource())) {
      return true;
    }
    if (!has(asked, asked.verb())) {
      return false;
    }
    String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
    boolean apply = asked.verb().equals("patch") && type.contains("apply-patch");
    // An apply that finds nothing creates.
    if (apply && !asked.resource().endsWith("/status") && !has(asked, "create")) {
      return false;
    }
    if (asked.resource().equals("rolebindings") && (apply || asked.verb().equals("create"))) {
      JsonNode roleRef = Chart.YAML.readTree(body).path("roleRef");
      return rights.allow(
          asked.namespace(),
          "bind",
          "rbac.authorization.k8s.io",
          "clusterroles",
          roleRef.path("name").asText());
    }
    return true;
  }

  private boolean has(Asked asked, String verb) {
    return rights.allow(asked.namespace(), verb, asked.group(), asked.resource(), asked.name());
  }

  private void pass(HttpExchange exchange, byte[] body) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server + exchange.getRequestURI()))
            .method(
                exchange.getRequestMethod(),
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    for (String header : List.of("Content-Type", "Accept", "Authorization")) {
      String value = exchange.getRequestHeaders().getFirst(header);
      if (value != null) {
        request.header(header, value);
      }
    }
    HttpResponse<InputStream> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    response
        .headers()
        .firstValue("Content-Type")
        .ifPresent(t -> exchange.getResponseHeaders().set("Content-Type", t));
    exchange.sendResponseHeaders(response.statusCode(), 0);
    try (InputStream in = response.body();
        OutputStream out = exchange.getResponseBody()) {
      // A watch that has nothing to tell yet has been opened all the same.
      out.flush();
      byte[] buffer = new byte[16_384];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        out.flush();
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
    http.stop(0);
    threads.shutdownNow();
    client.shutdownNow();
  }
}
