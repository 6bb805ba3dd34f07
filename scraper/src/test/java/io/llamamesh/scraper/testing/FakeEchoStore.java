package io.llamamesh.scraper.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Fake store that accepts no credentials and echoes them in its refusal, as proxies do; or that
 * accepts everything.
 */
public final class FakeEchoStore implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> shown = new CopyOnWriteArrayList<>();
  private final int status;

  /**
   * Listens on a free port.
   *
   * @param status what every write is answered with
   */
  public FakeEchoStore(int status) throws IOException {
    this.status = status;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The credentials of each write. */
  public List<String> shown() {
    return shown;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      String credentials = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
      shown.add(credentials);
      if (status == 204) {
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      byte[] body =
          "{\"code\":\"unauthorized\",\"message\":\"'%s' is not known here\"}"
              .formatted(credentials)
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("X-Influxdb-Error", "refused: " + credentials);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
