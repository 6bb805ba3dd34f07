package io.llamamesh.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Parameters of a URL's query by their names. */
public final class QueryString {
  /** The value of a repeated parameter that counts. */
  public enum Repeated {
    FIRST,
    LAST
  }

  private QueryString() {}

  /**
   * Reads what stands behind the question mark; a parameter without {@code =} is empty.
   *
   * @param raw null for none
   * @param most bound of parameters; what follows is part of the last one. Below 1: none
   * @param decode decodes each name and each value, as {@link #decoded}
   */
  public static Map<String, String> parse(
      @Nullable String raw, int most, Repeated repeated, UnaryOperator<String> decode) {
    Map<String, String> values = new HashMap<>();
    if (raw == null || raw.isEmpty()) {
      return values;
    }
    for (String pair : raw.split("&", most < 1 ? -1 : most)) {
      int equals = pair.indexOf('=');
      String name = decode.apply(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decode.apply(pair.substring(equals + 1));
      if (repeated == Repeated.LAST) {
        values.put(name, value);
      } else {
        values.putIfAbsent(name, value);
      }
    }
    return values;
  }

  /**
   * Resolves percent escapes; a plus is a blank.
   *
   * @throws IllegalArgumentException where an escape is broken
   */
  public static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
