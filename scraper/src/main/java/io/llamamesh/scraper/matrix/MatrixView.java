package io.llamamesh.scraper.matrix;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Immutable snapshot of selected windows of all pairs.
 *
 * @param intervalSeconds length of a window as the agents publish them
 * @param newest end of the newest window, seconds since the epoch; 0 without any
 * @param pairs series of each ordered pair and class, in the order of {@link PairSeries}
 * @param nodes zone and address of each node and target, by name
 */
public record MatrixView(
    long intervalSeconds, long newest, List<PairSeries> pairs, Map<String, NodeInfo> nodes) {

  /** The zone of a node; empty if it has none. */
  public String zone(String node) {
    NodeInfo info = nodes.get(node);
    return info == null ? "" : info.zone();
  }

  /** The view without pairs of these nodes. */
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
   * Zone and address of a node or target, as points have them.
   *
   * @param name its name
   * @param zone its zone; empty if it has none
   * @param address the address it is probed at or probes from; empty while unknown
   * @param method how it is probed, where it is a target without a reflector: {@code icmp} or
   *     {@code tcp}; else empty
   */
  public record NodeInfo(String name, String zone, String address, String method) {
    /** A node, or a target with a reflector. */
    public NodeInfo(String name, String zone, String address) {
      this(name, zone, address, "");
    }
  }
}
