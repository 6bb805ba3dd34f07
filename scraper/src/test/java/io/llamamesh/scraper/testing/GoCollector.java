package io.llamamesh.scraper.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The HTTP API of a collector of the Go LLAMA, byte by byte: its cache as it is, unchanged until
 * the next summary, times that are zero, numbers as {@code %f} writes them, the type that Go
 * guesses, and {@code null} before the first summary.
 */
public final class GoCollector implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile String cache = "null";

  /**
   * Listens.
   *
   * @param address a loopback address
   * @param port 0 picks a free one
   */
  public GoCollector(String address, int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName(address), port), 0);
    server.setExecutor(threads);
    server.createContext("/influxdata", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** How often its cache was read. */
  public int asked() {
    return asked.get();
  }

  /** A new summary: one target after the other. */
  public void summary(Summary... targets) {
    StringBuilder json = new StringBuilder("[");
    for (Summary target : targets) {
      json.append(json.length() == 1 ? "" : ",").append(target.json());
    }
    cache = json.append(']').toString();
  }

  /** What a summary says of a target. */
  public record Summary(String target, int sent, int lost, double rtt) {
    private String json() {
      return String.format(
          Locale.ROOT,
          "{\"fields\":{\"loss\":%f,\"lost\":%f,\"rtt\":%f,\"sent\":%f},"
              + "\"tags\":{\"dst_hostname\":\"%s.example\",\"dst_ip\":\"%s\",\"src_ip\":\"0.0.0.0\"},"
              + "\"time\":\"0001-01-01T00:00:00Z\",\"measurement\":\"raw_stats\"}",
          100.0 * lost / sent,
          (double) lost,
          rtt,
          (double) sent,
          target,
          target);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      asked.incrementAndGet();
      byte[] body = cache.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
