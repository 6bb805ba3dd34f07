package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
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
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A store with InfluxDB's v1 write API: InfluxDB 1.0 to 1.8, VictoriaMetrics. A database that is
 * missing is created where we may.
 *
 * <p>Thread-safe. Every write is one gzipped request with a timeout.
 */
public final class InfluxV1 implements Store {
  private static final int MAX_ANSWER = 64 << 10;

  private final String url;
  private final String database;
  private final String retentionPolicy;
  private final @Nullable String authorization;
  private final Duration timeout;
  private final HttpClient http;
  private final Words words;

  /**
   * @param url base address, as {@code http://influxdb:8086}
   * @param retentionPolicy empty: the database's default
   * @param user null: without credentials
   * @param timeout of a whole write
   * @param tls whom to trust; null: the JDK's authorities
   * @throws IllegalArgumentException where the address is none
   */
  public InfluxV1(
      String url,
      String database,
      String retentionPolicy,
      @Nullable String user,
      @Nullable String password,
      Duration timeout,
      @Nullable Tls tls) {
    URI checked = URI.create(url);
    if (checked.getHost() == null || !String.valueOf(checked.getScheme()).startsWith("http")) {
      throw new IllegalArgumentException("not an http address: " + url);
    }
    this.url = url.replaceFirst("/+$", "");
    this.database = database;
    this.retentionPolicy = retentionPolicy;
    this.timeout = timeout;
    this.authorization =
        user == null
            ? null
            : "Basic "
                + Base64.getEncoder()
                    .encodeToString(
                        (user + ":" + (password == null ? "" : password))
                            .getBytes(StandardCharsets.UTF_8));
    this.words =
        new Words(
            password, authorization == null ? null : authorization.substring("Basic ".length()));
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(timeout);
    if (tls != null) {
      builder.sslContext(tls.context());
    }
    this.http = builder.build();
  }

  @Override
  public void write(List<String> lines) throws WriteFailedException {
    HttpResponse<byte[]> answer = post(lines);
    if (answer.statusCode() == 404 && words(answer).contains("database not found")) {
      create();
      answer = post(lines);
    }
    check(answer);
  }

  @Override
  public String description() {
    return "v1 API at " + url + ", database " + database;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  private HttpResponse<byte[]> post(List<String> lines) throws WriteFailedException {
    String query =
        "/write?precision=ms&db="
            + encoded(database)
            + (retentionPolicy.isEmpty() ? "" : "&rp=" + encoded(retentionPolicy));
    return send(
        request(query)
            .header("Content-Encoding", "gzip")
            .header("Content-Type", "text/plain; charset=utf-8")
            .POST(BodyPublishers.ofByteArray(Gzip.zipped(lines)))
            .build());
  }

  private void create() throws WriteFailedException {
    String statement = "CREATE DATABASE \"" + database.replace("\"", "\\\"") + "\"";
    HttpResponse<byte[]> answer =
        send(request("/query?q=" + encoded(statement)).POST(BodyPublishers.noBody()).build());
    if (answer.statusCode() != 200) {
      throw new WriteFailedException(
          new WriteFailure.Unavailable(
              "database " + database + " is missing and may not be created: " + words(answer),
              Duration.ZERO));
    }
  }

  private void check(HttpResponse<byte[]> answer) throws WriteFailedException {
    int status = answer.statusCode();
    if (status / 100 == 2) {
      return;
    }
    String words = "HTTP " + status + ": " + words(answer);
    throw new WriteFailedException(
        switch (status) {
          case 400, 422 -> new WriteFailure.Rejected(words);
          case 413 -> new WriteFailure.TooLarge(words);
          default -> new WriteFailure.Unavailable(words, retryAfter(answer));
        });
  }

  private HttpResponse<byte[]> send(HttpRequest request) throws WriteFailedException {
    try {
      return http.send(request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
    } catch (IOException e) {
      String message = e.getMessage() == null ? "unreachable" : e.getMessage();
      throw new WriteFailedException(
          new WriteFailure.Unavailable(
              e.getClass().getSimpleName() + ": " + words.of(message), Duration.ZERO));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WriteFailedException(
          new WriteFailure.Unavailable("the scraper is stopping", Duration.ZERO));
    }
  }

  private HttpRequest.Builder request(String query) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url + query)).timeout(timeout);
    if (authorization != null) {
      builder.header("Authorization", authorization);
    }
    return builder;
  }

  private static Duration retryAfter(HttpResponse<byte[]> answer) {
    String text = answer.headers().firstValue("Retry-After").orElse("");
    return text.matches("[0-9]{1,4}") ? Duration.ofSeconds(Long.parseLong(text)) : Duration.ZERO;
  }

  private String words(HttpResponse<byte[]> answer) {
    return words.of(new String(answer.body(), StandardCharsets.UTF_8));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
