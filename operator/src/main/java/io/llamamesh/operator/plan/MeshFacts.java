package io.llamamesh.operator.plan;

import io.llamamesh.crd.MeshSettings;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.util.List;

/**
 * Facts from which a plan is made, and nothing else.
 *
 * @param mesh the mesh's name
 * @param settings what its spec means
 * @param ingestUrl where agents that end leave their last windows
 * @param nodes every node of the cluster, in any order
 * @param outside probes that are registered, by group and name
 */
public record MeshFacts(
    String mesh,
    MeshSettings settings,
    String ingestUrl,
    List<NodeFacts> nodes,
    List<ListedProbe> outside) {
  public MeshFacts {
    nodes = List.copyOf(nodes);
    outside = List.copyOf(outside);
  }

  /** Facts of a mesh without registered probes. */
  public MeshFacts(String mesh, MeshSettings settings, String ingestUrl, List<NodeFacts> nodes) {
    this(mesh, settings, ingestUrl, nodes, List.of());
  }
}
