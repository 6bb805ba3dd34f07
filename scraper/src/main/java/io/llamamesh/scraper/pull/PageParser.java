package io.llamamesh.scraper.pull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.results.Point;
import io.llamamesh.results.PointReader;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the body of {@code /influxdata}; one unreadable point does not cost the others. */
final class PageParser {
  private static final PointReader POINTS = new PointReader();

  private PageParser() {}

  static Page parse(
      byte[] body, @Nullable WindowCursor cursor, boolean more, @Nullable Duration skew)
      throws IOException {
    try {
      return new Page(POINTS.read(body), cursor, more, skew, 0);
    } catch (IOException e) {
      return oneByOne(body, cursor, more, skew);
    }
  }

  private static Page oneByOne(
      byte[] body, @Nullable WindowCursor cursor, boolean more, @Nullable Duration skew)
      throws IOException {
    JsonNode tree;
    try {
      tree = ResultsJson.mapper().readTree(body);
    } catch (JsonProcessingException e) {
      throw new IOException("answer is not JSON", e);
    }
    if (!tree.isArray()) {
      throw new IOException("answer is not a list of points");
    }
    List<Point> points = new ArrayList<>();
    int malformed = 0;
    for (JsonNode node : tree) {
      try {
        points.add(ResultsJson.mapper().treeToValue(node, Point.class));
      } catch (JsonProcessingException | IllegalArgumentException | NullPointerException e) {
        malformed++;
      }
    }
    return new Page(points, cursor, more, skew, malformed);
  }
}
