package io.llamamesh.operator.plan;

import io.llamamesh.crd.MeshSettings.Topology;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Graph of peers: for every source the destinations that it probes, sorted by name. */
final class PeerGraph {
  /** Members up to which a full mesh may be asked for. */
  static final int MAX_FULL_MESH = 256;

  private PeerGraph() {}

  /**
   * Within one group.
   *
   * @param seed makes the graphs of different groups differ
   * @param members sorted by name
   */
  static Map<String, List<NodeFacts>> within(
      String seed, List<NodeFacts> members, Topology topology) {
    int k = topology.maxPeers();
    boolean full =
        switch (topology.mode()) {
          // One that outgrew its limit goes on as a sparse one, see SizeCheck.
          case FULL_MESH -> members.size() <= MAX_FULL_MESH;
          case AUTO -> members.size() <= k + 1;
          case SPARSE -> false;
        };
    return full ? full(members) : SparseGraph.of(seed, members, k);
  }

  private static Map<String, List<NodeFacts>> full(List<NodeFacts> members) {
    Map<String, List<NodeFacts>> graph = new TreeMap<>();
    for (NodeFacts source : members) {
      graph.put(
          source.name(),
          members.stream().filter(other -> !other.name().equals(source.name())).toList());
    }
    return graph;
  }
}
