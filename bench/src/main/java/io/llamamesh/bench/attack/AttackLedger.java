package io.llamamesh.bench.attack;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.GZIPInputStream;

/**
 * Store that remembers which windows of which pairs it was given. It can be told to be broken, and
 * then takes nothing.
 */
final class AttackLedger implements AutoCloseable {

  private static final int LARGEST = 64 << 20;
  private static final int ENDLESS = 16 << 20;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, TreeMap<Long, String>> windows = new HashMap<>();
  private final Set<String> sources = new HashSet<>();
  private volatile boolean broken;
  private long contradictions;
  private long refused;

  AttackLedger() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Takes nothing, and answers each write in another bad way, until it is whole again. */
  void setBroken(boolean on) {
    broken = on;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(LARGEST);
      String path = exchange.getRequestURI().getPath();
      boolean write = path.equals("/write") || path.equals("/api/v2/write");
      if (write && broken) {
        answerBadly(exchange);
        return;
      }
      if (write) {
        take("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding")), body);
        exchange.sendResponseHeaders(204, -1);
        return;
      }
      byte[] empty = "{\"results\":[]}".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, empty.length);
      exchange.getResponseBody().write(empty);
    }
  }

  /** Endless or half an answer, a lie about the length, silence, a reset: by chance. */
  private void answerBadly(HttpExchange exchange) throws IOException {
    synchronized (this) {
      refused++;
    }
    switch (ThreadLocalRandom.current().nextInt(4)) {
      case 0 -> {
        exchange.sendResponseHeaders(500, 0);
        OutputStream out = exchange.getResponseBody();
        byte[] words = "and so on, ".repeat(1_000).getBytes(StandardCharsets.UTF_8);
        for (int sent = 0; sent < ENDLESS; sent += words.length) {
          out.write(words);
        }
      }
      case 1 -> {
        exchange.sendResponseHeaders(503, 1_000_000);
        exchange.getResponseBody().write(new byte[1_000]);
        exchange.getResponseBody().flush();
      }
      case 2 -> {
        exchange.getResponseHeaders().set("Retry-After", "99999999999999999999");
        exchange.getResponseHeaders().set("Content-Encoding", "gzip");
        exchange.sendResponseHeaders(429, 0);
        exchange.getResponseBody().write("no gzip at all".getBytes(StandardCharsets.UTF_8));
      }
      default -> {
        // Closed without a word.
      }
    }
  }

  private synchronized void take(boolean zipped, byte[] body) throws IOException {
    byte[] plain = body;
    if (zipped) {
      try (GZIPInputStream unzipped = new GZIPInputStream(new ByteArrayInputStream(body))) {
        plain = unzipped.readNBytes(LARGEST);
      }
    }
    new String(plain, StandardCharsets.UTF_8).lines().forEach(this::takeLine);
  }

  /** Line protocol; names of our own agents have nothing that is escaped. */
  private void takeLine(String line) {
    int fields = line.indexOf(' ');
    int time = line.lastIndexOf(' ');
    if (fields < 0 || time <= fields || !line.startsWith("raw_stats,")) {
      return;
    }
    String tags = line.substring(0, fields) + ",";
    String source = value(tags, ",src_name=", ",");
    sources.add(source);
    String pair = source + ">" + value(tags, ",dst_name=", ",");
    String before =
        windows
            .computeIfAbsent(pair, p -> new TreeMap<>())
            .put(seconds(line.substring(time + 1)), line.substring(fields + 1, time));
    if (before != null && !before.equals(line.substring(fields + 1, time))) {
      contradictions++;
    }
  }

  private static String value(String text, String before, String after) {
    int at = text.indexOf(before);
    if (at < 0) {
      return "";
    }
    int start = at + before.length();
    return text.substring(start, text.indexOf(after, start));
  }

  private static long seconds(String digits) {
    return Long.parseLong(digits.substring(0, Math.min(10, digits.length())));
  }

  /** Windows of a pair with an end in {@code (after, upTo]}, epoch seconds. */
  synchronized int windows(String pair, long after, long upTo) {
    TreeMap<Long, String> of = windows.get(pair);
    return of == null ? 0 : of.subMap(after, false, upTo, true).size();
  }

  /** Sum of a field over all windows of a pair. */
  synchronized double total(String pair, String field) {
    double sum = 0;
    for (String fields : windows.getOrDefault(pair, new TreeMap<>()).values()) {
      String value = value("," + fields + ",", "," + field + "=", ",");
      if (!value.isEmpty()) {
        sum += Double.parseDouble(value.endsWith("i") ? value.replace("i", "") : value);
      }
    }
    return sum;
  }

  /** Names of nodes whose windows were stored. */
  synchronized Set<String> sources() {
    return Set.copyOf(sources);
  }

  /** Windows that were stored again with another content. */
  synchronized long contradictions() {
    return contradictions;
  }

  /** Writes that were answered badly. */
  synchronized long refused() {
    return refused;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
