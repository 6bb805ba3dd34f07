package io.llamamesh.agent.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.store.Change;
import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.store.KeyPattern;
import io.llamamesh.fabric.store.Result;
import io.llamamesh.fabric.store.StoreService;
import io.llamamesh.fabric.store.Value;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * API of the replicated store. An operation is answered with 200 once it is on this agent's disk,
 * and else with the status of what refused it:
 *
 * <ul>
 *   <li>400 no operation, or one that does not fit the value
 *   <li>403 another node's key, or one of the agents' own
 *   <li>412 the value is not of the version in {@code If-Match}
 *   <li>413 the value or the body would be too large
 *   <li>429 too many operations wait for the disk
 *   <li>503 the fabric or the disk cannot be used
 *   <li>507 the store would be too large
 * </ul>
 */
final class StoreApi {

  static final String PREFIX = "/v1/kv";

  /** Its paths, for people. */
  static final List<String> PATHS =
      List.of("/v1/kv?pattern=", "/v1/kv/{key}", "/v1/kv/{key}/ops", "/v1/kv/watch?pattern=");

  private static final String WATCH = PREFIX + "/watch";
  private static final String OPERATIONS = "/ops";
  private static final String ALL = "**";

  /** Texts of 1 MiB, written as JSON, may take somewhat more. */
  private static final int MAX_BODY_BYTES = 3 << 19;

  private static final int MAX_KEYS = 1_000;
  private static final int DEFAULT_KEYS = 100;

  /** Requests for operations at once: more than may wait for the disk. */
  private static final int MAX_OPERATIONS = 40;

  private final FabricServices services;
  private final RequestBody bodies = new RequestBody(Runtime.getRuntime().maxMemory() / 8);
  private final Semaphore operations = new Semaphore(MAX_OPERATIONS);

  StoreApi(FabricServices services) {
    this.services = services;
  }

  static boolean isOf(String path) {
    return path.equals(PREFIX) || path.startsWith(PREFIX + "/");
  }

  static boolean isWatch(String path) {
    return path.equals(WATCH);
  }

  /** Answers a read. */
  Reply read(String path, Query query) throws RequestException {
    if (path.equals(PREFIX) || path.equals(PREFIX + "/")) {
      query.allowOnly(Set.of("pattern", "after", "limit"));
      return list(
          pattern(query.get("pattern").orElse(ALL)),
          query.get("after").orElse(""),
          query.number("limit", 1, MAX_KEYS, DEFAULT_KEYS));
    }
    query.allowOnly(Set.of());
    Key key = key(path.substring(PREFIX.length() + 1));
    Value value = ask(() -> services.get(key));
    if (value.isAbsent()) {
      throw new RequestException(404, "no such key");
    }
    return Reply.json(
        200, Map.of("ETag", quoted(value.version())), out -> write(out, new Change(key, value)));
  }

  /** Keys as one document, in pieces: no answer holds more than one value at a time. */
  private Reply list(KeyPattern pattern, String after, int limit) throws RequestException {
    List<Change> first = ask(() -> services.list(pattern, after, 1));
    return Reply.json(
        200,
        Map.of(),
        out -> {
          try (JsonGenerator json = StoreJson.mapper().createGenerator(out)) {
            json.writeStartObject();
            json.writeArrayFieldStart("keys");
            List<Change> next = first;
            int count = 0;
            while (!next.isEmpty() && count < limit) {
              write(json, next.getFirst());
              count++;
              String last = next.getFirst().key().text();
              next = askLater(() -> services.list(pattern, last, 1));
            }
            json.writeEndArray();
            json.writeBooleanField("more", !next.isEmpty());
            json.writeEndObject();
          }
        });
  }

  /** Does an operation, and answers when it is on disk. */
  Reply operate(HttpExchange exchange, Query query) throws RequestException {
    query.allowOnly(Set.of());
    String path = exchange.getRequestURI().getPath();
    if (!path.endsWith(OPERATIONS) || path.length() <= PREFIX.length() + OPERATIONS.length()) {
      throw new RequestException(404, "operations are posted to /v1/kv/{key}/ops");
    }
    Key key = key(path.substring(PREFIX.length() + 1, path.length() - OPERATIONS.length()));
    ReservedNames.checkKey(key);
    String version = version(exchange.getRequestHeaders().getFirst("If-Match"));
    if (!operations.tryAcquire()) {
      throw busy();
    }
    try (RequestBody.Held body = bodies.read(exchange, MAX_BODY_BYTES)) {
      Operation operation = StoreJson.operation(parse(body.bytes()));
      Result result = ask(() -> services.operate(key, operation, version));
      return answer(key, result, exchange);
    } finally {
      operations.release();
    }
  }

