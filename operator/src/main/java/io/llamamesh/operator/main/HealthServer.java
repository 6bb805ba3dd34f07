package io.llamamesh.operator.main;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.http.BoundedHttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * {@code /healthz} and {@code /readyz}: {@code ok} with 200, or one line why not with 503; and
 * {@code /metrics}.
 *
 * <p>Any thread may call; {@link #close} ends its threads.
 */
final class HealthServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Starts serving.
   *
   * @param port TCP port, 0 for any
   * @param alive an empty text, or why the process should be restarted
   * @param ready an empty text, or why it is not at work
   * @param metrics what {@code /metrics} says, in Prometheus' text form
   * @throws UncheckedIOException where the port is taken
   */
  static HealthServer start(
      int port, Supplier<String> alive, Supplier<String> ready, Supplier<String> metrics) {
    try {
      return new HealthServer(port, alive, ready, metrics);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "--health-port=" + port + " cannot be opened: " + e.getMessage() + "; choose another", e);
    }
  }

  private HealthServer(
      int port, Supplier<String> alive, Supplier<String> ready, Supplier<String> metrics)
      throws IOException {
    server = BoundedHttpServer.create(new InetSocketAddress(port), 16);
    server.setExecutor(threads);
    server.createContext("/healthz", exchange -> answer(exchange, alive.get()));
    server.createContext("/readyz", exchange -> answer(exchange, ready.get()));
    server.createContext("/metrics", exchange -> send(exchange, 200, metrics.get()));
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange, String problem) throws IOException {
    send(exchange, problem.isEmpty() ? 200 : 503, (problem.isEmpty() ? "ok" : problem) + "\n");
  }

  private static void send(HttpExchange exchange, int code, String text) throws IOException {
    try (exchange) {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(code, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
