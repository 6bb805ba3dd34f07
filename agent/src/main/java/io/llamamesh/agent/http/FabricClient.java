package io.llamamesh.agent.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Client of an agent's fabric API, for the command line. */
public final class FabricClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** An answer of a mesh of 5,000 has some 2 MB. */
  private static final int MAX_BYTES = 32 << 20;

  private static final int SHOWN_NEIGHBORS = 8;

  private final URI server;
  private final @Nullable String token;

  /**
   * An answer.
   *
   * @param json as the agent sent it
   * @param text the same for people, lines with their ends
   * @param isWell no member is failed, cut off or blocked, and there is no partition
   */
  public record Answer(String json, String text, boolean isWell) {}

  /**
   * A client.
   *
   * @param server {@code http://HOST:PORT} of an agent's API
   * @param token its bearer token; null for none
   */
  public FabricClient(String server, @Nullable String token) {
    try {
      this.server = URI.create(server.endsWith("/") ? server : server + "/");
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--server must be a URL, was '" + server + "'", e);
    }
    String scheme = this.server.getScheme();
    if (this.server.getHost() == null || scheme == null || !scheme.startsWith("http")) {
      throw new IllegalArgumentException(
          "--server must be http://HOST:PORT of an agent, was '" + server + "'");
    }
    this.token = token;
  }

  /** All members. */
  public Answer members() throws IOException, InterruptedException {
    String json = get("v1/members");
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"NAME", "STATE", "HEARD", "ADDRESS", "INCARNATION", "NEIGHBORS"});
    boolean well = true;
    for (JsonNode member : parse(json).path("members")) {
      String state = member.path("state").asText();
      boolean blocked = member.path("fabricBlocked").asBoolean();
      well &= (state.equals("up") || state.equals("left") || state.equals("absent")) && !blocked;
      JsonNode heard = member.path("heardSecondsAgo");
      rows.add(
          new String[] {
            member.path("name").asText(),
            blocked ? state + ", fabric blocked" : state,
            heard.isMissingNode() ? "-" : heard.asText() + "s ago",
            member.path("address").asText(),
            member.path("incarnation").asText(),
            names(member.path("neighbors"))
          });
    }
    return new Answer(json, table(rows), well);
  }

  /**
   * Routes from a node.
   *
   * @param origin null for the agent's own
   */
  public Answer routes(@Nullable String origin) throws IOException, InterruptedException {
    String from = origin == null ? parse(get("v1/members")).path("self").asText() : origin;
    String json = get("v1/routes/" + encoded(from));
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"NODE", "HOPS", "VIA"});
    for (JsonNode node : parse(json).path("nodes")) {
      JsonNode distance = node.path("distance");
      rows.add(
          new String[] {
            node.path("name").asText(),
            distance.isNull() ? "unreachable" : distance.asText(),
            node.path("parent").isNull() ? "-" : node.path("parent").asText()
          });
    }
    return new Answer(json, "from " + plain(from) + "\n" + table(rows), true);
  }

  /** Path from one node to another. */
  public Answer path(String from, String to) throws IOException, InterruptedException {
    String json = get("v1/path/" + encoded(from) + "/" + encoded(to));
    List<String> hops = new ArrayList<>();
    parse(json).path("path").forEach(hop -> hops.add(plain(hop.asText())));
    return new Answer(
        json,
        hops.isEmpty()
            ? "no route from " + plain(from) + " to " + plain(to) + "\n"
            : String.join(" > ", hops) + "\n",
        !hops.isEmpty());
  }

  /** Partitions between members. */
  public Answer partitions() throws IOException, InterruptedException {
    String json = get("v1/partitions");
    StringBuilder text = new StringBuilder();
    for (JsonNode block : parse(json).path("partitions")) {
      String arrow =
          switch (block.path("direction").asText()) {
            case "a-to-b" -> "  -x->  ";
            case "b-to-a" -> "  <-x-  ";
            default -> "  <-x->  ";
          };
      text.append(all(block.path("sideA"))).append(arrow).append(all(block.path("sideB")));
      if (block.path("probesOnly").asBoolean()) {
        text.append("  (UDP only, TCP passes)");
      }
      if (block.path("viaCount").asInt() > 0) {
        text.append("  via ").append(all(block.path("via")));
      }
      text.append('\n');
    }
    boolean none = text.isEmpty();
    return new Answer(json, none ? "no partition\n" : text.toString(), none);
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path)).timeout(TIMEOUT).GET();
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpResponse<InputStream> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new IOException(server + " answers with more than " + MAX_BYTES + " bytes");
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (response.statusCode() != 200) {
          throw new IOException(
              server.resolve(path) + ": " + response.statusCode() + ", " + reason(text));
        }
        return text;
      }
    } catch (ConnectException e) {
      throw new IOException("no agent answers at " + server, e);
    }
  }

  private static String reason(String body) {
    try {
      return plain(parse(body).path("error").asText());
    } catch (IOException e) {
      return "no reason given";
    }
  }

  private static JsonNode parse(String json) throws IOException {
    return ResultsJson.mapper().readTree(json);
  }

  private static String encoded(String segment) {
    return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String names(JsonNode list) {
    List<String> names = new ArrayList<>();
    for (JsonNode name : list) {
      if (names.size() == SHOWN_NEIGHBORS) {
        names.add("+" + (list.size() - SHOWN_NEIGHBORS));
        break;
      }
      names.add(name.asText());
    }
    return names.isEmpty() ? "-" : String.join(",", names);
  }

  private static String all(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.forEach(name -> names.add(plain(name.asText())));
    return "{" + String.join(", ", names) + "}";
  }

  /** Text without control characters. */
  private static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  private static String table(List<String[]> rows) {
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        row[i] = plain(row[i]);
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
