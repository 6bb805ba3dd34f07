package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One HTTP request and its answer. For the thread that serves it. */
final class Call {
  /** As the real server: etcd takes no more. */
  private static final int BODY_LIMIT = 3 * 1024 * 1024;

  private final HttpExchange exchange;
  private final List<String> path;
  private final Map<String, String> query;

  Call(HttpExchange exchange) {
    this.exchange = exchange;
    this.path = new ArrayList<>();
    for (String part : exchange.getRequestURI().getRawPath().split("/", -1)) {
      if (!part.isEmpty()) {
        path.add(decoded(part.replace("+", "%2B")));
      }
    }
    this.query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        query.putIfAbsent(
            decoded(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
  }

  String method() {
    return exchange.getRequestMethod();
  }

  List<String> path() {
    return path;
  }

  /** A query parameter, or an empty string. */
  String query(String name) {
    return query.getOrDefault(name, "");
  }

  boolean isSet(String name) {
    String value = query(name);
    return value.equals("true") || value.equals("1");
  }

  /** A request header, or an empty string. */
  String header(String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  /** The body's media type without parameters. */
  String mediaType() {
    String type = header("Content-Type");
    int semicolon = type.indexOf(';');
    return (semicolon < 0 ? type : type.substring(0, semicolon)).trim();
  }

  /** The user: the bearer token, which tests and {@code local} set to a name, else the program. */
  String identity() {
    String authorization = header("Authorization");
    return authorization.startsWith("Bearer ")
        ? authorization.substring("Bearer ".length()).trim()
        : program();
  }

  /** Whose fields a write's are when it does not say. */
  String fieldManager() {
    String named = query("fieldManager");
    return named.isEmpty() ? program() : named;
  }

  private String program() {
    String agent = header("User-Agent");
    int end = agent.indexOf('/');
    String program = end < 0 ? agent : agent.substring(0, end);
    return program.isEmpty() ? "unknown" : program;
  }

  /** The body, or null when there is none. */
  @Nullable JsonNode bodyOrNull() throws IOException {
    byte[] bytes = exchange.getRequestBody().readNBytes(BODY_LIMIT + 1);
    if (bytes.length > BODY_LIMIT) {
      throw ApiProblem.tooLarge(BODY_LIMIT);
    }
    if (bytes.length == 0) {
      return null;
    }
    if (mediaType().equals("application/vnd.kubernetes.protobuf")) {
      throw ApiProblem.unsupportedMediaType(
          "the stand-in takes JSON and YAML, not protobuf: with kubectl, create objects by"
              + " `kubectl apply -f`");
    }
    try {
      return Json.parse(bytes);
    } catch (IOException e) {
      throw ApiProblem.badRequest("error decoding the body: " + e.getMessage());
    }
  }

  /** The body, which must be an object. */
  ObjectNode object() throws IOException {
    if (bodyOrNull() instanceof ObjectNode object) {
      return object;
    }
    throw ApiProblem.badRequest("the body must be an object");
  }

  void warn(List<String> warnings) {
    for (String warning : warnings) {
      exchange
          .getResponseHeaders()
          .add("Warning", "299 - \"" + warning.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
    }
  }

  void answer(int code, JsonNode body) throws IOException {
    answer(code, Json.bytes(body));
  }

  void answer(int code, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.getResponseHeaders().set("Cache-Control", "no-cache, private");
    exchange.sendResponseHeaders(code, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  /** Starts an answer without a known end. */
  OutputStream stream() throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.getResponseHeaders().set("Cache-Control", "no-cache, private");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    out.flush();
    return out;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiProblem.badRequest("malformed escape in the URL");
    }
  }
}
