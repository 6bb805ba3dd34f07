package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.burst.BurstCollection;
import io.llamamesh.agent.burst.BurstDocuments;
import io.llamamesh.agent.burst.BurstRequest;
import io.llamamesh.agent.burst.Bursts;
import io.llamamesh.agent.silence.Silences;
import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.SilencedNode;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * API of the tools for an incident: bursts and silences. Reading takes what reading results takes;
 * acting takes a token, or where the agent has none, a client on the same host.
 */
public final class ToolsApi {

  static final String BURST = "/v1/burst";
  static final String SILENCES = "/v1/silences";

  /** Its paths, for people. */
  static final List<String> PATHS = List.of(BURST, BURST + "/{id}", SILENCES, SILENCES + "/{node}");

  /** Longest body of a request. */
  static final int MAX_BODY = 4 << 10;

  private static final Set<String> READING = Set.of("GET", "HEAD");

  private final Bursts bursts;
  private final @Nullable Silences silences;
  private final TokenCheck actors;
  private final RandomGenerator random;
  private final InstantSource clock;

  /**
   * The tools of an agent.
   *
   * @param silences null where the agent takes no part in the fabric
   * @param actors check of who may act
   * @param random source of bursts' ids
   */
  public ToolsApi(
      Bursts bursts,
      @Nullable Silences silences,
      TokenCheck actors,
      RandomGenerator random,
      InstantSource clock) {
    this.bursts = bursts;
    this.silences = silences;
    this.actors = actors;
    this.random = random;
    this.clock = clock;
  }

  /** Check of who may act, of an agent without tokens: clients on its own host. */
  public static TokenCheck sameHost() {
    return (token, client) -> client.isLoopbackAddress();
  }

  /** Returns whether a path is one of these. */
  static boolean serves(String path) {
    return isUnder(path, BURST) || isUnder(path, SILENCES);
  }

  private static boolean isUnder(String path, String prefix) {
    return path.equals(prefix) || path.startsWith(prefix + "/");
  }

  /** Returns whether a method only reads. */
  static boolean isReading(String method) {
    return READING.contains(method);
  }

  /** Returns whether a client may act. */
  boolean canAct(String token, InetAddress client) {
    return actors.accepts(token, client);
  }

  /**
   * Answers a request of a client that may make it.
   *
   * @param path decoded
   * @param client its address, for who asked
   * @param body at most {@value #MAX_BODY} bytes
   */
  Reply answer(String method, String path, InetAddress client, byte[] body)
      throws RequestException {
    boolean burst = isUnder(path, BURST);
    String prefix = burst ? BURST : SILENCES;
    String rest = path.equals(prefix) ? "" : path.substring(prefix.length() + 1);
    String action = (burst ? "burst " : "silence ") + (rest.isEmpty() ? "all " : "one ");
    return switch (action + (isReading(method) ? "GET" : method)) {
      case "burst all GET" ->
          json(200, Map.of("bursts", bursts.recent().stream().map(this::document).toList()));
      case "burst all POST" -> startBurst(client, body);
      case "burst one GET" ->
          json(200, document(bursts.find(rest).orElseThrow(() -> unknownBurst(rest))));
      case "silence all GET" -> json(200, Map.of("silences", active()));
      case "silence all POST" -> silence(client, body);
      case "silence one DELETE" -> endSilence(rest, client);
      default ->
          throw new RequestException(
              405, "POST and GET " + prefix + (burst ? "" : ", DELETE " + prefix + "/{node}"));
    };
  }

  private static RequestException unknownBurst(String id) {
    return new RequestException(404, "no burst " + id + " was asked for here of late");
  }

  private BurstDocuments.Burst document(BurstCollection burst) {
    return BurstDocuments.of(burst, clock.instant());
  }

  private Reply startBurst(InetAddress client, byte[] body) throws RequestException {
    JsonNode json = object(body, Set.of("target", "pps", "seconds", "by"));
    BurstRequest request =
        new BurstRequest(
            HexFormat.of().toHexDigits(random.nextLong()),
            text(json, "target"),
            (int) number(json, "pps", 200, Integer.MAX_VALUE),
            seconds(json, 10),
            by(json, client));
    try {
      return json(200, document(bursts.start(request)));
    } catch (ToolRefusedException e) {
      throw refusal(e);
    }
  }

  private List<SilencedNode> active() throws RequestException {
    Silences known = silences();
    try {
      return known.active();
    } catch (ToolRefusedException e) {
      throw refusal(e);
    } catch (InterruptedException e) {
      throw stopping();
    }
  }

  private Reply silence(InetAddress client, byte[] body) throws RequestException {
    JsonNode json = object(body, Set.of("node", "seconds", "because", "by"));
    // By this agent's clock alone: whoever asks may have a wrong one.
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    SilencedNode silence =
        new SilencedNode(
            text(json, "node"),
            now,
            now.plus(seconds(json, 0)),
            by(json, client),
            text(json, "because"));
    try {
      silences().silence(silence);
    } catch (ToolRefusedException e) {
      throw refusal(e);
    } catch (InterruptedException e) {
      throw stopping();
    }
    return json(200, silence);
  }

  private Reply endSilence(String node, InetAddress client) throws RequestException {
    try {
      silences().end(node, client.getHostAddress());
    } catch (ToolRefusedException e) {
      throw refusal(e);
    } catch (InterruptedException e) {
      throw stopping();
    }
    return json(200, Map.of("node", node, "silenced", false));
  }

  private Silences silences() throws RequestException {
    if (silences == null) {
      throw new RequestException(
          404, "the fabric, which keeps silences, is off on this agent; see its guide");
    }
    return silences;
  }

  private static RequestException refusal(ToolRefusedException e) {
    return new RequestException(
        switch (e.kind()) {
          case INVALID -> 400;
          case UNKNOWN, NO_FABRIC -> 404;
          case BUSY -> 409;
          case UNAVAILABLE -> 503;
        },
        e.reason());
  }

  private static RequestException stopping() {
    Thread.currentThread().interrupt();
    return new RequestException(503, "the agent is stopping");
  }

  private static JsonNode object(byte[] body, Set<String> known) throws RequestException {
    JsonNode json;
    try {
      json = ResultsJson.mapper().readTree(body);
    } catch (JsonProcessingException e) {
      throw new RequestException(400, "the body is no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new RequestException(400, "the body cannot be read");
    }
    if (json == null || !json.isObject()) {
      throw new RequestException(400, "the body must be a JSON object");
    }
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!known.contains(field.getKey())) {
        throw new RequestException(
            400, "unknown field; known are " + known.stream().sorted().toList());
      }
    }
    return json;
  }

  private static String text(JsonNode json, String field) throws RequestException {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new RequestException(400, field + " must be a text");
    }
    return value.textValue();
  }

  private static double number(JsonNode json, String field, double absent, double most)
      throws RequestException {
    JsonNode value = json.path(field);
    if (value.isMissingNode()) {
      return absent;
    }
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (!(number >= 0 && number <= most)) {
      throw new RequestException(400, field + " must be a number that is not negative");
    }
    return number;
  }

  private static Duration seconds(JsonNode json, double absent) throws RequestException {
    return Duration.ofMillis(Math.round(number(json, "seconds", absent, 1e9) * 1_000));
  }

  private static String by(JsonNode json, InetAddress client) throws RequestException {
    String from = client.getHostAddress();
    return json.has("by") ? text(json, "by") + " from " + from : from;
  }

  private static Reply json(int status, Object body) {
    return Reply.json(
        status,
        Map.of(),
        out -> {
          out.write(ResultsJson.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(body));
          out.write('\n');
        });
  }
}
