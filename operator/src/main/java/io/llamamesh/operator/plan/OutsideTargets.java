package io.llamamesh.operator.plan;

import io.llamamesh.crd.LlamaMeshSpec.Wire;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.Group;
import io.llamamesh.crd.MeshSettings.RegistrationSettings;
import io.llamamesh.crd.MeshSettings.Target;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * Targets across the cluster's border: registered probes as targets of nodes, and nodes as targets
 * of registered probes. Pure.
 */
public final class OutsideTargets {
  /** Most nodes of a group that the registry chooses from, and over all groups. */
  private static final int MAX_NODES = 256;

  private static final int MAX_NODES_IN_ALL = 2_048;

  /** Most bytes of these nodes in a ConfigMap, some third of what one holds. */
  private static final int MAX_NODES_BYTES = 350_000;

  /** Most bytes of the names of all nodes there. */
  static final int MAX_NAMES_BYTES = 300_000;

  /** What a node costs beside its texts, and a text beside its own. */
  private static final int NODE_BYTES = 48;

  private static final int TEXT_BYTES = 4;

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
   * none with the name of a target of the spec, and of one name the first.
   */
  static List<Target> of(MeshFacts facts, Group group) {
    RegistrationSettings registration = facts.settings().registration();
    if (registration == null || !registration.groups().contains(group.name())) {
      return List.of();
    }
    Map<String, String> firstGroups = new HashMap<>();
    facts.outside().forEach(probe -> firstGroups.putIfAbsent(probe.name(), probe.group()));
    Set<String> names = new HashSet<>();
    facts.settings().groups().stream()
        .flatMap(each -> each.targets().stream())
        .forEach(target -> names.add(target.name()));
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
    int room = MAX_NODES_BYTES;
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
              .map(node -> target(facts, plan, node))
              .toList();
      List<NodeTarget> fitting = new ArrayList<>();
      for (NodeTarget node : nodes) {
        room -= bytes(node);
        if (room >= 0) {
          fitting.add(node);
        }
      }
      left -= fitting.size();
      fitting.sort(Comparator.comparing(NodeTarget::name));
      groups.put(group.name(), fitting);
    }
    return groups;
  }

  private static int bytes(NodeTarget node) {
    int bytes = NODE_BYTES + bytes(node.name()) + bytes(node.ip());
    for (Map.Entry<String, String> tag : node.tags().entrySet()) {
      bytes += bytes(tag.getKey()) + bytes(tag.getValue());
    }
    return bytes;
  }

  private static int bytes(String text) {
    return TEXT_BYTES + text.getBytes(StandardCharsets.UTF_8).length;
  }

  /**
   * Limits of registered probes. The names of all nodes are reserved: also of one that is in no
   * group, or in none of registration, there is an agent, and results under its name are its own.
   *
   * @param withoutRoom probes for which a node's config has no room
   */
  static OutsideLimits limits(MeshFacts facts, SortedSet<String> withoutRoom) {
    if (facts.settings().registration() == null) {
      return new OutsideLimits(List.of(), 0, withoutRoom);
    }
    List<String> reserved = new ArrayList<>();
    int left = MAX_NAMES_BYTES;
    // Should they be too many, the short ones are kept: those are the most.
    for (NodeFacts node :
        facts.nodes().stream()
            .sorted(
                Comparator.comparingInt((NodeFacts node) -> node.name().length())
                    .thenComparing(NodeFacts::name))
            .toList()) {
      left -= bytes(node.name());
      if (left >= 0) {
        reserved.add(node.name());
      }
    }
    reserved.sort(Comparator.naturalOrder());
    return new OutsideLimits(reserved, facts.nodes().size() - reserved.size(), withoutRoom);
  }

  private static NodeTarget target(MeshFacts facts, MeshPlan plan, NodeFacts node) {
    return new NodeTarget(
        node.name(),
        node.addresses(plan.families()).getFirst(),
        CollectorConfigFactory.reflectorPort(facts.settings(), node),
        node.tags("dst_", facts.settings().tagLabels()));
  }
}
