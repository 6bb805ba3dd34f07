package io.llamamesh.agent.http;

import io.llamamesh.http.QueryString;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a request.
 *
 * @param values those of the URL
 * @param stored cursor that the reader has stored; null where it does not say
 */
record Query(Map<String, String> values, @Nullable String stored) {

  private static final int MAX_LENGTH = 2048;

  Query {
    values = Map.copyOf(values);
  }

  /** Parses the query of a URL. */
  static Query parse(@Nullable String raw) throws RequestException {
    return parse(raw, null);
  }

  /** Parses the query of a URL, and the reader's header. */
  static Query parse(@Nullable String raw, @Nullable String stored) throws RequestException {
    if (raw != null && raw.length() > MAX_LENGTH) {
      throw new RequestException(414, "query is longer than " + MAX_LENGTH + " characters");
    }
    try {
      return new Query(
          QueryString.parse(raw, 0, QueryString.Repeated.LAST, QueryString::decoded), stored);
    } catch (IllegalArgumentException e) {
      throw new RequestException(400, "query has a broken percent escape");
    }
  }

  void allowOnly(Set<String> known) throws RequestException {
    for (String name : values.keySet()) {
      if (!known.contains(name)) {
        throw new RequestException(
            400, "unknown parameter '" + name + "', known are " + known.stream().sorted().toList());
      }
    }
  }

  Optional<String> get(String name) {
    return Optional.ofNullable(values.get(name));
  }

  int number(String name, int min, int max, int fallback) throws RequestException {
    String text = values.get(name);
    if (text == null) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // refused below, like a number out of bounds
    }
    throw new RequestException(
        400, name + " must be a number from " + min + " to " + max + ", was '" + text + "'");
  }
}
