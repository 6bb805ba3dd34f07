package io.llamamesh.scraper.testing;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.Point.Tags;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Points as agents publish them. */
public final class Points {
  private Points() {}

  /** One window of a pair; the median RTT is {@code rtt}, p99 twice that. */
  public static Point pair(
      String source, String destination, Instant end, long sent, long lost, double rtt) {
    Map<String, Double> fields = new LinkedHashMap<>();
    fields.put(Fields.SENT, (double) sent);
    fields.put(Fields.RECEIVED, (double) (sent - lost));
    fields.put(Fields.LOST, (double) lost);
    if (sent > 0) {
      fields.put(Fields.LOSS, 100.0 * lost / sent);
    }
    if (sent > lost) {
      fields.put(Fields.RTT, rtt);
      fields.put(Fields.RTT_P50, rtt);
      fields.put(Fields.RTT_P99, 2 * rtt);
      fields.put(Fields.JITTER, rtt / 10);
    }
    return new Point(Point.RAW_STATS, end, tags(source, destination), fields);
  }

  /** One window of a pair whose destination's host says that nobody listens. */
  public static Point refused(String source, String destination, Instant end, long sent) {
    Map<String, Double> fields = new LinkedHashMap<>();
    fields.put(Fields.SENT, (double) sent);
    fields.put(Fields.RECEIVED, 0.0);
    fields.put(Fields.LOST, 0.0);
    fields.put(Fields.REFUSED, (double) sent);
    return new Point(Point.RAW_STATS, end, tags(source, destination), fields);
  }

  /** One source port of a pair in a window. */
  public static Point path(
      String source, String destination, Instant end, int port, long sent, long lost) {
    Map<String, String> tags = new LinkedHashMap<>(tags(source, destination));
    tags.put(Tags.SRC_PORT, Integer.toString(port));
    return new Point(
        Point.PATH_STATS,
        end,
        tags,
        Map.of(Fields.SENT, (double) sent, Fields.LOST, (double) lost));
  }

  /** What the destination's reflector sent back to the source in a window. */
  public static Point reflected(String source, String destination, Instant end, long probes) {
    Map<String, String> all = tags(source, destination);
    Map<String, String> tags = new LinkedHashMap<>();
    for (String name : new String[] {Tags.MESH, Tags.DST_NAME, Tags.DST_IP, Tags.SRC_IP}) {
      tags.put(name, String.valueOf(all.get(name)));
    }
    return new Point(Point.REFLECTED_STATS, end, tags, Map.of(Fields.REFLECTED, (double) probes));
  }

  /** One of 32,768 names of thirty characters that all have one {@link String#hashCode}. */
  public static String sameHash(int number) {
    StringBuilder name = new StringBuilder();
    for (int bit = 0; bit < 15; bit++) {
      name.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return name.toString();
  }

  /** The same point with another tag. */
  public static Point with(Point point, String tag, String value) {
    Map<String, String> tags = new LinkedHashMap<>(point.tags());
    tags.put(tag, value);
    return new Point(point.measurement(), point.time(), tags, point.fields());
  }

  /** Tags of a pair in class {@code default}; the zone is the name's letter after the last dash. */
  public static Map<String, String> tags(String source, String destination) {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put(Tags.MESH, "default");
    tags.put(Tags.SRC_NAME, source);
    tags.put(Tags.DST_NAME, destination);
    tags.put(Tags.SRC_IP, "10.0.0." + Math.floorMod(source.hashCode(), 250));
    tags.put(Tags.DST_IP, "10.0.0." + Math.floorMod(destination.hashCode(), 250));
    tags.put(Tags.GROUP, "default");
    tags.put(Tags.PORT, "default");
    tags.put(Tags.DSCP, "0");
    return tags;
  }
}
