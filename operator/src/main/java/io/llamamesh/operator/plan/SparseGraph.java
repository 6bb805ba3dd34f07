package io.llamamesh.operator.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

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

  /** Low bits of a sort key that hold a member's position: a million members. */
  private static final long POSITION = (1 << 20) - 1;

  private final List<NodeFacts> members;
  private final long[] names;

  /** By source, destinations as positions among the members; with repetitions. */
  private final int[][] edges;

  private final int[] degrees;

  private SparseGraph(List<NodeFacts> members, int k) {
    this.members = members;
    names = members.stream().mapToLong(m -> StableHash.of(m.name())).toArray();
    edges = new int[members.size()][k];
    degrees = new int[members.size()];
  }

  /**
   * The graph.
   *
   * @param members sorted by name
   */
  static Map<String, List<NodeFacts>> of(String seed, List<NodeFacts> members, int k) {
    SparseGraph graph = new SparseGraph(members, k);
    long base = StableHash.of(seed);
    int[] all = IntStream.range(0, members.size()).toArray();
    for (int ring = 0; ring < k - k / 8; ring++) {
      int[] order = graph.ranked(StableHash.of(base, ring), all);
      for (int i = 0; i < order.length; i++) {
        graph.add(order[i], order[(i + 1) % order.length]);
      }
    }
    graph.addZones(base, k);
    return graph.peers();
  }

  private void addZones(long base, int k) {
    Map<String, List<Integer>> zones = new TreeMap<>();
    for (int i = 0; i < members.size(); i++) {
      String zone = members.get(i).zone();
      if (zone != null) {
        zones.computeIfAbsent(zone, z -> new ArrayList<>()).add(i);
      }
    }
    if (zones.size() > k / 8 + 1) {
      return;
    }
    List<int[]> probers =
        zones.values().stream()
            .map(zone -> ranked(base, zone.stream().mapToInt(Integer::intValue).toArray()))
            .toList();
    for (int[] from : probers) {
      for (int[] to : probers) {
        for (int i = 0; i < Math.min(ZONE_PROBERS, Math.min(from.length, to.length)); i++) {
          // Within a zone this is the node itself, which is never added.
          add(from[i], to[i]);
        }
      }
    }
  }

  private void add(int from, int to) {
    if (from != to) {
      edges[from][degrees[from]++] = to;
    }
  }

  private Map<String, List<NodeFacts>> peers() {
    Map<String, List<NodeFacts>> peers = LinkedHashMap.newLinkedHashMap(members.size());
    for (int i = 0; i < members.size(); i++) {
      Arrays.sort(edges[i], 0, degrees[i]);
      List<NodeFacts> sorted = new ArrayList<>(degrees[i]);
      for (int j = 0; j < degrees[i]; j++) {
        if (j == 0 || edges[i][j] != edges[i][j - 1]) {
          sorted.add(members.get(edges[i][j]));
        }
      }
      peers.put(members.get(i).name(), sorted);
    }
    return peers;
  }

  /**
   * Positions in the order of their hashes, those of equal hashes in the order of their names: a
   * key holds both, so that sorting plain numbers is all there is to do.
   */
  private int[] ranked(long seed, int[] positions) {
    long[] keys = new long[positions.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = (StableHash.of(seed, names[positions[i]]) & ~POSITION) | i;
    }
    Arrays.sort(keys);
    int[] order = new int[positions.length];
    for (int i = 0; i < keys.length; i++) {
      order[i] = positions[(int) (keys[i] & POSITION)];
    }
    return order;
  }
}
