package io.llamamesh.bench.scraper;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.bench.process.Child;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * The API of many agents, each on a loopback address of its own, in a process of their own: what
 * playing them costs is nobody's figure.
 */
final class SimulatedAgents {
  private static final String BOOT = "played";
  private static final int BACKLOG = 1_024;
  private static final int PER_BLOCK = 250;
  private static final long START_SECONDS = 60;

  private final SimulatedAgentWindows windows;
  private final SimulatedPoints points;
  private final Semaphore making = new Semaphore(4);

  private SimulatedAgents(SimulatedAgentWindows windows) {
    this.windows = windows;
    this.points = new SimulatedPoints(windows);
  }

  /** Starts them; returns once they listen. */
  static Child start(SimulatedAgentWindows windows, int port, Path folder)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // What it has written, and nobody has read yet.
                "-Xmx2g",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                // All of them live in one server here: it shall not close what one of its own would
                // keep.
                "-Dsun.net.httpserver.maxIdleConnections=20000",
                "-Dsun.net.httpserver.idleInterval=300",
                "-cp",
                System.getProperty("java.class.path"),
                SimulatedAgents.class.getName()));
    for (long number :
        new long[] {
          windows.agents(),
          windows.peers(),
          windows.start(),
          windows.hasHistory() ? 1 : 0,
          windows.lossy(),
          port
        }) {
      command.add(Long.toString(number));
    }
    Child child = Child.start("agents", command, Map.of(), folder);
    try {
      child.await("agents listen", START_SECONDS);
      return child;
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  /** The agents' addresses, as {@code --collectors} takes them. */
  static String addresses(int agents, int port) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < agents; i++) {
      all.append(i == 0 ? "" : ",").append("127.1.").append(i / PER_BLOCK).append('.');
      all.append(i % PER_BLOCK + 1).append(':').append(port);
    }
    return all.toString();
  }

  /**
   * Runs until it is ended: agents, peers, start, whether they have a history, lossy pairs, port.
   *
   * @throws IOException when the port is taken
   */
  public static void main(String[] numbers) throws IOException {
    SimulatedAgents agents =
        new SimulatedAgents(
            new SimulatedAgentWindows(
                Integer.parseInt(numbers[0]),
                Integer.parseInt(numbers[1]),
                Long.parseLong(numbers[2]),
                numbers[3].equals("1"),
                Integer.parseInt(numbers[4])));
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), Integer.parseInt(numbers[5])),
            BACKLOG);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/influxdata", agents::answer);
    server.start();
    System.out.println("agents listen");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] address = exchange.getLocalAddress().getAddress().getAddress();
      int agent = (address[2] & 0xff) * PER_BLOCK + (address[3] & 0xff) - 1;
      Map<String, String> query = query(exchange.getRequestURI().getQuery());
      WindowCursor after = WindowCursor.parse(query.getOrDefault("after", "none:0"));
      Instant now = Instant.now();
      int newest = windows.published(now);
      int read = after.bootId().equals(BOOT) ? (int) after.sequence() : 0;
      int last = Math.min(newest, read + Integer.parseInt(query.getOrDefault("limit", "60")));
      byte[] body = body(agent, read + 1, last);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange
          .getResponseHeaders()
          .set(InfluxDataHeaders.CURSOR, new WindowCursor(BOOT, Math.max(read, last)).toString());
      exchange.getResponseHeaders().set(InfluxDataHeaders.MORE, Boolean.toString(last < newest));
      exchange.getResponseHeaders().set(InfluxDataHeaders.CLOCK, now.toString());
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  /** A few at a time: they are much larger while they are made. */
  private byte[] body(int agent, int first, int last) throws InterruptedIOException {
    try {
      making.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
    try {
      return points.json(agent, first, last).getBytes(StandardCharsets.UTF_8);
    } finally {
      making.release();
    }
  }

  private static Map<String, String> query(String text) {
    Map<String, String> values = new HashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      values.put(pair.substring(0, equals), pair.substring(equals + 1));
    }
    return values;
  }
}
