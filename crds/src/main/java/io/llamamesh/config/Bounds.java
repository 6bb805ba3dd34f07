package io.llamamesh.config;

import io.llamamesh.results.Point;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bounds of the config document; a violation is a {@link FieldException}. */
final class Bounds {
  static final int MAX_NAMED = 256;
  static final int MAX_TARGETS = 20_000;
  static final int MAX_TESTS = 1_024;

  /** Targets times traffic classes, over all tests. */
  static final int MAX_PAIRS = 100_000;

  static final int MAX_TAGS = 64;
  static final int MAX_TEXT = 512;

  private Bounds() {}

  static void range(String field, long value, long min, long max) {
    if (value < min || value > max) {
      throw wrong(field, "must be from " + min + " to " + max + ", was " + value);
    }
  }

  static void range(String field, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw wrong(field, "must be from " + min + " to " + max + ", was " + value);
    }
  }

  static void text(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw wrong(field, "is missing");
    }
    if (value.length() > MAX_TEXT) {
      throw wrong(field, "must have at most " + MAX_TEXT + " characters, had " + value.length());
    }
  }

  static void optionalText(String field, @Nullable String value) {
    if (value != null && value.length() > MAX_TEXT) {
      text(field, value);
    }
  }

  static Map<String, String> tags(String field, @Nullable Map<String, String> tags) {
    Map<String, String> copy = copy(field, tags, MAX_TAGS);
    copy.forEach((key, value) -> {
      if (key.isBlank() || key.length() > MAX_TEXT) {
        throw wrong(field, "has a name that is blank or longer than " + MAX_TEXT + " characters");
      }
      if (Point.Tags.RESERVED_BY_INFLUXDB.contains(key)) {
        throw new FieldException(
            section(field),
            List.of(name(field), key),
            "is a name that InfluxDB reserves, which would refuse every point; choose another"
                + " name");
      }
      if (Point.Tags.SET_BY_COLLECTOR.contains(key)) {
        throw new FieldException(
            section(field),
            List.of(name(field), key),
            "is a tag that every point has already; choose another name");
      }
      if (value.length() > MAX_TEXT) {
        throw new FieldException(
            section(field),
            List.of(name(field), key),
            "must have at most " + MAX_TEXT + " characters, had " + value.length());
      }
    });
    return copy;
  }

  /**
   * An unmodifiable copy in the given order, since documents must come out with the same bytes each
   * time.
   */
  @SuppressWarnings({"NullAway", "ConstantValue"}) // values come from Jackson and may be null
  static <V> Map<String, V> copy(String field, @Nullable Map<String, V> map, int max) {
    if (map == null) {
      return Map.of();
    }
    if (map.size() > max) {
      throw wrong(field, "must have at most " + max + " entries, had " + map.size());
    }
    map.forEach((key, value) -> {
      if (value == null) {
        throw new FieldException(section(field), List.of(name(field), key), "is empty");
      }
    });
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  static <V> Map<String, List<V>> copyLists(
      String field, @Nullable Map<String, List<V>> map, int max) {
    Map<String, List<V>> copy = new LinkedHashMap<>(copy(field, map, max));
    copy.replaceAll((key, list) -> List.copyOf(list));
    int total = copy.values().stream().mapToInt(List::size).sum();
    if (total > max) {
      throw wrong(field, "must have at most " + max + " entries in all, had " + total);
    }
    return Collections.unmodifiableMap(copy);
  }

  static FieldException wrong(String field, String problem) {
    return new FieldException(section(field), List.of(name(field)), problem);
  }

  private static String section(String field) {
    int dot = field.lastIndexOf('.');
    return dot < 0 ? "" : field.substring(0, dot);
  }

  private static String name(String field) {
    return field.substring(field.lastIndexOf('.') + 1);
  }
}
