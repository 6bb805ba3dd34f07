package io.llamamesh.scraper.store;

import io.llamamesh.results.Point;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Encoder of points in InfluxDB's line protocol, one line each, times in milliseconds, by which
 * agents keep windows distinct that would otherwise have the same end.
 *
 * <p>Hand-written: the client's own points, which sort and format each number, took most of a core
 * for a window of a thousand agents.
 */
public final class LineProtocol {
  private static final int USUAL_LINE = 640;
  private static final double MILLION = 1e6;
  private static final double EXACT_INTEGERS = 1L << 53;

  /** Smallest magnitude that is written; smaller ones would be a line of zeros. */
  private static final double LEAST = 1e-30;

  private LineProtocol() {}

  /** Encodes points; a point without a field has no line. */
  public static List<String> lines(Collection<Point> points) {
    List<String> lines = new ArrayList<>(points.size());
    StringBuilder line = new StringBuilder(USUAL_LINE);
    for (Point point : points) {
      if (!point.fields().isEmpty()) {
        line.setLength(0);
        write(point, line);
        lines.add(line.toString());
      }
    }
    return lines;
  }

  private static void write(Point point, StringBuilder line) {
    escape(point.measurement(), false, line);
    point.forEachTag((name, value) -> {
      // InfluxDB does not allow empty tags.
      if (!name.isEmpty() && !value.isEmpty()) {
        line.append(',');
        escape(name, true, line);
        line.append('=');
        escape(value, true, line);
      }
    });
    int fields = line.length();
    point.forEachField((name, value) -> {
      line.append(line.length() == fields ? ' ' : ',');
      escape(name, true, line);
      line.append('=');
      decimal(value, line);
    });
    line.append(' ').append(point.time().toEpochMilli());
  }

  /** Escapes characters that would end a name or the line; a control character becomes a blank. */
  private static void escape(String text, boolean equals, StringBuilder line) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' || c == ',' || (equals && c == '=')) {
        line.append('\\').append(c);
      } else if (c < ' ' || c == 127) {
        line.append("\\ ");
      } else if (c == '\\' && i == text.length() - 1) {
        // It would escape the character after the name.
        line.append('/');
      } else {
        line.append(c);
      }
    }
  }

  /**
   * Appends a number that parses back to the same value, with a decimal point and without an
   * exponent.
   */
  private static void decimal(double number, StringBuilder line) {
    double value = Math.abs(number) < LEAST ? 0 : number;
    double scaled = Math.abs(value) * MILLION;
    long millionths = (long) scaled;
    if (scaled < EXACT_INTEGERS
        && millionths == scaled
        && millionths / MILLION == Math.abs(value)) {
      if (value < 0) {
        line.append('-');
      }
      line.append(millionths / 1_000_000).append('.');
      fraction((int) (millionths % 1_000_000), line);
    } else {
      String text = Double.toString(value);
      line.append(text.indexOf('E') < 0 ? text : new BigDecimal(text).toPlainString());
    }
  }

  /** Appends millionths without trailing zeros, but for the first digit. */
  private static void fraction(int millionths, StringBuilder line) {
    int rest = millionths;
    int unit = 100_000;
    do {
      line.append((char) ('0' + rest / unit));
      rest %= unit;
      unit /= 10;
    } while (rest > 0);
  }
}
