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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
 *   <li>429 too many operations wait for the disk, or what they carry fills {@link StoreMemory}
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
  static final int MAX_BODY_BYTES = 3 << 19;

  private static final int MAX_KEYS = 1_000;
  private static final int DEFAULT_KEYS = 100;

  /** Requests for operations at once: more than may wait for the disk. */
  private static final int MAX_OPERATIONS = 40;

  /** Longest wait of a watch for memory: it says each second that it is there. */
  private static final Duration WATCH_PATIENCE = Duration.ofMillis(500);

  /** Share of the heap that bodies may take until they are read to their end. */
  private static final int BODIES_SHARE = 16;

  private final FabricServices services;
  private final StoreMemory memory;
  private final RequestBody bodies;
  private final Semaphore operations = new Semaphore(MAX_OPERATIONS);

  /**
   * An API.
   *
   * @param heapBytes size of the heap, of which requests may take a part
   */
  StoreApi(FabricServices services, long heapBytes) {
    this.services = services;
    this.memory = new StoreMemory(heapBytes);
    this.bodies = new RequestBody(Math.max(MAX_BODY_BYTES + (2 << 10), heapBytes / BODIES_SHARE));
  }

  /** Requests that were refused since others took the memory that all may take. */
  long refusedForMemory() {
    return memory.refused() + bodies.refused();
  }

  /** What a request carries until its answer is out. */
  StoreMemory.Share share() {
    return memory.share();
  }

  static boolean isOf(String path) {
    return path.equals(PREFIX) || path.startsWith(PREFIX + "/");
  }

  static boolean isWatch(String path) {
    return path.equals(WATCH);
  }

  /**
   * Answers a read.
   *
   * @param share kept until the answer is out
   */
  Reply read(String path, Query query, StateAccess access, StoreMemory.Share share)
      throws RequestException {
    if (path.equals(PREFIX) || path.equals(PREFIX + "/")) {
      query.allowOnly(Set.of("pattern", "after", "limit"));
      KeyPattern pattern = pattern(query.get("pattern").orElse(ALL));
      access.checkRead(pattern.toString());
      return list(
          share,
          pattern,
          query.get("after").orElse(""),
          query.number("limit", 1, MAX_KEYS, DEFAULT_KEYS));
    }
    query.allowOnly(Set.of());
    Key key = key(path.substring(PREFIX.length() + 1));
    access.checkRead(key.text());
    Value value = ask(() -> services.get(key));
    if (value.isAbsent()) {
      throw new RequestException(404, "no such key");
    }
    ByteArrayOutputStream document = document(new Change(key, value), share, StoreMemory.PATIENCE);
    return Reply.json(200, Map.of("ETag", quoted(value.version())), document::writeTo);
  }

  /** Keys as one document, in pieces: no answer holds more than one value at a time. */
  private Reply list(StoreMemory.Share share, KeyPattern pattern, String after, int limit)
      throws RequestException {
    List<Change> first = ask(() -> services.list(pattern, after, 1));
    return Reply.json(
        200,
        Map.of(),
        out -> {
          out.write(ascii("{\"keys\":["));
          List<Change> next = first;
          int count = 0;
          while (!next.isEmpty() && count < limit) {
            Change change = next.getFirst();
            if (count > 0) {
              out.write(',');
            }
            askLater(() -> document(change, share, StoreMemory.PATIENCE)).writeTo(out);
            count++;
            next = askLater(() -> ask(() -> services.list(pattern, change.key().text(), 1)));
          }
          out.write(ascii("],\"more\":" + !next.isEmpty() + "}"));
        });
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * A key and its value as a document.
   *
   * @param share as large as the document from now on
   * @param patience longest wait for that
   * @throws RequestException 429 when there is no room for it
   */
  private ByteArrayOutputStream document(Change change, StoreMemory.Share share, Duration patience)
      throws RequestException {
    int encoded = change.value().encodedBytes();
    share.resize(encoded + (4L << 10), patience);
    ByteArrayOutputStream document = memory.decoding(encoded, () -> encode(change, encoded));
    share.resize(document.size(), patience);
    return document;
  }

  private static ByteArrayOutputStream encode(Change change, int encoded) {
    ByteArrayOutputStream document = new ByteArrayOutputStream(encoded + (1 << 10));
    try (JsonGenerator json = StoreJson.mapper().createGenerator(document)) {
      write(json, change);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return document;
  }

  /**
   * Does an operation, and answers when it is on disk.
   *
   * @param share kept until the answer is out
   */
  Reply operate(HttpExchange exchange, Query query, StateAccess access, StoreMemory.Share share)
      throws RequestException {
    query.allowOnly(Set.of());
    String path = exchange.getRequestURI().getPath();
    if (!path.endsWith(OPERATIONS) || path.length() <= PREFIX.length() + OPERATIONS.length()) {
      throw new RequestException(404, "operations are posted to /v1/kv/{key}/ops");
    }
    Key key = key(path.substring(PREFIX.length() + 1, path.length() - OPERATIONS.length()));
    ReservedNames.checkKey(key);
    access.checkWrite(key.text());
    String version = version(exchange.getRequestHeaders().getFirst("If-Match"));
    if (!operations.tryAcquire()) {
      throw busy();
    }
    StoreMemory.Share carried = memory.share();
    boolean isHandedOver = false;
    try {
      requireFabric(services);
      Operation operation = operation(exchange, carried);
      isHandedOver = true;
      // Where the disk is slow it is carried for longer than this request lasts.
      Result result = answered(() -> services.operate(key, operation, version, carried::close));
      return answer(key, result, exchange, share);
    } finally {
      operations.release();
      if (!isHandedOver) {
        carried.close();
      }
    }
  }

  /** The operation of a request's body, of which nothing is left when this returns. */
  private Operation operation(HttpExchange exchange, StoreMemory.Share carried)
      throws RequestException {
    try (RequestBody.Held body = bodies.read(exchange, MAX_BODY_BYTES)) {
      long bytes = StoreJson.operationBytes(body.bytes());
      carried.resize(bytes, StoreMemory.PATIENCE);
      return memory.decoding(
          bytes > StoreMemory.SMALL_BYTES ? bytes : 0,
          () -> StoreJson.operation(parse(body.bytes())));
    }
  }

  private Reply answer(Key key, Result result, HttpExchange exchange, StoreMemory.Share share)
      throws RequestException {
    return switch (result) {
      case Result.Done(Value value, boolean isLarge) -> {
        if (isLarge) {
          exchange.getResponseHeaders().set("Warning", "299 - \"the value is large\"");
        }
        Map<String, String> headers = Map.of("ETag", quoted(value.version()));
        try {
          yield Reply.json(
              200, headers, document(new Change(key, value), share, StoreMemory.PATIENCE)::writeTo);
        } catch (RequestException e) {
          // It is done: whoever is told otherwise does it again.
          yield Reply.json(200, headers, out -> writeWithoutValue(out, key, value));
        }
      }
      case Result.Stale(Value value) -> {
        exchange.getResponseHeaders().set("ETag", quoted(value.version()));
        throw new RequestException(
            412, "the value is of another version than If-Match says: " + value.version());
      }
      case Result.Busy() -> throw busy();
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

  /**
   * The watch of a pattern.
   *
   * @param share kept until the watch ends
   */
  KeyFeed watch(Query query, StateAccess access, StoreMemory.Share share) throws RequestException {
    query.allowOnly(Set.of("pattern"));
    KeyPattern pattern = pattern(query.get("pattern").orElse(ALL));
    access.checkRead(pattern.toString());
    KeyFeed feed = new KeyFeed(pattern, change -> document(change, share, WATCH_PATIENCE), share);
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

  private static void writeWithoutValue(OutputStream out, Key key, Value value) throws IOException {
    try (JsonGenerator json = StoreJson.mapper().createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("key", key.text());
      json.writeStringField("version", value.version());
      json.writeBooleanField("omitted", true);
      json.writeEndObject();
    }
  }

  private static void write(JsonGenerator json, Change change) throws IOException {
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
    requireFabric(services);
    return answered(question);
  }

  /**
   * Checks that the fabric is on.
   *
   * @throws RequestException 503 as long as no config was applied, since a 404 would say that a key
   *     is not there; 404 once it is off
   */
  static void requireFabric(FabricServices services) throws RequestException {
    if (!services.isOn() && !services.isConfigured()) {
      throw new RequestException(503, "this agent starts and has no config yet");
    }
    if (!services.isOn()) {
      throw new RequestException(
          404, "the fabric is off on this agent; section fabric in its config, or --fabric");
    }
  }

  private static <T> T answered(Question<T> question) throws RequestException {
    try {
      return question.ask();
    } catch (TimeoutException e) {
      throw new RequestException(503, "the store does not answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RequestException(503, "the agent is stopping");
    }
  }

  /** Something that is refused after the answer has begun, which ends early then. */
  private interface Later<T> {
    T ask() throws RequestException;
  }

  private static <T> T askLater(Later<T> question) throws IOException {
    try {
      return question.ask();
    } catch (RequestException e) {
      throw new IOException(e.text(), e);
    }
  }
}
