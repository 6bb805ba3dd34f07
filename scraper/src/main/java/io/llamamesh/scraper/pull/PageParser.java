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
 * Reads the body of {@code /influxdata}. A point that cannot be read, or cannot be true ({@link
 * PointCheck}), is counted and costs no other.
 */
final class PageParser {
  /** An agent's window has some twenty thousand at worst; pages have ten windows at most. */
  static final int MAX_POINTS = 200_000;

  /** Beyond that it is no list of points but work. */
  static final int MAX_MALFORMED = 1_000;

  private static final PointReader POINTS = new PointReader();

  private PageParser() {}

  /**
   * The page of a body.
   *
   * @param cursor absent for agents whose points carry no time that counts
   * @throws IOException where it is no list, or a list of more than is taken
   */
  static Page parse(
      byte[] body, @Nullable WindowCursor cursor, boolean more, @Nullable Duration skew)
      throws IOException {
    return checked(read(body), cursor != null, cursor, more, skew);
  }

  /** The page of points that were posted: their times count, and there is no cursor. */
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
