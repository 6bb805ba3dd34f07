package io.llamamesh.scraper.matrix;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An unchanging copy of selected windows of all pairs.
 *
 * @param intervalSeconds length of a window as the agents publish them
 * @param newest end of the newest window, seconds since the epoch; 0 without any
 * @param pairs what each ordered pair and class saw in them, in the order of {@link PairSeries}
 * @param nodes what the points told of each node and target, by name
 */
public record MatrixView(
    long intervalSeconds, long newest, List<PairSeries> pairs, Map<String, NodeInfo> nodes) {

  /** The zone of a node; empty where it has none. */
  public String zone(String node) {
    NodeInfo info = nodes.get(node);
    return info == null ? "" : info.zone();
  }

  /** The same without pairs of these nodes. */
  public MatrixView without(Set<String> names) {
    return names.isEmpty()
        ? this
        : new MatrixView(
            intervalSeconds,
            newest,
            pairs.stream()
                .filter(
                    pair -> !names.contains(pair.source()) && !names.contains(pair.destination()))
                .toList(),
            nodes);
  }

  /**
   * What points tell of a node or target.
   *
   * @param name its name
   * @param zone its zone; empty where it has none
   * @param address the address it is probed at or probes from; empty while unknown
   */
  public record NodeInfo(String name, String zone, String address) {}
}
