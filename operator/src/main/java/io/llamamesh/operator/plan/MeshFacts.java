package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec;
import java.util.List;

/**
 * Everything that a plan is made from.
 *
 * @param mesh the mesh's name
 * @param spec its spec with every default filled in, see {@link io.llamamesh.crd.MeshDefaults}
 * @param ingestUrl where agents that end leave their last windows
 * @param nodes every node of the cluster, in any order
 */
public record MeshFacts(String mesh, LlamaMeshSpec spec, String ingestUrl, List<NodeFacts> nodes) {
  public MeshFacts {
    nodes = List.copyOf(nodes);
  }
}
