package io.llamamesh.config;

import io.llamamesh.results.Point;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of the config document; a violation is an {@link IllegalArgumentException} that names
 * field and value.
 */
final class Bounds {
  static final int MAX_NAMED = 256;
  static final int MAX_TARGETS = 20_000;
  static final int MAX_TAGS = 64;
  static final int MAX_TEXT = 512;

  private Bounds() {}

  static void range(String field, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          field + " must be from " + min + " to " + max + ", was " + value);
    }
  }

  static void range(String field, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw new IllegalArgumentException(
          field + " must be from " + min + " to " + max + ", was " + value);
    }
  }

  static void text(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(field + " is missing");
    }
    if (value.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          field + " must have at most " + MAX_TEXT + " characters, had " + value.length());
    }
  }

  static Map<String, String> tags(String field, @Nullable Map<String, String> tags) {
    Map<String, String> copy = copy(field, tags, MAX_TAGS);
    copy.forEach((key, value) -> {
      text(field + " key", key);
      if (Point.Tags.OF_STORES.contains(key)) {
        throw new IllegalArgumentException(
            field
                + "."
                + key
                + " is a name that InfluxDB keeps for itself, which would refuse every point;"
                + " name the tag otherwise");
      }
      if (value.length() > MAX_TEXT) {
        throw new IllegalArgumentException(
            field + "." + key + " must have at most " + MAX_TEXT + " characters");
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
      throw new IllegalArgumentException(
          field + " must have at most " + max + " entries, had " + map.size());
    }
    map.forEach((key, value) -> {
      if (value == null) {
        throw new IllegalArgumentException(field + "." + key + " is empty");
      }
    });
    return java.util.Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  static <V> Map<String, List<V>> copyLists(
      String field, @Nullable Map<String, List<V>> map, int max) {
    Map<String, List<V>> copy = new LinkedHashMap<>(copy(field, map, max));
    copy.replaceAll((key, list) -> List.copyOf(list));
    int total = copy.values().stream().mapToInt(List::size).sum();
    if (total > max) {
      throw new IllegalArgumentException(
          field + " must have at most " + max + " entries in all, had " + total);
    }
    return java.util.Collections.unmodifiableMap(copy);
  }
}
