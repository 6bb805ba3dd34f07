package io.llamamesh.registry.http;

import io.llamamesh.http.QueryString;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request.
 *
 * @param values by name, decoded; of a repeated one the first, as llama-sd took it
 */
record RequestQuery(Map<String, String> values) {

  private static final int MAX_PARAMETERS = 64;

  /** Reads a query; what cannot be decoded stays as it is. */
  static RequestQuery parse(@Nullable String raw) {
    return new RequestQuery(
        QueryString.parse(raw, MAX_PARAMETERS, QueryString.Repeated.FIRST, RequestQuery::decoded));
  }

  /** A parameter's value; null where it is missing or empty. */
  @Nullable String find(String name) {
    String value = values.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  static String decoded(String text) {
    try {
      return QueryString.decoded(text);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** A segment of a path, in which a plus is a plus. */
  static String segment(String raw) {
    return decoded(raw.replace("+", "%2B"));
  }
}
