package io.llamamesh.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Reads windows of one agent after another, as a script does that keeps none. */
public final class AgentWindows implements AutoCloseable {
  private static final int PORT = 8100;
  private static final int PAGE = 100;
  private static final int OK = 200;
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

  /** One that no agent has: it answers with all that it retains. */
  private static final String FROM_THE_START = "none:0";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final IpFamily family;
  private final String token;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER_WITHIN).build();

  /** Reads with the token that the mesh's Secret has now. */
  public AgentWindows(Cluster cluster, String mesh) throws IOException {
    this.family = cluster.family();
    byte[] tokens =
        java.util.Base64.getDecoder()
            .decode(
                cluster
                    .client()
                    .secrets()
                    .inNamespace(Release.NAME)
                    .withName(mesh + "-auth")
                    .require()
                    .getData()
                    .get("tokens.json"));
    this.token = JSON.readTree(tokens).path(0).path("key").asText();
  }

  /**
   * Points after a cursor.
   *
   * @param points with fields {@code measurement}, {@code tags} and {@code time}
   * @param cursor for the next call
   */
  public record Page(JsonNode points, String cursor) {}

  /**
   * The points that the agent of a node has published after a cursor.
   *
   * @param cursor of the page before; empty: all that it retains
   * @throws IOException where it does not answer with any
   */
  public Page read(Node node, String cursor) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://%s:%d/influxdata?limit=%d&after=%s"
                            .formatted(
                                family.inUrl(node.address()),
                                PORT,
                                PAGE,
                                URLEncoder.encode(
                                    cursor.isEmpty() ? FROM_THE_START : cursor,
                                    StandardCharsets.UTF_8))))
                .timeout(ANSWER_WITHIN)
                .header("Authorization", "Bearer " + token)
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != OK) {
      throw new IOException("agent of " + node.name() + " answers " + answer.statusCode());
    }
    return new Page(
        JSON.readTree(answer.body()), answer.headers().firstValue("Llama-Cursor").orElse(cursor));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
