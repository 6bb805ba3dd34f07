package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec.Wire;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.Group;
import io.llamamesh.crd.MeshSettings.RegistrationSettings;
import io.llamamesh.crd.MeshSettings.Target;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Targets across the cluster's border: registered probes as targets of nodes, and nodes as targets
 * of registered probes. Pure.
 */
public final class OutsideTargets {
  /** Most nodes of a group that the registry chooses from, and over all groups. */
  private static final int MAX_NODES = 256;

  private static final int MAX_NODES_IN_ALL = 2_048;

  private OutsideTargets() {}

  /**
   * A node as a target of registered probes.
   *
   * @param name of the Node
   * @param ip its address
   * @param port of its reflector
   * @param tags further tags of points about it
   */
  public record NodeTarget(String name, String ip, int port, Map<String, String> tags) {}

  /**
   * Registered probes of a group that its nodes probe: none that is reached at its own site only,
   * and of one name the first.
   */
  static List<Target> of(MeshFacts facts, Group group) {
    RegistrationSettings registration = facts.settings().registration();
    if (registration == null || !registration.groups().contains(group.name())) {
      return List.of();
    }
    Map<String, String> firstGroups = new HashMap<>();
    facts.outside().forEach(probe -> firstGroups.putIfAbsent(probe.name(), probe.group()));
    Set<String> names = new HashSet<>();
    group.targets().forEach(target -> names.add(target.name()));
    List<Target> targets = new ArrayList<>();
    for (ListedProbe probe : facts.outside()) {
      if (probe.seen().isEmpty()
          && probe.group().equals(group.name())
          && group.name().equals(firstGroups.get(probe.name()))
          && names.add(probe.name())) {
        targets.add(
            new Target(
                probe.name(),
                probe.ip(),
                probe.port(),
                false,
                Wire.LLAMA,
                tags(facts.settings(), probe)));
      }
    }
    return targets;
  }

  /** Its tags that the mesh makes of nodes' labels, so that it may say a zone of its own. */
  private static Map<String, String> tags(MeshSettings settings, ListedProbe probe) {
    Map<String, String> tags = new TreeMap<>();
    for (String tag : settings.tagLabels().keySet()) {
      String value = probe.tags().get(tag);
      if (value != null && !value.isBlank()) {
        tags.put("dst_" + tag, value);
      }
    }
    return tags;
  }

  /** Nodes that registered probes get as targets, by group: each group of registration is there. */
  public static SortedMap<String, List<NodeTarget>> nodes(MeshFacts facts, MeshPlan plan) {
    SortedMap<String, List<NodeTarget>> groups = new TreeMap<>();
    RegistrationSettings registration = facts.settings().registration();
    if (registration == null) {
      return groups;
    }
    Placement placement = Placement.of(facts.settings().agent());
    int left = MAX_NODES_IN_ALL;
    for (Group group : facts.settings().groups()) {
      if (!registration.groups().contains(group.name())) {
        continue;
      }
      List<NodeTarget> nodes =
          facts.nodes().stream()
              .filter(node -> plan.members().contains(node.name()))
              .filter(node -> Planner.selects(placement, group, node))
              .filter(node -> !node.addresses(plan.families()).isEmpty())
              .sorted(
                  Comparator.comparingLong((NodeFacts node) -> StableHash.of(node.name()))
                      .thenComparing(NodeFacts::name))
              .limit(Math.min(MAX_NODES, left))
              .sorted(Comparator.comparing(NodeFacts::name))
              .map(node -> target(facts, plan, node))
              .toList();
      left -= nodes.size();
      groups.put(group.name(), nodes);
    }
    return groups;
  }

  private static NodeTarget target(MeshFacts facts, MeshPlan plan, NodeFacts node) {
    return new NodeTarget(
        node.name(),
        node.addresses(plan.families()).getFirst(),
        CollectorConfigFactory.reflectorPort(facts.settings(), node),
        node.tags("dst_", facts.settings().tagLabels()));
  }
}
