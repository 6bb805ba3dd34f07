package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.PointReader;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parser for the body of {@code /influxdata}. A point that cannot be parsed, or is implausible
 * ({@link PointCheck}), is counted and left out.
 */
final class PageParser {
  /** An agent's window has some twenty thousand at worst; pages have ten windows at most. */
  static final int MAX_POINTS = 200_000;

  /** Beyond that the answer is rejected: parsing it would only cost time. */
  static final int MAX_MALFORMED = 1_000;

  private static final PointReader POINTS = new PointReader();

  private PageParser() {}

  /**
   * Parses a body.
   *
   * @param cursor null for agents whose points carry no usable time
   * @throws IOException if it is no list, or too long a list
   */
  static Page parse(
      byte[] body, @Nullable WindowCursor cursor, boolean more, @Nullable Duration skew)
      throws IOException {
    return checked(read(body), cursor != null, cursor, more, skew);
  }

  /** Parses a posted body: its points carry their times, and there is no cursor. */
  static Page parsePosted(byte[] body) throws IOException {
    return checked(read(body), true, null, false, null);
  }

  private record Read(List<Point> points, int malformed) {}

  private static Read read(byte[] body) throws IOException {
    try {
      return new Read(POINTS.read(body, MAX_POINTS), 0);
    } catch (IOException e) {
      return oneByOne(body);
    }
  }

  private static Read oneByOne(byte[] body) throws IOException {
    List<Point> points = new ArrayList<>();
    int malformed = 0;
    JsonElements elements = new JsonElements(body);
    while (elements.next()) {
      try {
        points.add(POINTS.readOne(body, elements.from(), elements.length()));
      } catch (IOException e) {
        malformed++;
      }
      if (malformed > MAX_MALFORMED) {
        throw new IOException("more than " + MAX_MALFORMED + " of its points cannot be read");
      }
      if (points.size() > MAX_POINTS) {
        throw new IOException("answer has more than " + MAX_POINTS + " points");
      }
    }
    return new Read(points, malformed);
  }

  private static Page checked(
      Read read,
      boolean timed,
      @Nullable WindowCursor cursor,
      boolean more,
      @Nullable Duration skew) {
    List<Point> plausible =
        read.points().stream().filter(point -> PointCheck.isPlausible(point, timed)).toList();
    int implausible = read.points().size() - plausible.size();
    return new Page(plausible, cursor, more, skew, read.malformed() + implausible);
  }
}