  private static Reply answer(Key key, Result result, HttpExchange exchange)
      throws RequestException {
    return switch (result) {
      case Result.Done(Value value, boolean isLarge) -> {
        if (isLarge) {
          exchange.getResponseHeaders().set("Warning", "299 - \"the value is large\"");
        }
        yield Reply.json(
            200,
            Map.of("ETag", quoted(value.version())),
            out -> write(out, new Change(key, value)));
      }
      case Result.Stale(Value value) -> {
        exchange.getResponseHeaders().set("ETag", quoted(value.version()));
        throw new RequestException(
            412, "the value is of another version than If-Match says: " + value.version());
      }
      case Result.Busy() -> {
        exchange.getResponseHeaders().set("Retry-After", "1");
        throw busy();
      }
      case Result.TooLarge(long bytes, long maxBytes) ->
          throw new RequestException(
              413, "the value would have " + bytes + " bytes, allowed are " + maxBytes);
      case Result.Full(long bytes, long maxBytes) ->
          throw new RequestException(
              507, "the store would have " + bytes + " bytes, allowed are " + maxBytes);
      case Result.Forbidden(String owner) ->
          throw new RequestException(
              403,
              owner.isEmpty()
                  ? "keys of a node are node/NAME/…"
                  : "keys under node/" + owner + "/ are written by that node only");
      case Result.Invalid(String reason) -> throw new RequestException(400, reason);
      case Result.Unavailable(String reason) ->
          throw new RequestException(503, "the store cannot be written: " + reason);
    };
  }

  private static RequestException busy() {
    return new RequestException(429, "too many operations wait for the disk, try again");
  }

  /** The watch of a pattern. */
  KeyFeed watch(Query query) throws RequestException {
    query.allowOnly(Set.of("pattern"));
    KeyPattern pattern = pattern(query.get("pattern").orElse(ALL));
    KeyFeed feed = new KeyFeed(pattern);
    StoreService.Watch watch =
        ask(() -> services.watch(pattern, feed))
            .orElseThrow(
                () -> new RequestException(503, "too many watch the store at once, try again"));
    feed.begin(watch);
    return feed;
  }

  // Parts of requests and answers.

  private static JsonNode parse(byte[] body) throws RequestException {
    try {
      JsonNode tree = StoreJson.mapper().readTree(body);
      if (tree != null) {
        return tree;
      }
    } catch (JsonProcessingException e) {
      throw new RequestException(400, "the body is no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      // refused below
    }
    throw new RequestException(400, "the body is no JSON");
  }

  private static Key key(String text) throws RequestException {
    try {
      return new Key(text);
    } catch (IllegalArgumentException e) {
      throw new RequestException(400, String.valueOf(e.getMessage()));
    }
  }

  private static KeyPattern pattern(String text) throws RequestException {
    try {
      return KeyPattern.of(text);
    } catch (IllegalArgumentException e) {
      throw new RequestException(400, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable String version(@Nullable String field) throws RequestException {
    if (field == null) {
      return null;
    }
    String version = field.strip().replaceFirst("^\"(.*)\"$", "$1");
    if (!version.matches("[0-9a-f]{16}")) {
      throw new RequestException(
          400, "If-Match must be the version of a value: 16 hexadecimal digits in quotes");
    }
    return version;
  }

  private static String quoted(String version) {
    return '"' + version + '"';
  }

  private static void write(OutputStream out, Change change) throws IOException {
    try (JsonGenerator json = StoreJson.mapper().createGenerator(out)) {
      write(json, change);
    }
  }

  static void write(JsonGenerator json, Change change) throws IOException {
    json.writeStartObject();
    json.writeStringField("key", change.key().text());
    json.writeStringField("version", change.value().version());
    if (change.value().isAbsent()) {
      json.writeBooleanField("removed", true);
    } else {
      json.writeFieldName("value");
      StoreJson.write(json, change.value().fields());
    }
    json.writeEndObject();
  }

  /** A question that the fabric may not answer. */
  private interface Question<T> {
    T ask() throws TimeoutException, InterruptedException;
  }

  private <T> T ask(Question<T> question) throws RequestException {
    if (!services.isOn()) {
      throw new RequestException(
          404, "the fabric is off on this agent; section fabric in its config, or --fabric");
    }
    try {
      return question.ask();
    } catch (TimeoutException e) {
      throw new RequestException(503, "the store does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(503, "the agent is stopping");
    }
  }

  private <T> T askLater(Question<T> question) throws IOException {
    try {
      return ask(question);
    } catch (RequestException e) {
      throw new IOException(e.text(), e);
    }
  }
}
