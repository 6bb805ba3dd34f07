package io.llamamesh.client.fake;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.FabricRoutes;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * An agent and a scraper on one loopback port, which answer what a test scripts.
 *
 * <p>{@code /influxdata?after=&limit=} answers as an agent does: from a cursor of this life what
 * follows it, from any other all. {@code /api/v1/report} and {@code /api/v1/matrix} answer 503
 * until they are scripted, all other paths 404. A document that is scripted as one is watched at
 * its path and {@code /watch}: what is now, each change, and a comment each 200 ms. Safe for
 * several threads; changes are seen by the next request and by watches.
 */
public final class FakeMeshServer implements AutoCloseable {
  private static final int MAX_REQUESTS = 10_000;
  private static final int DEFAULT_LIMIT = 60;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<List<Point>> windows = new ArrayList<>();
  private final Map<String, Scripted> scripted = new HashMap<>();
  private final List<String> requests = new ArrayList<>();
  private int life = 1;
  private int changes;
  private int watchRound;
  private int openWatches;
  private @Nullable String token;

  @SuppressWarnings("ArrayRecordComponent") // sent, never compared
  private record Scripted(int status, Map<String, String> headers, byte[] body) {
    boolean isWatch() {
      return status == 0;
    }
  }

  private static final Scripted WATCH = new Scripted(0, Map.of(), new byte[0]);
  private static final String WATCH_SUFFIX = "/watch";

  private FakeMeshServer(HttpServer server) {
    this.server = server;
  }

