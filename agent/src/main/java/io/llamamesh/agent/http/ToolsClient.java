package io.llamamesh.agent.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Client of an agent's bursts and silences, for the command line. */
public final class ToolsClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(250);

  /** Longest wait for a burst beyond what was asked for; the agent gives up before. */
  private static final Duration SLACK = Duration.ofSeconds(20);

  /** Difference of two clocks that people should know of. */
  private static final Duration SKEW_TO_NAME = Duration.ofMinutes(2);

  /** An answer of a mesh of 1,000 agents has some 10 MB. */
  private static final int MAX_BYTES = 32 << 20;

  private final URI server;
  private final @Nullable String token;

  /**
   * An answer.
   *
   * @param json as the agent sent it
   * @param text the same for people, lines with their ends
   * @param isWell nothing was lost, and nobody is missing
   */
  public record Outcome(String json, String text, boolean isWell) {}

  /**
   * A client.
   *
   * @param server {@code http://HOST:PORT} of an agent's API
   * @param token its bearer token; null for none
   */
  public ToolsClient(String server, @Nullable String token) {
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

  /**
   * Starts a burst, and waits until it is complete.
   *
   * @param by who asks
   */
  public Outcome burst(String target, int pps, Duration length, String by)
      throws IOException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("target", target);
    body.put("pps", pps);
    body.put("seconds", length.toMillis() / 1_000.0);
    body.put("by", by);
    String id = parse(request("POST", "v1/burst", body)).path("id").asText();
    long deadline = System.nanoTime() + length.plus(SLACK).toNanos();
    while (true) {
      String json = request("GET", "v1/burst/" + encoded(id), null);
      JsonNode burst = parse(json);
      if (burst.path("state").asText().equals("done")) {
        return new Outcome(json, row(burst), isWell(burst));
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("burst " + id + " does not end; ask " + server + " for it later");
      }
      Thread.sleep(POLL_INTERVAL);
    }
  }

  private static boolean isWell(JsonNode burst) {
    boolean well = burst.path("missing").isEmpty();
    for (JsonNode row : burst.path("rows")) {
      String state = row.path("state").asText();
      well &=
          state.equals("not_probing")
              || (state.equals("done")
                  && row.path("lost").asInt() == 0
                  && row.path("received").asInt() > 0);
    }
    return well;
  }

  /** The row of the matrix: a line for each source, and who did not answer. */
  private static String row(JsonNode burst) {
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {
          "SOURCE", "LOSS", "95% INTERVAL", "LOST", "SENT", "LATE", "P50", "P99", "MAX"
        });
    List<String> notes = new ArrayList<>();
    List<String> bystanders = new ArrayList<>();
    for (JsonNode row : burst.path("rows")) {
      String source = row.path("source").asText();
      String state = row.path("state").asText();
      if (state.equals("done")) {
        rows.add(line(source, row));
        excuses(source, row, notes);
      } else if (state.equals("not_probing")) {
        bystanders.add(source);
      } else if (!state.equals("running")) {
        notes.add(source + " " + state + ": " + row.path("reason").asText());
      }
    }
    StringBuilder text = new StringBuilder();
    text.append(ControlCharacters.replaced(burst.path("target").asText()))
        .append(", ")
        .append(burst.path("pps").asInt())
        .append(" probes/s for ")
        .append(String.format(Locale.ROOT, "%s s", plainNumber(burst.path("seconds").asDouble())))
        .append(" from each\n")
        .append(table(rows));
    notes.forEach(note -> text.append(ControlCharacters.replaced(note)).append('\n'));
    if (!bystanders.isEmpty()) {
      text.append("not probing it: ")
          .append(ControlCharacters.replaced(String.join(", ", bystanders)))
          .append('\n');
    }
    List<String> missing = new ArrayList<>();
    burst.path("missing").forEach(name -> missing.add(name.asText()));
    if (!missing.isEmpty()) {
      text.append("no answer from: ")
          .append(ControlCharacters.replaced(String.join(", ", missing)))
          .append('\n');
    }
    return text.toString();
  }

  private static String[] line(String source, JsonNode row) {
    return new String[] {
      source,
      percent(row.path("lossPercent")),
      percent(row.path("lossLow")) + "-" + percent(row.path("lossHigh")),
      row.path("lost").asText("-"),
      row.path("sent").asText("-"),
      row.path("late").asText("-"),
      millis(row.path("rttP50")),
      millis(row.path("rttP99")),
      millis(row.path("rttMax"))
    };
  }

  /** Notes on probes that were neither received nor lost. */
  private static void excuses(String source, JsonNode row, List<String> notes) {
    Map<String, Long> sums = new LinkedHashMap<>();
    for (JsonNode series : row.path("series")) {
      series
          .path("excused")
          .properties()
          .forEach(one -> sums.merge(one.getKey(), one.getValue().asLong(), Long::sum));
    }
    sums.forEach((outcome, count) -> notes.add(source + ": " + count + " " + outcome));
  }

  private static String percent(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.2f%%", value.asDouble()) : "-";
  }

  private static String millis(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.3fms", value.asDouble()) : "-";
  }

  private static String plainNumber(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.3f", value);
  }

  /** Silences a node. */
  public Outcome silence(String node, Duration length, String because, String by)
      throws IOException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("node", node);
    body.put("seconds", length.toMillis() / 1_000.0);
    body.put("because", because);
    body.put("by", by);
    String json = request("POST", "v1/silences", body);
    JsonNode silence = parse(json);
    return new Outcome(
        json,
        ControlCharacters.replaced(
                node + " is silenced until " + silence.path("until").asText() + skew(silence))
            + "\n",
        true);
  }

  /** Note on an agent's clock that is not this machine's; empty where it is. */
  private static String skew(JsonNode silence) throws IOException {
    Instant since;
    try {
      since = Instant.parse(silence.path("since").asText());
    } catch (DateTimeException e) {
      throw new IOException("the agent does not say since when", e);
    }
    Duration ahead = Duration.between(InstantSource.system().instant(), since);
    if (ahead.abs().compareTo(SKEW_TO_NAME) < 0) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        " by the agent's clock, which is %d min %s this machine's; scrapers go by their own",
        Math.abs(ahead.toMinutes()),
        ahead.isNegative() ? "behind" : "ahead of");
  }

  /** Ends a silence before its time. */
  public Outcome endSilence(String node) throws IOException, InterruptedException {
    String json = request("DELETE", "v1/silences/" + encoded(node), null);
    return new Outcome(
        json, ControlCharacters.replaced(node) + " is not silenced any more\n", true);
  }

  /** Nodes that are silenced. */
  public Outcome silences() throws IOException, InterruptedException {
    String json = request("GET", "v1/silences", null);
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"NODE", "UNTIL", "SINCE", "BY", "BECAUSE"});
    for (JsonNode silence : parse(json).path("silences")) {
      rows.add(
          new String[] {
            silence.path("node").asText(),
            silence.path("until").asText(),
            silence.path("since").asText(),
            silence.path("by").asText(),
            silence.path("because").asText()
          });
    }
    return new Outcome(json, rows.size() == 1 ? "no node is silenced\n" : table(rows), true);
  }

  private String request(String method, String path, @Nullable Map<String, Object> body)
      throws IOException, InterruptedException {
    BodyPublisher content =
        body == null
            ? BodyPublishers.noBody()
            : BodyPublishers.ofByteArray(ResultsJson.mapper().writeValueAsBytes(body));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path)).timeout(TIMEOUT).method(method, content);
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpResponse<InputStream> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream answer = response.body()) {
        byte[] bytes = answer.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new IOException(server + " answers with more than " + MAX_BYTES + " bytes");
        }
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (response.statusCode() / 100 != 2) {
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
      return ControlCharacters.replaced(parse(body).path("error").asText());
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

  private static String table(List<String[]> rows) {
    rows.forEach(row -> Arrays.setAll(row, i -> ControlCharacters.replaced(row[i])));
    return TextTable.of(rows);
  }
}
