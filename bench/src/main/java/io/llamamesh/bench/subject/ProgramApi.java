package io.llamamesh.bench.subject;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The HTTP API of a program of ours on the loopback. */
public final class ProgramApi implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final String base;
  private final HttpClient http = HttpClient.newHttpClient();

  /** One at this port of 127.0.0.1. */
  public ProgramApi(int port) {
    this.base = "http://127.0.0.1:" + port;
  }

  /**
   * A counter of {@code /metrics}.
   *
   * @param series its name and, after an opening brace, its first label, with its value in quotes
   */
  public long counter(String series) throws IOException, InterruptedException {
    return counter(get("/metrics"), series);
  }

  static long counter(String metrics, String series) throws IOException {
    Matcher matcher =
        Pattern.compile("^" + Pattern.quote(series) + "[^}]*} (\\S+)", Pattern.MULTILINE)
            .matcher(metrics);
    if (!matcher.find()) {
      throw new IOException("/metrics has no " + series);
    }
    return (long) Double.parseDouble(matcher.group(1));
  }

  /** The body of a page. */
  public String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE).build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(path + " gave " + response.statusCode() + ": " + response.body());
    }
    return response.body();
  }

  @Override
  public void close() {
    http.close();
  }
}
