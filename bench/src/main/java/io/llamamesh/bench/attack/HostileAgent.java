package io.llamamesh.bench.attack;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** An agent that the scraper reads, whose answers are bad ones while it is told so. */
final class HostileAgent implements AutoCloseable {

  private static final byte[] OPEN = "[".getBytes(StandardCharsets.UTF_8);
  private static final int LONG_BODY = 33 << 20;
  private static final int MADE_UP = 2_000;
  private static final int LIARS = 300;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicLong answers = new AtomicLong();
  private volatile boolean active;

  HostileAgent() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  void setActive(boolean on) {
    active = on;
  }

  /** Bad answers so far. */
  long answers() {
    return answers.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!active || !exchange.getRequestURI().getPath().equals("/influxdata")) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      long number = answers.getAndIncrement();
      exchange.getResponseHeaders().set(InfluxDataHeaders.CLOCK, Instant.now().toString());
      exchange.getResponseHeaders().set(InfluxDataHeaders.MORE, "true");
      exchange.getResponseHeaders().set(InfluxDataHeaders.CURSOR, "hostile:" + number);
      switch ((int) (number % 7)) {
        case 0 -> endless(exchange, "{},");
        case 1 -> endless(exchange, "\"");
        case 2 -> {
          exchange.getResponseHeaders().set(InfluxDataHeaders.CLOCK, "+999999999-01-01T00:00:00Z");
          write(exchange, madeUp(number, 10, 20));
        }
        case 3 -> {
          exchange.getResponseHeaders().set("X-Long", "x".repeat(100_000));
          write(exchange, "[]");
        }
        case 4 -> write(exchange, madeUp(number, MADE_UP, 20));
        case 5 -> write(exchange, madeUp(0, LIARS, 4e18));
        default -> {
          // Half an answer, and then nothing.
          exchange.sendResponseHeaders(200, 1_000_000);
          exchange.getResponseBody().write(OPEN);
          exchange.getResponseBody().flush();
          Thread.sleep(Duration.ofSeconds(3));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void endless(HttpExchange exchange, String words) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] many = words.repeat(10_000).getBytes(StandardCharsets.UTF_8);
    OutputStream out = exchange.getResponseBody();
    out.write(OPEN);
    for (int sent = 0; sent < LONG_BODY; sent += many.length) {
      out.write(many);
    }
  }

  private static void write(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** Windows between nodes that are not, with line breaks and escapes in their names. */
  private static String madeUp(long series, int count, double sent) throws IOException {
    Point[] points = new Point[count];
    Instant now = Instant.ofEpochSecond(Instant.now().getEpochSecond());
    for (int i = 0; i < count; i++) {
      Map<String, Double> fields = new LinkedHashMap<>();
      fields.put(Point.Fields.SENT, sent);
      // Sound ones: what it says of itself is believed.
      fields.put(Point.Fields.RECEIVED, sent);
      fields.put(Point.Fields.LOST, 0.0);
      String to = "\u001b[31mx-" + series + "-" + i + "\n";
      points[i] =
          new Point(
              Point.RAW_STATS,
              now,
              Map.of("src_name", "hostile", "dst_name", to, "port", "default", "dst_ip", "::1"),
              fields);
    }
    return ResultsJson.mapper().writeValueAsString(points);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
