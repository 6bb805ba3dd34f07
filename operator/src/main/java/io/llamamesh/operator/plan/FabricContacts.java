package io.llamamesh.operator.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Contacts that make one fabric of groups that do not probe each other: members learn of each other
 * from whom they probe, so parts of the mesh without a probe between them would each be a fabric of
 * its own. A few members of each part are given a few of the next part, in a ring.
 *
 * <p>A part's contacts are the first of it by a hash of their names, so that who comes and goes
 * changes few configs.
 */
final class FabricContacts {
  /** Members of each part that know of the next one, and members of it that they know. */
  private static final int PER_PART = 3;

  private final Map<String, String> parents = new HashMap<>();

  private FabricContacts() {}

  /**
   * The contacts of each member that has any.
   *
   * @param members all of the mesh
   * @param targets what each source probes
   */
  static Map<String, List<NodeFacts>> of(
      List<NodeFacts> members, Map<String, List<NodeTargets>> targets) {
    FabricContacts parts = new FabricContacts();
    targets.forEach((source, list) ->
        list.forEach(t -> t.nodes().forEach(peer -> parts.join(source, peer.name()))));
    Map<String, List<NodeFacts>> byPart = new TreeMap<>();
    for (NodeFacts member : members) {
      byPart.computeIfAbsent(parts.part(member.name()), part -> new ArrayList<>()).add(member);
    }
    if (byPart.size() < 2) {
      return Map.of();
    }
    List<List<NodeFacts>> firsts = byPart.values().stream().map(FabricContacts::first).toList();
    Map<String, List<NodeFacts>> contacts = new HashMap<>();
    for (int i = 0; i < firsts.size(); i++) {
      List<NodeFacts> next = firsts.get((i + 1) % firsts.size());
      firsts.get(i).forEach(member -> contacts.put(member.name(), next));
    }
    return contacts;
  }

  private static List<NodeFacts> first(List<NodeFacts> part) {
    return part.stream()
        .sorted(
            Comparator.comparingLong((NodeFacts node) -> StableHash.of(node.name()))
                .thenComparing(NodeFacts::name))
        .limit(PER_PART)
        .toList();
  }

  private void join(String one, String other) {
    String a = part(one);
    String b = part(other);
    // The smaller name stands for both, so that a part is called the same whatever came first.
    if (a.compareTo(b) < 0) {
      parents.put(b, a);
    } else if (!a.equals(b)) {
      parents.put(a, b);
    }
  }

  private String part(String name) {
    String at = name;
    for (String parent = parents.get(at); parent != null; parent = parents.get(at)) {
      String above = parents.get(parent);
      if (above != null) {
        parents.put(at, above);
      }
      at = parent;
    }
    return at;
  }
}
