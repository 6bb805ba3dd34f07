package io.llamamesh.operator.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A sparse graph that stays connected, balanced and calm: every node probes its successor on each
 * of k - k/8 rings, on which the members stand in the order of a hash of ring and name; and the
 * first four by hash of every zone probe their likes in every other zone, while the zones are at
 * most k/8 + 1.
 *
 * <p>Each ring alone connects all members strongly; it gives a node one edge out and one in; a join
 * or a leave changes one other node's successor on it. So with R = k - k/8 rings a join changes at
 * most R + 1 configs through the rings. Where it shifts the ranks of its zone, at most four nodes
 * of that zone and the one they push out change, and at most four in each of at most k/8 others: R
 * + 6 + k/2 in all, which is at most 2k + 1 from k = 8 on. Degrees are at most R + k/8 = k.
 */
final class SparseGraph {
  private static final int ZONE_PROBERS = 4;

  private SparseGraph() {}

  static Map<String, List<NodeFacts>> of(String seed, List<NodeFacts> members, int k) {
    Map<String, Map<String, NodeFacts>> edges = new TreeMap<>();
    members.forEach(m -> edges.put(m.name(), new TreeMap<>()));
    long base = Hash.of(seed);
    int rings = k - k / 8;
    for (int ring = 0; ring < rings; ring++) {
      addRing(edges, ranked(Hash.of(base, ring), members));
    }
    addZones(edges, members, base, k);
    Map<String, List<NodeFacts>> graph = new TreeMap<>();
    edges.forEach((source, peers) -> graph.put(source, List.copyOf(peers.values())));
    return graph;
  }

  private static void addRing(Map<String, Map<String, NodeFacts>> edges, List<NodeFacts> order) {
    for (int i = 0; i < order.size(); i++) {
      add(edges, order.get(i), order.get((i + 1) % order.size()));
    }
  }

  private static void addZones(
      Map<String, Map<String, NodeFacts>> edges, List<NodeFacts> members, long base, int k) {
    Map<String, List<NodeFacts>> zones = new TreeMap<>();
    for (NodeFacts member : members) {
      String zone = member.zone();
      if (zone != null) {
        zones.computeIfAbsent(zone, z -> new ArrayList<>()).add(member);
      }
    }
    if (zones.size() > k / 8 + 1) {
      return;
    }
    zones.replaceAll(
        (zone, all) -> ranked(base, all).subList(0, Math.min(ZONE_PROBERS, all.size())));
    zones.forEach((zone, from) ->
        zones.forEach((other, to) -> {
          for (int i = 0; i < Math.min(from.size(), to.size()); i++) {
            // Within a zone this is the node itself, which is never added.
            add(edges, from.get(i), to.get(i));
          }
        }));
  }

  private static void add(Map<String, Map<String, NodeFacts>> edges, NodeFacts from, NodeFacts to) {
    Map<String, NodeFacts> peers = edges.get(from.name());
    if (peers != null && !from.name().equals(to.name())) {
      peers.put(to.name(), to);
    }
  }

  private static List<NodeFacts> ranked(long seed, List<NodeFacts> members) {
    record Ranked(long hash, NodeFacts node) {}
    return members.stream()
        .map(m -> new Ranked(Hash.of(seed, Hash.of(m.name())), m))
        .sorted(Comparator.comparingLong(Ranked::hash).thenComparing(r -> r.node().name()))
        .map(Ranked::node)
        .toList();
  }
}
