package io.llamamesh.operator.plan;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.LlamaMeshSpec.Method;
import io.llamamesh.crd.MeshSettings.Group;
import io.llamamesh.crd.MeshSettings.Probe;
import io.llamamesh.crd.MeshSettings.Target;
import io.llamamesh.operator.plan.MeshPlan.GroupSize;
import io.llamamesh.results.IpText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Planner of a mesh. Pure: the same facts, in whatever order, give the same plan.
 *
 * <p>A node is selected when a group's selector and the agents' placement fit it and it is not
 * excluded; it is a member once its agent was Ready. A Node that is NotReady stays: that is what
 * the mesh is there to see.
 */
public final class Planner {
  private final MeshFacts facts;
  private final Map<String, List<NodeFacts>> selected = new LinkedHashMap<>();
  private final Map<String, List<NodeFacts>> members = new LinkedHashMap<>();
  private SortedSet<String> names = new TreeSet<>();
  private final SortedSet<String> duplicateNames = new TreeSet<>();
  private final SortedMap<String, String> sharedAddresses = new TreeMap<>();
  private final Set<String> registered = new HashSet<>();
  private final SortedSet<String> withoutRoom = new TreeSet<>();

  /** Member or target that is probed at an endpoint, by address and port. */
  private final Map<String, String> endpointOwners = new HashMap<>();

  private Planner(MeshFacts facts) {
    this.facts = facts;
  }

  /** The plan for these facts, of a spec that {@link SpecCheck} has nothing against. */
  public static MeshPlan plan(MeshFacts facts) {
    return new Planner(facts).plan();
  }

  private MeshPlan plan() {
    List<NodeFacts> nodes =
        facts.nodes().stream().sorted(Comparator.comparing(NodeFacts::name)).toList();
    Placement placement = Placement.of(facts.settings().agent());
    for (Group group : groups()) {
      List<NodeFacts> chosen =
          nodes.stream().filter(node -> selects(placement, group, node)).toList();
      selected.put(group.name(), chosen);
      members.put(group.name(), chosen.stream().filter(node -> node.joined() != null).toList());
    }
    names = names(selected);
    List<NodeFacts> all = distinct(selected);
    List<IpFamily> families = IpFamilySelection.of(facts.settings().ipFamilies(), all);
    excludeSharedAddresses(families);
    Map<String, List<NodeTargets>> targets = targets();
    Map<String, List<NodeFacts>> contacts =
        facts.settings().fabric().enabled()
            ? FabricContacts.of(distinct(members), targets)
            : Map.of();
    SortedMap<String, CollectorConfig> configs = new TreeMap<>();
    CollectorConfigFactory document = new CollectorConfigFactory(facts, families);
    TreeSet<String> withoutAddress = new TreeSet<>();
    for (NodeFacts node : all) {
      configs.put(
          node.name(),
          config(
              document,
              node,
              targets.getOrDefault(node.name(), List.of()),
              contacts.getOrDefault(node.name(), List.of())));
      if (node.addresses(families).isEmpty()) {
        withoutAddress.add(node.name());
      }
    }
    return new MeshPlan(
        names,
        names(members),
        configs,
        sizes(),
        withoutAddress,
        duplicateNames,
        sharedAddresses,
        families,
        OutsideTargets.limits(facts, withoutRoom));
  }

  /**
   * A node's config, with as many registered probes as it has room for: those that register must
   * not keep it from being written. Which ones differs from node to node.
   */
  private CollectorConfig config(
      CollectorConfigFactory document,
      NodeFacts node,
      List<NodeTargets> targets,
      List<NodeFacts> contacts) {
    CollectorConfig whole = document.of(node, targets, contacts);
    if (facts.outside().isEmpty() || SizeCheck.isSurelyShort(whole)) {
      return whole;
    }
    List<String> chosen =
        targets.stream()
            .flatMap(t -> t.outside().stream())
            .map(Target::name)
            .filter(registered::contains)
            .distinct()
            .sorted(Comparator.comparingLong(name -> StableHash.of(node.name() + ">" + name)))
            .toList();
    int fits = 0;
    int tooMany = chosen.size();
    while (fits + 1 < tooMany) {
      int middle = (fits + tooMany) >>> 1;
      if (SizeCheck.isSurelyShort(document.of(node, without(targets, chosen, middle), contacts))) {
        fits = middle;
      } else {
        tooMany = middle;
      }
    }
    withoutRoom.addAll(chosen.subList(fits, chosen.size()));
    return document.of(node, without(targets, chosen, fits), contacts);
  }

  /** Targets without those that are named, but for the first of them. */
  private static List<NodeTargets> without(
      List<NodeTargets> targets, List<String> named, int first) {
    Set<String> out = new HashSet<>(named.subList(first, named.size()));
    return targets.stream()
        .map(t ->
            new NodeTargets(
                t.probe(),
                t.from(),
                t.nodes(),
                t.outside().stream().filter(target -> !out.contains(target.name())).toList()))
        .filter(t -> !t.nodes().isEmpty() || !t.outside().isEmpty())
        .toList();
  }

