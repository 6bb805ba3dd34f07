package io.llamamesh.operator.plan;

import io.llamamesh.crd.MeshSettings.Group;
import io.llamamesh.crd.MeshSettings.Probe;
import io.llamamesh.crd.MeshSettings.Target;
import java.util.List;

/**
 * Targets of one node for one entry of {@code spec.probes}.
 *
 * @param probe the entry
 * @param from its source group, whose tags go on the points
 * @param nodes members of the mesh, sorted by name
 * @param outside reflectors outside the cluster
 */
record NodeTargets(Probe probe, Group from, List<NodeFacts> nodes, List<Target> outside) {
  NodeTargets {
    nodes = List.copyOf(nodes);
    outside = List.copyOf(outside);
  }

  static NodeTargets members(Probe probe, Group from, List<NodeFacts> nodes) {
    return new NodeTargets(probe, from, nodes, List.of());
  }

  static NodeTargets outside(Probe probe, Group from, List<Target> targets) {
    return new NodeTargets(probe, from, List.of(), targets);
  }

  /** Key of these targets in the config document: equal for entries that have the same targets. */
  String key() {
    return outside.isEmpty() ? probe.from() + ">" + probe.to() : probe.from() + ">outside";
  }
}
