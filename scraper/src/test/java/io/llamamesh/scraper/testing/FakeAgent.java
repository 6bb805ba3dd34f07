package io.llamamesh.scraper.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fake agent: its HTTP API with windows that the test publishes, with cursors, paging and clock
 * header.
 */
public final class FakeAgent implements AutoCloseable {
  private static final Pattern LIMIT = Pattern.compile("limit=([0-9]+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<List<Point>> windows = new ArrayList<>();
  private final List<String> queries = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private String bootId = "boot-1";
  private int firstRetained;
  private volatile boolean silent;
  private volatile @Nullable CountDownLatch stalled;
  private volatile int sentBeforeStall;
  private volatile boolean withoutCursors;
  private volatile int mostWindows = Integer.MAX_VALUE;
  private volatile Duration skew = Duration.ZERO;
  private volatile @Nullable String clock;
  private volatile @Nullable String garbage;
  private volatile @Nullable String token;
  private volatile @Nullable String stored;
  private volatile @Nullable String silences;

  /** Listens on a free port of the loopback address. */
  public static FakeAgent start() throws IOException {
    return new FakeAgent(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  private FakeAgent(InetSocketAddress address) throws IOException {
    server = HttpServer.create(address, 0);
    server.setExecutor(threads);
    server.createContext("/influxdata", this::answer);
    server.createContext("/v1/silences", this::answerSilences);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public String address() {
    return "127.0.0.1:" + port();
  }

  public synchronized void publish(List<Point> window) {
    windows.add(List.copyOf(window));
  }

  /** Numbers windows anew, as a restarted agent does. */
  public synchronized void restart(String newBootId) {
    bootId = newBootId;
  }

  /** Forgets the oldest windows. */
  public synchronized void forget(int count) {
    firstRetained = Math.min(windows.size(), firstRetained + count);
  }

  /** Takes requests and never answers them. */
  public void silent(boolean on) {
    silent = on;
  }

  /** Stalls after its headers and so many bytes of its body, until it flows again. */
  public void stall(int bytesOfBody) {
    sentBeforeStall = bytesOfBody;
    stalled = new CountDownLatch(1);
  }

  /** Sends the rest of what stalled, and all of what is asked for next. */
  public void flow() {
    CountDownLatch before = stalled;
    stalled = null;
    if (before != null) {
      before.countDown();
    }
  }

  /** Behaves as Go LLAMA: the last summary, no cursors. */
  public void withoutCursors() {
    withoutCursors = true;
  }

  /** Fails on requests for more windows at once. */
  public void mostWindows(int most) {
    mostWindows = most;
  }

  public void skew(Duration ahead) {
    skew = ahead;
  }

  /** Says that its clock shows that. */
  public void clock(String shown) {
    clock = shown;
  }

  /** Answers that instead of points; null: points again. */
  public void garbage(@Nullable String body) {
    garbage = body;
  }

  public void token(String required) {
    token = required;
  }

  /** Up to where a reader said that windows are safe; null before it said so. */
  public @Nullable String stored() {
    return stored;
  }

  /** Answers that when it is asked for silences; null: it has no fabric. */
  public void silences(@Nullable String document) {
    silences = document;
  }

  /** Queries so far. */
  public List<String> queries() {
    return queries;
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    flow();
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      queries.add(query);
      stored = exchange.getRequestHeaders().getFirst(InfluxDataHeaders.STORED);
      if (silent) {
        closed.await();
        return;
      }
      String required = token;
      if (required != null
          && !("Bearer " + required)
              .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        send(exchange, 401, "{\"error\":\"token required\"}");
        return;
      }
      exchange
          .getResponseHeaders()
          .set(
              InfluxDataHeaders.CLOCK,
              Objects.requireNonNullElseGet(clock, () -> Instant.now().plus(skew).toString()));
      if (limit(query) > mostWindows) {
        send(exchange, 500, "{\"error\":\"too much at once\"}");
        return;
      }
      String body = garbage;
      send(exchange, 200, body != null ? body : page(exchange, query));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answerSilences(HttpExchange exchange) throws IOException {
    try (exchange) {
      String document = silences;
      send(exchange, document == null ? 404 : 200, document == null ? "{}" : document);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int limit(String query) {
    Matcher limit = LIMIT.matcher(query);
    return limit.find() ? Integer.parseInt(limit.group(1)) : 0;
  }

  private synchronized String page(HttpExchange exchange, String query) throws IOException {
    if (withoutCursors) {
      return ResultsJson.mapper()
          .writeValueAsString(windows.isEmpty() ? List.of() : windows.getLast());
    }
    Map<String, String> parameters = new HashMap<>();
    for (String pair : query.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      parameters.put(parts[0], parts.length > 1 ? parts[1] : "");
    }
    WindowCursor after = WindowCursor.parse(parameters.getOrDefault("after", "none:0"));
    int limit = Integer.parseInt(parameters.getOrDefault("limit", "60"));
    int from = after.bootId().equals(bootId) ? (int) after.sequence() : 0;
    from = Math.max(from, firstRetained);
    int to = Math.min(windows.size(), from + limit);
    List<Point> points = new ArrayList<>();
    for (int i = from; i < to; i++) {
      points.addAll(windows.get(i));
    }
    exchange
        .getResponseHeaders()
        .set(InfluxDataHeaders.CURSOR, new WindowCursor(bootId, Math.max(from, to)).toString());
    exchange
        .getResponseHeaders()
        .set(InfluxDataHeaders.WINDOWS, Integer.toString(Math.max(0, to - from)));
    exchange
        .getResponseHeaders()
        .set(InfluxDataHeaders.MORE, Boolean.toString(to < windows.size()));
    return ResultsJson.mapper().writeValueAsString(points);
  }

  private void send(HttpExchange exchange, int status, String body)
      throws IOException, InterruptedException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    CountDownLatch stop = stalled;
    int first = stop == null ? bytes.length : Math.min(sentBeforeStall, bytes.length);
    // In chunks, as agents do: headers come before the body is made.
    exchange.sendResponseHeaders(status, stop == null ? bytes.length : 0);
    OutputStream out = exchange.getResponseBody();
    out.write(bytes, 0, first);
    out.flush();
    if (stop != null) {
      stop.await();
      out.write(bytes, first, bytes.length - first);
    }
  }
}
