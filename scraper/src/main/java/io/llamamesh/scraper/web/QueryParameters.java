package io.llamamesh.scraper.web;

import io.llamamesh.http.QueryString;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Query parameters of a request.
 *
 * @param values decoded values by name; of a repeated one the last
 */
record QueryParameters(Map<String, String> values) {
  private static final int MAX_LENGTH = 4_096;

  /** A parameter is invalid. */
  static final class BadQueryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadQueryException(String message) {
      super(message);
    }
  }

  static QueryParameters parse(@Nullable String raw) {
    if (raw != null && raw.length() > MAX_LENGTH) {
      throw new BadQueryException("the query is longer than " + MAX_LENGTH + " characters");
    }
    return new QueryParameters(
        QueryString.parse(raw, 0, QueryString.Repeated.LAST, QueryParameters::decoded));
  }

  static String decoded(String text) {
    try {
      return QueryString.decoded(text);
    } catch (IllegalArgumentException e) {
      throw new BadQueryException("'" + text + "' is not percent-encoded rightly");
    }
  }

  /** A parameter as an integer; the default if it is absent. */
  int number(String name, int absent, int least, int most) {
    String text = values.get(name);
    if (text == null || text.isEmpty()) {
      return absent;
    }
    if (text.matches("[0-9]{1,9}")) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw new BadQueryException(
        "%s must be a number from %d to %d, was '%s'".formatted(name, least, most, text));
  }

  /** A parameter as text; null if it is absent, which differs from empty. */
  @Nullable String text(String name) {
    return values.get(name);
  }

  /** A parameter as an enum's constant, which is written in lower case. */
  <E extends Enum<E>> E oneOf(String name, E absent) {
    String text = values.get(name);
    if (text == null || text.isEmpty()) {
      return absent;
    }
    List<String> known = new ArrayList<>();
    for (E constant : absent.getDeclaringClass().getEnumConstants()) {
      String word = constant.name().toLowerCase(Locale.ROOT);
      if (word.equals(text)) {
        return constant;
      }
      known.add(word);
    }
    throw new BadQueryException(
        "%s must be one of %s, was '%s'".formatted(name, String.join(", ", known), text));
  }

  /** A parameter as a time, in RFC 3339 or seconds since the epoch; null if it is absent. */
  @Nullable Instant time(String name) {
    String text = values.get(name);
    if (text == null || text.isEmpty()) {
      return null;
    }
    try {
      return text.matches("[0-9]{1,11}")
          ? Instant.ofEpochSecond(Long.parseLong(text))
          : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new BadQueryException(
          name + " must be a time as 2026-11-20T09:40:10Z, was '" + text + "'");
    }
  }
}
