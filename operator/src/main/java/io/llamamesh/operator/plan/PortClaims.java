package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Host ports of meshes that share nodes: agents are on the host's network, so two meshes on one
 * node must not use the same port. The older mesh has it; of equally old ones the first by
 * namespace and name.
 */
public final class PortClaims {
  private static final Comparator<Claim> OLDEST =
      Comparator.comparing(Claim::created)
          .thenComparing(Claim::namespace)
          .thenComparing(Claim::name);

  private PortClaims() {}

  /**
   * A mesh and what it uses.
   *
   * @param namespace its namespace
   * @param name its name
   * @param created when it was created, as the API server writes it
   * @param spec its spec with every default
   */
  public record Claim(String namespace, String name, String created, LlamaMeshSpec spec) {}

  /**
   * What of the mesh's ports older meshes have on nodes that both use, with the remedy.
   *
   * @param mesh the mesh
   * @param others any meshes; it may be among them
   * @param nodes every node of the cluster
   */
  public static List<Refusal> conflicts(Claim mesh, List<Claim> others, List<NodeFacts> nodes) {
    List<Refusal> refusals = new ArrayList<>();
    Placement ours = Placement.of(mesh.spec().agent());
    for (Claim other : others.stream().sorted(OLDEST).toList()) {
      if (OLDEST.compare(other, mesh) < 0) {
        Placement theirs = Placement.of(other.spec().agent());
        Optional<NodeFacts> shared =
            nodes.stream()
                .filter(node -> ours.fits(node) && theirs.fits(node))
                .min(Comparator.comparing(NodeFacts::name));
        shared.ifPresent(node -> compare(mesh, other, node, refusals));
      }
    }
    return refusals;
  }

  private static void compare(Claim mesh, Claim other, NodeFacts node, List<Refusal> refusals) {
    String theirs =
        " is used by the older mesh "
            + other.namespace()
            + "/"
            + other.name()
            + " on shared nodes such as "
            + node.name()
            + "; ";
    int probe = probePort(mesh.spec());
    if (probe == probePort(other.spec())) {
      refusals.add(
          Refusal.portConflict(
              "spec.reflector.port: UDP port "
                  + probe
                  + theirs
                  + "choose another, or keep the meshes apart by spec.agent.nodeSelector"));
    }
    int api = apiPort(mesh.spec());
    if (api == apiPort(other.spec())) {
      refusals.add(
          Refusal.portConflict(
              "spec.collector.apiPort: TCP port "
                  + api
                  + theirs
                  + "choose another, or keep the meshes apart by spec.agent.nodeSelector"));
    }
    for (PortClass ours : Planner.orEmpty(mesh.spec().ports())) {
      for (PortClass taken : Planner.orEmpty(other.spec().ports())) {
        if (base(ours) < end(taken) && base(taken) < end(ours)) {
          refusals.add(
              Refusal.portConflict(
                  "spec.ports ("
                      + ours.name()
                      + "): source port range "
                      + base(ours)
                      + ".."
                      + (end(ours) - 1)
                      + theirs
                      + "set basePort, for instance "
                      + free(other.spec())));
        }
      }
    }
  }

  private static int free(LlamaMeshSpec spec) {
    return Planner.orEmpty(spec.ports()).stream().mapToInt(PortClaims::end).max().orElse(25_000);
  }

  private static int probePort(LlamaMeshSpec spec) {
    return Objects.requireNonNull(Objects.requireNonNull(spec.reflector()).port());
  }

  private static int apiPort(LlamaMeshSpec spec) {
    return Objects.requireNonNull(Objects.requireNonNull(spec.collector()).apiPort());
  }

  private static int base(PortClass c) {
    return Objects.requireNonNull(c.basePort());
  }

  private static int end(PortClass c) {
    return base(c) + Objects.requireNonNull(c.count());
  }
}
