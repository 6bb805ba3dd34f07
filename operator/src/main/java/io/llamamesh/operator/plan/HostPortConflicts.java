package io.llamamesh.operator.plan;

import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.PortClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Conflicts over host ports between meshes that share nodes: agents are on the host's network, so
 * two meshes on one node must not use the same port. The older mesh has it; of equally old ones the
 * first by namespace and name.
 */
public final class HostPortConflicts {
  private static final Comparator<PortUse> OLDEST =
      Comparator.comparing(PortUse::created)
          .thenComparing(PortUse::namespace)
          .thenComparing(PortUse::name);

  private HostPortConflicts() {}

  /**
   * A mesh and what it uses.
   *
   * @param namespace its namespace
   * @param name its name
   * @param created when it was created, as the API server writes it
   * @param settings what its spec means
   */
  public record PortUse(String namespace, String name, String created, MeshSettings settings) {}

  /**
   * Ports of a mesh that older meshes have on nodes that both use, with the remedy.
   *
   * @param mesh the mesh
   * @param others any meshes; it may be among them
   * @param nodes every node of the cluster
   */
  public static List<SpecRefusal> find(PortUse mesh, List<PortUse> others, List<NodeFacts> nodes) {
    List<SpecRefusal> refusals = new ArrayList<>();
    Placement ours = Placement.of(mesh.settings().agent());
    for (PortUse other : others.stream().sorted(OLDEST).toList()) {
      if (OLDEST.compare(other, mesh) < 0) {
        Placement theirs = Placement.of(other.settings().agent());
        Optional<NodeFacts> shared =
            nodes.stream()
                .filter(node -> ours.fits(node) && theirs.fits(node))
                .min(Comparator.comparing(NodeFacts::name));
        shared.ifPresent(node -> compare(mesh, other, node, refusals));
      }
    }
    return refusals;
  }

  private static void compare(
      PortUse mesh, PortUse other, NodeFacts node, List<SpecRefusal> refusals) {
    String theirs =
        " is used by the older mesh "
            + other.namespace()
            + "/"
            + other.name()
            + " on shared nodes such as "
            + node.name()
            + "; ";
    int probe = mesh.settings().reflector().port();
    if (probe == other.settings().reflector().port()) {
      refusals.add(
          SpecRefusal.portConflict(
              "spec.reflector.port: UDP port "
                  + probe
                  + theirs
                  + "choose another, or keep the meshes apart by spec.agent.nodeSelector"));
    }
    int api = mesh.settings().collector().apiPort();
    if (api == other.settings().collector().apiPort()) {
      refusals.add(
          SpecRefusal.portConflict(
              "spec.collector.apiPort: TCP port "
                  + api
                  + theirs
                  + "choose another, or keep the meshes apart by spec.agent.nodeSelector"));
    }
    fabric(mesh.settings(), other.settings(), theirs, refusals);
    for (PortClass ours : mesh.settings().ports()) {
      for (PortClass taken : other.settings().ports()) {
        if (ours.basePort() < taken.endPort() && taken.basePort() < ours.endPort()) {
          refusals.add(
              SpecRefusal.portConflict(
                  "spec.ports ("
                      + ours.name()
                      + "): source port range "
                      + ours.basePort()
                      + ".."
                      + (ours.endPort() - 1)
                      + theirs
                      + "set basePort, for instance "
                      + firstFreeAbove(other.settings())));
        }
      }
    }
  }

  /** Conflicts over the fabric's port, which is TCP and UDP, in either mesh. */
  private static void fabric(
      MeshSettings ours, MeshSettings taken, String theirs, List<SpecRefusal> refusals) {
    int port = ours.fabric().port();
    if (ours.fabric().enabled() && isUsed(port, taken)) {
      refusals.add(
          SpecRefusal.portConflict(
              "spec.fabric.port: TCP and UDP port "
                  + port
                  + theirs
                  + "choose another, or keep the meshes apart by spec.agent.nodeSelector"));
    }
    if (!taken.fabric().enabled()) {
      return;
    }
    int fabric = taken.fabric().port();
    if (fabric == ours.reflector().port()) {
      refusals.add(
          SpecRefusal.portConflict(
              "spec.reflector.port: UDP port " + fabric + theirs + "choose another"));
    }
    if (fabric == ours.collector().apiPort()) {
      refusals.add(
          SpecRefusal.portConflict(
              "spec.collector.apiPort: TCP port " + fabric + theirs + "choose another"));
    }
    ours.ports().stream()
        .filter(c -> contains(c, fabric))
        .map(c ->
            SpecRefusal.portConflict(
                "spec.ports (" + c.name() + "): source port " + fabric + theirs + "move basePort"))
        .forEach(refusals::add);
  }

  private static boolean isUsed(int port, MeshSettings settings) {
    return (settings.fabric().enabled() && port == settings.fabric().port())
        || port == settings.reflector().port()
        || port == settings.collector().apiPort()
        || settings.ports().stream().anyMatch(c -> contains(c, port));
  }

  private static boolean contains(PortClass c, int port) {
    return port >= c.basePort() && port < c.endPort();
  }

  private static int firstFreeAbove(MeshSettings settings) {
    return settings.ports().stream().mapToInt(PortClass::endPort).max().orElseThrow();
  }
}
