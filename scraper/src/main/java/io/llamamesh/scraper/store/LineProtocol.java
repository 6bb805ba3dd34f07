package io.llamamesh.scraper.store;

import com.influxdb.client.domain.WritePrecision;
import io.llamamesh.results.Point;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Points in InfluxDB's line protocol, one line each, times in milliseconds: agents tell windows
 * apart by them that would else have the same end.
 */
public final class LineProtocol {
  private LineProtocol() {}

  /** The lines of points; a point without any field has none. */
  public static List<String> lines(Collection<Point> points) {
    List<String> lines = new ArrayList<>(points.size());
    for (Point point : points) {
      if (!point.fields().isEmpty()) {
        lines.add(line(point));
      }
    }
    return lines;
  }

  private static String line(Point point) {
    com.influxdb.client.write.Point line =
        com.influxdb.client.write.Point.measurement(point.measurement());
    point
        .tags()
        .forEach((name, value) -> {
          // An empty tag is no tag to InfluxDB, and a line break would end the line.
          if (!value.isEmpty()) {
            line.addTag(name, value.replace('\n', ' '));
          }
        });
    point.fields().forEach(line::addField);
    line.time(point.time().toEpochMilli(), WritePrecision.MS);
    return line.toLineProtocol();
  }
}