  /**
   * Of Nodes that have an address in common one is a member, the one that an agent is on: the other
   * is mostly what is left of a machine that came back under another name.
   */
  private void excludeSharedAddresses(List<IpFamily> families) {
    List<NodeFacts> candidates =
        distinct(members).stream()
            .sorted(
                Comparator.comparing((NodeFacts node) -> node.probePort() == null)
                    .thenComparing(NodeFacts::name))
            .toList();
    for (NodeFacts node : candidates) {
      List<String> places =
          node.addresses(families).stream()
              .map(address ->
                  endpoint(address, CollectorConfigFactory.reflectorPort(facts.settings(), node)))
              .toList();
      String owner =
          places.stream()
              .map(endpointOwners::get)
              .filter(Objects::nonNull)
              .findFirst()
              .orElse(null);
      if (owner == null) {
        places.forEach(place -> endpointOwners.put(place, node.name()));
      } else {
        // It owns none: its other addresses are free for those that are probed.
        sharedAddresses.put(node.name(), owner);
      }
    }
    members.replaceAll((group, nodes) ->
        nodes.stream().filter(node -> !sharedAddresses.containsKey(node.name())).toList());
  }

  private static String endpoint(String host, int port) {
    return IpText.canonical(host) + " " + port;
  }

  /** Whether a node belongs to a group, joined or not. */
  static boolean selects(Placement placement, Group group, NodeFacts node) {
    return !node.excluded()
        && placement.fits(node)
        && LabelSelectors.matches(group.nodeSelector(), node.labels());
  }

  /** For every source what it probes, in the order of the spec's probes. */
  private Map<String, List<NodeTargets>> targets() {
    Map<String, List<NodeTargets>> bySource = new HashMap<>();
    Map<String, Map<String, List<NodeFacts>>> graphs = new HashMap<>();
    for (Probe probe : probes()) {
      Group from = group(probe.from());
      Map<String, List<NodeFacts>> graph =
          graphs.computeIfAbsent(
              probe.from() + ">" + probe.to(), key -> graph(probe.from(), probe.to()));
      graph.forEach((source, peers) -> {
        if (!peers.isEmpty()) {
          add(bySource, source, NodeTargets.members(probe, from, peers));
        }
      });
      if (probe.equals(outsideProbe(from))) {
        outside(probe, from).forEach((source, t) -> add(bySource, source, t));
      }
    }
    return bySource;
  }

  private Map<String, List<NodeFacts>> graph(String from, String to) {
    List<NodeFacts> sources = members.getOrDefault(from, List.of());
    List<NodeFacts> destinations = members.getOrDefault(to, List.of());
    if (from.equals(to)) {
      return PeerGraph.within(facts.mesh() + "/" + from, sources, facts.settings().topology());
    }
    Map<String, List<NodeFacts>> graph = new TreeMap<>();
    for (NodeFacts destination : destinations) {
      for (String source : RendezvousHash.sources(sources, destination.name(), limit())) {
        graph.computeIfAbsent(source, s -> new ArrayList<>()).add(destination);
      }
    }
    return graph;
  }

  /**
   * How a group probes its targets outside the cluster: as its own members, and where it does not
   * probe those, as the first group that it does.
   */
  private @Nullable Probe outsideProbe(Group group) {
    List<Probe> own = probes().stream().filter(p -> p.from().equals(group.name())).toList();
    return own.stream()
        .filter(p -> p.to().equals(group.name()))
        .findFirst()
        .orElse(own.isEmpty() ? null : own.getFirst());
  }

  private Map<String, NodeTargets> outside(Probe probe, Group from) {
    List<NodeFacts> sources = members.getOrDefault(from.name(), List.of());
    Map<String, List<Target>> bySource = new TreeMap<>();
    List<Target> all = new ArrayList<>(from.targets());
    List<Target> probes = OutsideTargets.of(facts, from);
    probes.forEach(target -> registered.add(target.name()));
    all.addAll(probes);
    for (Target target : all) {
      if (names.contains(target.name())) {
        duplicateNames.add(target.name());
        continue;
      }
      @Nullable String owner =
          target.method() == Method.UDP
              ? endpointOwners.get(endpoint(target.host(), target.port()))
              : null;
      if (owner != null) {
        sharedAddresses.put(target.name(), owner);
        continue;
      }
      for (String source : RendezvousHash.sources(sources, ">" + target.name(), limit())) {
        bySource.computeIfAbsent(source, s -> new ArrayList<>()).add(target);
      }
    }
    Map<String, NodeTargets> targets = new TreeMap<>();
    bySource.forEach((source, list) -> targets.put(source, NodeTargets.outside(probe, from, list)));
    return targets;
  }

  private int limit() {
    return 2 * facts.settings().topology().maxPeers();
  }

  private List<GroupSize> sizes() {
    return groups().stream()
        .map(g ->
            new GroupSize(
                g.name(), members.getOrDefault(g.name(), List.of()).size(), g.targets().size()))
        .toList();
  }

  private Group group(String name) {
    return groups().stream()
        .filter(g -> g.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no group '" + name + "'"));
  }

  private List<Group> groups() {
    return facts.settings().groups();
  }

  private List<Probe> probes() {
    return facts.settings().probes();
  }

  private static void add(
      Map<String, List<NodeTargets>> bySource, String source, NodeTargets targets) {
    bySource.computeIfAbsent(source, s -> new ArrayList<>()).add(targets);
  }

  private static List<NodeFacts> distinct(Map<String, List<NodeFacts>> groups) {
    Map<String, NodeFacts> byName = new TreeMap<>();
    groups.values().forEach(list -> list.forEach(node -> byName.put(node.name(), node)));
    return List.copyOf(byName.values());
  }

  private static SortedSet<String> names(Map<String, List<NodeFacts>> groups) {
    return groups.values().stream()
        .flatMap(List::stream)
        .map(NodeFacts::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
