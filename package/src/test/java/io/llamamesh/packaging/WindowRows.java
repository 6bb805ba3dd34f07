package io.llamamesh.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llamamesh.results.Point;
import io.llamamesh.results.PointReader;
import io.llamamesh.scraper.store.LineProtocol;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rows of windows, one for each pair that a window has, as lines of a store: those that an agent
 * publishes are the very lines that a store must hold.
 */
final class WindowRows {
  private static final PointReader READER = new PointReader();

  /** Series, fields, and the window's end in milliseconds. */
  private static final Pattern LINE = Pattern.compile("^((?:\\\\.|[^\\\\ ])*) (.*) (\\d+)$");

  private static final Pattern TAG = Pattern.compile(",([a-z_]+)=((?:\\\\.|[^\\\\, ])*)");

  private WindowRows() {}

  /** Rows of an answer of an agent's {@code /influxdata}. */
  static Set<String> published(String json) throws IOException {
    return new TreeSet<>(
        LineProtocol.lines(
            READER.read(json.getBytes(UTF_8)).stream()
                .filter(point -> point.measurement().equals(Point.RAW_STATS))
                .toList()));
  }

  /** A row's tag; empty where it has none. */
  static String tag(String row, String name) {
    Matcher tags = TAG.matcher(series(row));
    while (tags.find()) {
      if (tags.group(1).equals(name)) {
        return tags.group(2);
      }
    }
    return "";
  }

  /** A row's measurement and tags. */
  static String series(String row) {
    return part(row, 1);
  }

  /** What a store knows a row by: one with the same replaces it. */
  static String key(String row) {
    return part(row, 1) + " " + part(row, 3);
  }

  /** End of a row's window, in milliseconds since 1970. */
  static long end(String row) {
    return Long.parseLong(part(row, 3));
  }

  private static String part(String row, int group) {
    Matcher parts = LINE.matcher(row);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no line of a store: " + row);
    }
    return parts.group(group);
  }

  /** Number of windows that rows are of, by the names of their sources. */
  static long windows(Collection<String> rows) {
    return rows.stream()
        .map(row -> tag(row, Point.Tags.SRC_NAME) + " " + end(row))
        .distinct()
        .count();
  }
}