  /** A server on a free port of the loopback address. */
  public static FakeMeshServer start() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    FakeMeshServer fake = new FakeMeshServer(http);
    http.setExecutor(fake.threads);
    http.createContext("/", fake::answer);
    http.start();
    return fake;
  }

  /** Where it listens, for agents and scrapers alike. */
  public URI uri() {
    InetSocketAddress address = server.getAddress();
    return URI.create("http://127.0.0.1:" + address.getPort());
  }

  /** Publishes a window after all others. */
  public synchronized FakeMeshServer publish(List<Point> points) {
    windows.add(List.copyOf(points));
    return this;
  }

  /** Begins another life of the agent: another boot id, and none of its windows. */
  public synchronized FakeMeshServer restart() {
    life++;
    windows.clear();
    return this;
  }

  /** The cursor behind the last window. */
  public synchronized WindowCursor cursor() {
    return new WindowCursor(bootId(), windows.size());
  }

  /** Answers the report from now on. */
  public FakeMeshServer report(MeshReport report) {
    return json("/api/v1/report", report);
  }

  /** Answers the matrix from now on, whatever windows are asked for. */
  public FakeMeshServer matrix(MatrixDocument matrix) {
    return json("/api/v1/matrix", matrix);
  }

  /** Answers the members of the fabric from now on. */
  public FakeMeshServer members(FabricMembers members) {
    return json("/v1/members", members);
  }

  /** Answers the partitions of the fabric from now on. */
  public FakeMeshServer partitions(FabricPartitions partitions) {
    return json("/v1/partitions", partitions);
  }

  /** Answers the routes of the fabric from one member from now on. */
  public FakeMeshServer routes(FabricRoutes routes) {
    return json("/v1/routes/" + routes.origin(), routes);
  }

  /** Answers a check of a member from now on. */
  public FakeMeshServer check(FabricMembers.Member member) {
    return json("/v1/members/" + member.name() + "/check", member);
  }

  /** Ends the watches that are open, in order; they may be opened again. */
  public synchronized FakeMeshServer endWatches() {
    watchRound++;
    notifyAll();
    return this;
  }

  /** Watches that are open. */
  public synchronized int openWatches() {
    return openWatches;
  }

  /** Asks for a token from now on; null: for none. */
  public synchronized FakeMeshServer token(@Nullable String asked) {
    token = asked;
    return this;
  }

  /** Answers a path from now on with this, in place of all that it would answer. */
  public synchronized FakeMeshServer respond(
      String path, int status, Map<String, String> headers, String body) {
    scripted.put(path, new Scripted(status, headers, body.getBytes(StandardCharsets.UTF_8)));
    return this;
  }

  /** Paths with their queries that were asked for, in their order, the first ten thousand. */
  public synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  private synchronized FakeMeshServer json(String path, Object document) {
    try {
      byte[] body = ResultsJson.mapper().writeValueAsBytes(document);
      scripted.put(path, new Scripted(200, Map.of("Content-Type", "application/json"), body));
      changes++;
      notifyAll();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String bootId() {
    return "fake-" + life;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Scripted answer = answerTo(exchange);
      if (answer.isWatch()) {
        watch(exchange);
        return;
      }
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(
          answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
      if (answer.body().length > 0) {
        exchange.getResponseBody().write(answer.body());
      }
    }
  }

  private synchronized Scripted answerTo(HttpExchange exchange) throws IOException {
    URI uri = exchange.getRequestURI();
    if (requests.size() < MAX_REQUESTS) {
      requests.add(uri.toString());
    }
    if (token != null
        && !("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      return new Scripted(401, Map.of("WWW-Authenticate", "Bearer"), new byte[0]);
    }
    Scripted given = scripted.get(uri.getPath());
    if (given != null) {
      return given;
    }
    if (uri.getPath().endsWith(WATCH_SUFFIX) && scripted.containsKey(watched(uri))) {
      return WATCH;
    }
    return switch (uri.getPath()) {
      case "/influxdata" -> windowsAfter(parameters(uri.getRawQuery()));
      case "/api/v1/report", "/api/v1/matrix" -> new Scripted(503, Map.of(), new byte[0]);
      default -> new Scripted(404, Map.of(), new byte[0]);
    };
  }

  private static String watched(URI uri) {
    return uri.getPath().substring(0, uri.getPath().length() - WATCH_SUFFIX.length());
  }

  private static String text(byte[] body) {
    return new String(body, StandardCharsets.UTF_8);
  }

  private void watch(HttpExchange exchange) throws IOException {
    String path = watched(exchange.getRequestURI());
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    int round;
    synchronized (this) {
      round = watchRound;
      openWatches++;
    }
    try (OutputStream out = exchange.getResponseBody()) {
      byte[] last = {};
      int seen = -1;
      while (true) {
        byte[] now;
        synchronized (this) {
          if (watchRound == round && changes == seen) {
            wait(200);
          }
          if (watchRound != round) {
            return;
          }
          seen = changes;
          now = scripted.getOrDefault(path, WATCH).body();
        }
        String line = Arrays.equals(now, last) ? ":" : "data: " + text(now);
        out.write((line + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        last = now;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      synchronized (this) {
        openWatches--;
      }
    }
  }

  private Scripted windowsAfter(Map<String, String> parameters) throws IOException {
    WindowCursor after = WindowCursor.parse(parameters.getOrDefault("after", "none:0"));
    int limit = Integer.parseInt(parameters.getOrDefault("limit", "" + DEFAULT_LIMIT));
    int from =
        after.bootId().equals(bootId()) && after.sequence() <= windows.size()
            ? (int) after.sequence()
            : 0;
    int to = Math.min(windows.size(), from + limit);
    List<Point> points = windows.subList(from, to).stream().flatMap(List::stream).toList();
    return new Scripted(
        200,
        Map.of(
            "Content-Type",
            "application/json",
            InfluxDataHeaders.CURSOR,
            new WindowCursor(bootId(), to).toString(),
            InfluxDataHeaders.MORE,
            Boolean.toString(to < windows.size()),
            InfluxDataHeaders.WINDOWS,
            Integer.toString(to - from),
            InfluxDataHeaders.CLOCK,
            Instant.now().toString()),
        ResultsJson.mapper().writeValueAsBytes(points));
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> parameters = new HashMap<>();
    for (String each : query == null ? new String[0] : query.split("&")) {
      String[] pair = each.split("=", 2);
      parameters.put(
          pair[0], pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
    }
    return parameters;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
