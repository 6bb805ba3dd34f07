package io.llamamesh.registration;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An agent's connection to a scraper's {@code /ingest}. Not thread-safe; calls wait for the answer,
 * ten seconds at most beside the look-up of the name. All addresses of a name are tried.
 */
public final class IngestClient {
  private static final int MAX_MESSAGE = 300;
  private static final JsonMapper JSON = new JsonMapper();

  private final URI url;
  private final @Nullable Path tokenFile;
  private final RegistryConnection connection;

  /**
   * The scraper's answer.
   *
   * @param status of HTTP
   * @param message why it did not take the windows, for people; empty where it did
   */
  public record Answer(int status, String message) {}

  private IngestClient(URI url, @Nullable Path tokenFile, @Nullable SSLContext tls) {
    this.url = url;
    this.tokenFile = tokenFile;
    this.connection = new RegistryConnection(url, tls, InetAddress::getAllByName, System::nanoTime);
  }

  /**
   * A client; nothing is sent yet.
   *
   * @param text URL of the ingest; without a path {@code /ingest} is meant
   * @param plaintext whether http is allowed, by which windows and token can be read on the way
   * @param tokenFile file with the token, read at each request; null for none
   * @param tls trust for https; null: the JDK's
   * @throws IllegalArgumentException where it is no such URL, saying what to do
   */
  public static IngestClient of(
      String text, boolean plaintext, @Nullable Path tokenFile, @Nullable SSLContext tls) {
    if (!text.contains("://")) {
      throw new IllegalArgumentException(
          "'" + text + "' names no scheme; write https://scraper.example:8081");
    }
    URI url;
    try {
      url = RegistryClient.url(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'"
              + text.replaceFirst("//[^/@]*@", "//…@")
              + "' is no URL such as https://scraper.example:8081",
          e);
    }
    if (url.getScheme().equalsIgnoreCase("http") && !plaintext) {
      throw new IllegalArgumentException(
          "windows and token could be read on the way by http; use https, or say --push-plaintext");
    }
    return new IngestClient(url, tokenFile, tls);
  }

  /** The scraper without credentials, for people. */
  public String server() {
    return url.getScheme()
        + "://"
        + url.getHost()
        + (url.getPort() > 0 ? ":" + url.getPort() : "")
        + path();
  }

  /**
   * Posts a body of points, compressed by gzip.
   *
   * @param headers beside those that say what the body is
   * @throws IOException where nobody answers
   */
  public Answer post(Map<String, String> headers, byte[] gzip) throws IOException {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("Content-Type", "application/json");
    all.put("Content-Encoding", "gzip");
    String authorization = RegistryClient.authorization(tokenFile, url);
    if (authorization != null) {
      all.put("Authorization", authorization);
    }
    RegistryConnection.Answer answer = connection.send("POST", path(), all, gzip);
    return new Answer(answer.status(), answer.status() == 200 ? "" : message(answer.body()));
  }

  private String path() {
    String path = url.getRawPath();
    return path == null || path.isEmpty() || path.equals("/") ? "/ingest" : path;
  }

  private static String message(byte[] body) {
    String words;
    try {
      words = JSON.readTree(body).path("error").asText("");
    } catch (IOException e) {
      words = new String(body, StandardCharsets.UTF_8);
    }
    String line = words.replaceAll("\\p{C}", " ").replaceAll(" +", " ").strip();
    return line.substring(0, Math.min(line.length(), MAX_MESSAGE));
  }
}
