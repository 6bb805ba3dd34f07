package io.llamamesh.registry.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request.
 *
 * @param values by name, decoded; of a repeated one the first, as llama-sd took it
 */
record RequestQuery(Map<String, String> values) {

  /** Reads a query; what cannot be decoded stays as it is. */
  static RequestQuery parse(@Nullable String raw) {
    Map<String, String> values = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&", 64)) {
        int equals = pair.indexOf('=');
        values.putIfAbsent(
            decoded(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
    return new RequestQuery(values);
  }

  /** A parameter's value; null where it is missing or empty. */
  @Nullable String find(String name) {
    String value = values.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** A segment of a path, in which a plus is a plus. */
  static String segment(String raw) {
    return decoded(raw.replace("+", "%2B"));
  }
}
