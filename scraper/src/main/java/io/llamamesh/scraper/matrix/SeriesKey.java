package io.llamamesh.scraper.matrix;

import io.llamamesh.results.IpText;
import io.llamamesh.results.Point;
import java.util.Comparator;
import java.util.Map;

/**
 * Key of one time series. Comparable, so that a map of keys stays fast even if made-up names share
 * one hash.
 *
 * @param source name of the node that probed
 * @param destination name of the node or target that was probed
 * @param port the traffic class
 * @param family {@code IPv4} or {@code IPv6}
 * @param group the group whose rules apply; a pair may be in several
 */
public record SeriesKey(String source, String destination, String port, String family, String group)
    implements Comparable<SeriesKey> {
  private static final Comparator<SeriesKey> ORDER =
      Comparator.comparing(SeriesKey::source)
          .thenComparing(SeriesKey::destination)
          .thenComparing(SeriesKey::port)
          .thenComparing(SeriesKey::family)
          .thenComparing(SeriesKey::group);

  @Override
  public int compareTo(SeriesKey other) {
    return ORDER.compare(this, other);
  }

  /** The key of the pair and class over all groups. */
  SeriesKey withoutGroup() {
    return group.isEmpty() ? this : new SeriesKey(source, destination, port, family, "");
  }

  /** Total length of its texts. */
  int textLength() {
    return source.length()
        + destination.length()
        + port.length()
        + family.length()
        + group.length();
  }

  /**
   * The key of a point.
   *
   * @param agent the agent that published it, for points of Go LLAMA which lack {@code src_name}
   */
  static SeriesKey of(Point point, String agent) {
    Map<String, String> tags = point.tags();
    String address = tags.getOrDefault(Point.Tags.DST_IP, "");
    String name = tags.get(Point.Tags.DST_NAME);
    if (name == null) {
      name = address.isEmpty() ? "unknown" : IpText.canonical(address);
    }
    return new SeriesKey(
        tags.getOrDefault(Point.Tags.SRC_NAME, agent),
        name,
        tags.getOrDefault(Point.Tags.PORT, "default"),
        address.indexOf(':') >= 0 ? "IPv6" : "IPv4",
        tags.getOrDefault(Point.Tags.GROUP, ""));
  }
}
