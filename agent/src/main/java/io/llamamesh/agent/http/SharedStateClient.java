package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
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
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Client of an agent's store and multicast, for the command line. */
public final class SharedStateClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(15);

  /** A store has 16 MiB, in JSON somewhat more. */
  private static final int MAX_BYTES = 40 << 20;

  private static final int MAX_EVENT_BYTES = 8 << 20;

  private final URI server;
  private final @Nullable String token;

  /** Refusal of an agent, with its status. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    RefusedException(int status, String message) {
      super(message);
      this.status = status;
    }

    /** The status of the answer. */
    public int status() {
      return status;
    }
  }

  /**
   * A client.
   *
   * @param server {@code http://HOST:PORT} of an agent's API
   * @param token its bearer token; null for none
   */
  public SharedStateClient(String server, @Nullable String token) {
    this.server = uri(server);
    this.token = token;
  }

  private static URI uri(String server) {
    URI uri;
    try {
      uri = URI.create(server.endsWith("/") ? server : server + "/");
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--server must be a URL, was '" + server + "'", e);
    }
    String scheme = uri.getScheme();
    if (uri.getHost() == null || scheme == null || !scheme.startsWith("http")) {
      throw new IllegalArgumentException(
          "--server must be http://HOST:PORT of an agent, was '" + server + "'");
    }
    return uri;
  }

  /** A key's document as the agent sends it; null where there is no such key. */
  public @Nullable String get(String key) throws IOException, InterruptedException {
    try {
      return send(request("v1/kv/" + path(key)).GET());
    } catch (RefusedException e) {
      if (e.status() == 404 && String.valueOf(e.getMessage()).endsWith("no such key")) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Documents of all keys of a pattern, one by one.
   *
   * @param taker takes a document
   */
  public void list(String pattern, LineTaker taker) throws IOException, InterruptedException {
    String after = "";
    boolean more = true;
    while (more) {
      JsonNode page =
          StoreJson.mapper()
              .readTree(
                  send(request("v1/kv" + query(Map.of("pattern", pattern, "after", after))).GET()));
      for (JsonNode key : page.path("keys")) {
        after = key.path("key").asText();
        taker.take(key.toString());
      }
      more = page.path("more").asBoolean() && !page.path("keys").isEmpty();
    }
  }

  /** Taker of documents, one line each. */
  @FunctionalInterface
  public interface LineTaker {
    /** Takes one. */
    void take(String json) throws IOException;
  }

  /**
   * An operation on a field, as the API takes it.
   *
   * @param maps names of the maps that the field is in, outermost first
   * @param operation {@code increment}, {@code assign} and so on
   * @param field the field, null for {@code clear}
   * @param values what the operation takes beside
   */
  public static String operation(
      List<String> maps, String operation, @Nullable String field, List<String> values) {
    ObjectNode op = StoreJson.mapper().createObjectNode().put("op", operation);
    if (field != null) {
      op.put("field", field);
    }
    switch (operation) {
      case "increment" -> {
        if (!values.isEmpty()) {
          op.put("by", Long.parseLong(values.getFirst()));
        }
      }
      case "assign" -> op.put("value", values.getFirst());
      case "add", "remove" -> {
        ArrayNode elements = op.putArray("elements");
        values.forEach(elements::add);
      }
      case "removeField" -> op.put("type", values.getFirst());
      default -> {}
    }
    ObjectNode outermost = op;
    for (String map : maps.reversed()) {
      ObjectNode update =
          StoreJson.mapper().createObjectNode().put("op", "update").put("field", map);
      update.putArray("ops").add(outermost);
      outermost = update;
    }
    ObjectNode body = StoreJson.mapper().createObjectNode();
    body.putArray("ops").add(outermost);
    return body.toString();
  }

  /**
   * Does an operation.
   *
   * @param operation see {@link #operation}
   * @param version the value's version that it is meant for, null for any
   * @return the key's document after it
   * @throws RefusedException with the status of what refused it
   */
  public String operate(String key, String operation, @Nullable String version)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        request("v1/kv/" + path(key) + "/ops").POST(HttpRequest.BodyPublishers.ofString(operation));
    if (version != null) {
      request.header("If-Match", '"' + version + '"');
    }
    return send(request);
  }

  /**
   * Sends a message to a topic.
   *
   * @param options parameters of the API
   * @return the agent's answer
   */
  public String multicast(String topic, byte[] payload, Map<String, String> options)
      throws IOException, InterruptedException {
    return send(
        request("v1/multicast/" + path(topic) + query(options))
            .POST(HttpRequest.BodyPublishers.ofByteArray(payload)));
  }

  /**
   * Watches keys until the taker has enough; again and again, since an agent ends a watch each
   * minute. What a new watch says again may come twice.
   *
   * @param taker takes a document, returns false when it has enough
   */
  public void watchKeys(String pattern, Predicate<String> taker)
      throws IOException, InterruptedException {
    watch("v1/kv/watch" + query(Map.of("pattern", pattern)), taker);
  }

  /** Watches a topic likewise; what is sent between two watches is missed. */
  public void watchTopic(String topic, Predicate<String> taker)
      throws IOException, InterruptedException {
    watch("v1/multicast/" + path(topic) + "/watch", taker);
  }

  private void watch(String path, Predicate<String> taker)
      throws IOException, InterruptedException {
    try (HttpClient http = client()) {
      while (true) {
        HttpResponse<InputStream> response =
            http.send(request(path).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
          if (response.statusCode() != 200) {
            throw refused(path, response.statusCode(), body.readNBytes(1 << 16));
          }
          if (!readEvents(body, taker)) {
            http.shutdownNow();
            return;
          }
        }
      }
    } catch (ConnectException e) {
      throw new IOException("no agent answers at " + server, e);
    }
  }

  /** Reads events; returns false when the taker has enough. */
  private static boolean readEvents(InputStream body, Predicate<String> taker) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 << 10];
    for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
      for (int i = 0; i < count; i++) {
        if (buffer[i] != '\n') {
          line.write(buffer[i]);
          continue;
        }
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        if (text.startsWith("data: ") && !taker.test(text.substring("data: ".length()))) {
          return false;
        }
      }
      if (line.size() > MAX_EVENT_BYTES) {
        throw new IOException("an event of more than " + MAX_EVENT_BYTES + " bytes");
      }
    }
    return true;
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path)).timeout(TIMEOUT);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  private static HttpClient client() {
    return HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  }

  private String send(HttpRequest.Builder builder) throws IOException, InterruptedException {
    HttpRequest request = builder.build();
    try (HttpClient http = client()) {
      HttpResponse<InputStream> response =
          http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new IOException(server + " answers with more than " + MAX_BYTES + " bytes");
        }
        if (response.statusCode() / 100 != 2) {
          throw refused(request.uri().getPath(), response.statusCode(), bytes);
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    } catch (ConnectException e) {
      throw new IOException("no agent answers at " + server, e);
    }
  }

  private static RefusedException refused(String path, int status, byte[] body) {
    String reason;
    try {
      reason = StoreJson.mapper().readTree(body).path("error").asText("no reason given");
    } catch (JsonProcessingException e) {
      reason = "no reason given";
    } catch (IOException e) {
      reason = String.valueOf(e.getMessage());
    }
    return new RefusedException(status, plain(path) + ": " + status + ", " + plain(reason));
  }

  /** Text without control characters. */
  public static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  private static String path(String slashed) {
    return List.of(slashed.split("/", -1)).stream()
        .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
        .collect(Collectors.joining("/"));
  }

  private static String query(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(p -> p.getKey() + "=" + URLEncoder.encode(p.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&", "?", ""));
  }
}
