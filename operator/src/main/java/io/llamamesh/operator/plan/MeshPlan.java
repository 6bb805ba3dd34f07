package io.llamamesh.operator.plan;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Plan of a mesh: its members, and the config of each node.
 *
 * @param selected names of the nodes that carry a config, joined or not
 * @param members names of the nodes that probe and are probed
 * @param configs what each selected node's collector does, by node
 * @param groups the groups' sizes, in the spec's order
 * @param withoutAddress members that have no address of the wanted families: nobody can probe them
 * @param duplicateNames targets outside the cluster that are not probed, since a node has their
 *     name: the results of both would be one
 * @param sharedAddresses members and targets that are not probed, since another has their address
 *     and the results of both would be one; each with that other's name
 * @param families address families that members are probed over: the spec's, or the nodes' own;
 *     empty where the spec names none and no node has an address
 * @param outside limits of registered probes
 */
public record MeshPlan(
    SortedSet<String> selected,
    SortedSet<String> members,
    SortedMap<String, CollectorConfig> configs,
    List<GroupSize> groups,
    SortedSet<String> withoutAddress,
    SortedSet<String> duplicateNames,
    SortedMap<String, String> sharedAddresses,
    List<IpFamily> families,
    OutsideLimits outside) {
  public MeshPlan {
    selected = Collections.unmodifiableSortedSet(new TreeSet<>(selected));
    members = Collections.unmodifiableSortedSet(new TreeSet<>(members));
    configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
    groups = List.copyOf(groups);
    withoutAddress = Collections.unmodifiableSortedSet(new TreeSet<>(withoutAddress));
    duplicateNames = Collections.unmodifiableSortedSet(new TreeSet<>(duplicateNames));
    sharedAddresses = Collections.unmodifiableSortedMap(new TreeMap<>(sharedAddresses));
    families = List.copyOf(families);
  }

  /**
   * Whether nothing at all can be measured since no selected node has an address that could be
   * probed.
   */
  public boolean hasNoAddresses() {
    return !selected.isEmpty()
        && withoutAddress.containsAll(selected)
        && configs.values().stream().allMatch(config -> config.targets().isEmpty());
  }

  /**
   * A group's size.
   *
   * @param name the group
   * @param nodes its members
   * @param targets reflectors outside the cluster that it probes
   */
  public record GroupSize(String name, int nodes, int targets) {}
}
