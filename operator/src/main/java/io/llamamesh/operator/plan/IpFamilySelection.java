package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Selection of the address families that a mesh probes over.
 *
 * <p>Where the spec names none, each node votes for the family of its first internal address, which
 * is the primary one of its cluster: nodes of one family for that, dual-stack nodes for the one
 * that the cluster prefers. The majority decides, so that an odd node that joins or leaves changes
 * nothing for the others: it is reported as one without an address. Of a tie the node decides that
 * joined first.
 */
final class IpFamilySelection {
  /** Of equal votes: who joined first, then by name, so that the order of facts does not matter. */
  private static final Comparator<NodeFacts> SENIORITY =
      Comparator.comparing((NodeFacts node) -> node.joined() == null ? Instant.MAX : node.joined())
          .thenComparing(NodeFacts::name);

  private IpFamilySelection() {}

  /**
   * The families, in the order in which a node's addresses are probed.
   *
   * @param named those of the spec; empty: it names none
   * @param nodes the nodes that the mesh selects
   * @return empty where the spec names none and no node has an address
   */
  static List<IpFamily> of(List<IpFamily> named, Collection<NodeFacts> nodes) {
    if (!named.isEmpty()) {
      return List.copyOf(named);
    }
    // In the order of seniority, so that the first of equals is the eldest's.
    Map<IpFamily, Integer> votes = new LinkedHashMap<>();
    for (NodeFacts node : nodes.stream().sorted(SENIORITY).toList()) {
      IpFamily primary = node.primaryFamily();
      if (primary != null) {
        votes.merge(primary, 1, Integer::sum);
      }
    }
    List<IpFamily> chosen = List.of();
    int most = 0;
    for (Map.Entry<IpFamily, Integer> family : votes.entrySet()) {
      if (family.getValue() > most) {
        most = family.getValue();
        chosen = List.of(family.getKey());
      }
    }
    return chosen;
  }
}
