package io.llamamesh.registry.store;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry's own metrics in InfluxDB: measurement {@code llama_server}, one point a minute, as
 * llama-sd's server writes them. While the store is away the last hour's points wait; older ones
 * are dropped and counted. Not thread-safe: one thread adds and writes.
 */
public final class InfluxExport implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(InfluxExport.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_WAITING = 60;
  private static final int MAX_ANSWER = 16 << 10;

  private final Target target;
  private final String host;
  private final String address;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
  private final Deque<String> waiting = new ArrayDeque<>();
  private long dropped;
  private @Nullable String complaint;

  /**
   * The store that points go to.
   *
   * @param url base address, as {@code http://influxdb:8086}
   * @param database made where it is missing
   * @param user null: without credentials
   */
  public record Target(URI url, String database, @Nullable String user, @Nullable String password) {
    @Override
    public String toString() {
      return url + " database " + database;
    }
  }

  /**
   * Writes to a store.
   *
   * @param host name of this host, as a tag
   * @param address address of this host, as a tag
   */
  public InfluxExport(Target target, String host, String address) {
    this.target = target;
    this.host = host;
    this.address = address;
  }

  /** Adds a point of these numbers, and writes all that wait. */
  public void write(Map<String, Object> metrics, Instant at) {
    waiting.addLast(line(metrics, at));
    while (waiting.size() > MAX_WAITING) {
      waiting.removeFirst();
      dropped++;
    }
    try {
      post(new ArrayList<>(waiting));
      waiting.clear();
      if (complaint != null) {
        LOG.info("store is back, metrics written store={} dropped={}", target, dropped);
      }
      complaint = null;
    } catch (IOException e) {
      String words = e.toString();
      if (!words.equals(complaint)) {
        complaint = words;
        LOG.warn("metrics not written, tried again every minute store={} error={}", target, words);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Number of points that were dropped since they waited too long. */
  public long dropped() {
    return dropped;
  }

  private String line(Map<String, Object> metrics, Instant at) {
    StringBuilder line =
        new StringBuilder("llama_server,hostname=")
            .append(escaped(host))
            .append(",ipaddress=")
            .append(escaped(address));
    char separator = ' ';
    for (String name :
        List.of(
            "probe_count_removed",
            "probe_count_active",
            "group_count_active",
            "group_count_removed",
            "database_size_bytes",
            "uptime")) {
      line.append(separator).append(name).append('=').append(whole(metrics.get(name))).append('i');
      separator = ',';
    }
    line.append(
        String.format(Locale.ROOT, ",clean_runtime=%.6f", number(metrics.get("clean_runtime"))));
    return line.append(' ').append(at.getEpochSecond()).toString();
  }

  private static long whole(@Nullable Object value) {
    return (long) number(value);
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : 0;
  }

  private static String escaped(String tag) {
    String clean = tag.replaceAll("[\\p{Cc}\\\\]", "_").replaceAll("([ ,=])", "\\\\$1");
    return clean.isEmpty() ? "localhost" : clean;
  }

  private void post(List<String> lines) throws IOException, InterruptedException {
    String database = "db=" + encoded(target.database());
    HttpRequest write =
        request("/write?precision=s&" + database)
            .POST(BodyPublishers.ofString(String.join("\n", lines)))
            .build();
    HttpResponse<byte[]> answer = send(write);
    if (answer.statusCode() == 404) {
      String statement =
          "CREATE DATABASE \""
              + target.database().replace("\\", "\\\\").replace("\"", "\\\"")
              + "\"";
      HttpResponse<byte[]> created =
          send(request("/query?q=" + encoded(statement)).POST(BodyPublishers.noBody()).build());
      if (created.statusCode() != 200) {
        throw new IOException(
            "database " + target.database() + " is missing and cannot be made: " + words(created));
      }
      answer = send(write);
    }
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(words(answer));
    }
  }

  private HttpRequest.Builder request(String path) {
    String base = target.url().toString().replaceFirst("/+$", "");
    HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(base + path)).timeout(TIMEOUT);
    if (target.user() != null) {
      String login = target.user() + ":" + (target.password() == null ? "" : target.password());
      builder.header(
          "Authorization",
          "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
    }
    return builder;
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws IOException, InterruptedException {
    return http.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
  }

  private static String words(HttpResponse<byte[]> answer) {
    String body = new String(answer.body(), StandardCharsets.UTF_8).strip();
    String clean = body.replaceAll("\\p{Cc}", " ");
    return "HTTP " + answer.statusCode() + " " + clean.substring(0, Math.min(clean.length(), 200));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
