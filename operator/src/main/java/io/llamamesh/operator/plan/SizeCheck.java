package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec.Group;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a spec asks for that these nodes are too many for. */
public final class SizeCheck {
  private SizeCheck() {}

  /**
   * Everything that is too large.
   *
   * @param facts with a spec that {@link SpecCheck} has nothing against
   */
  public static List<Refusal> check(MeshFacts facts) {
    List<Refusal> refusals = new ArrayList<>();
    if (Objects.requireNonNull(facts.spec().topology()).mode() != TopologyMode.FULL_MESH) {
      return refusals;
    }
    for (Group group : Planner.orEmpty(facts.spec().groups())) {
      long nodes =
          facts.nodes().stream().filter(node -> Planner.selects(facts.spec(), group, node)).count();
      if (nodes > PeerGraph.MAX_FULL_MESH) {
        refusals.add(
            Refusal.invalid(
                "spec.topology.mode: FullMesh is for up to "
                    + PeerGraph.MAX_FULL_MESH
                    + " nodes, group '"
                    + group.name()
                    + "' selects "
                    + nodes
                    + "; write Auto or Sparse, or narrow its nodeSelector"));
      }
    }
    return refusals;
  }
}
