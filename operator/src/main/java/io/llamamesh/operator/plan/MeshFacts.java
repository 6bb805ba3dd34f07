package io.llamamesh.operator.plan;

import io.llamamesh.crd.MeshSettings;
import java.util.List;

/**
 * Facts from which a plan is made, and nothing else.
 *
 * @param mesh the mesh's name
 * @param settings what its spec means
 * @param ingestUrl where agents that end leave their last windows
 * @param nodes every node of the cluster, in any order
 */
public record MeshFacts(
    String mesh, MeshSettings settings, String ingestUrl, List<NodeFacts> nodes) {
  public MeshFacts {
    nodes = List.copyOf(nodes);
  }
}
