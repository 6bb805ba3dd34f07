package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec.Topology;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Who probes whom: for every source the destinations, sorted by name. */
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
    int k = maxPeers(topology);
    boolean full =
        switch (Objects.requireNonNullElse(topology.mode(), TopologyMode.AUTO)) {
          // One that outgrew its limit goes on as a sparse one, see SizeCheck.
          case FULL_MESH -> members.size() <= MAX_FULL_MESH;
          case AUTO -> members.size() <= k + 1;
          case SPARSE -> false;
        };
    return full ? full(members) : SparseGraph.of(seed, members, k);
  }

  /** Peers per node in a sparse mesh. */
  static int maxPeers(Topology topology) {
    return Objects.requireNonNullElse(topology.maxPeers(), 64);
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
