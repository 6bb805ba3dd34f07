package io.llamamesh.operator.plan;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Ingest;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Source;
import io.llamamesh.config.CollectorConfig.Summarization;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import io.llamamesh.crd.DurationText;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.Collector;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import io.llamamesh.crd.LlamaMeshSpec.Probe;
import io.llamamesh.crd.LlamaMeshSpec.Reflector;
import io.llamamesh.results.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes what one node shall probe as a collector config document. */
final class CollectorConfigFactory {
  private final String mesh;
  private final LlamaMeshSpec spec;
  private final List<IpFamily> families;
  private final Ingest ingest;
  private final Summarization summarization;
  private final int retention;
  private final Map<String, PortClass> classes = new TreeMap<>();

  /** What the entries of {@code spec.probes} come to, the same for every node. */
  private final Map<Probe, ProbeSchedule> schedules = new HashMap<>();

  /** By source group and peer: a peer is the same target to all who probe it from that group. */
  private final Map<String, Map<String, List<Target>>> peerTargets = new HashMap<>();

  /**
   * Documents of a mesh.
   *
   * @param families those that its members are probed over
   */
  CollectorConfigFactory(MeshFacts facts, List<IpFamily> families) {
    mesh = facts.mesh();
    this.families = List.copyOf(families);
    spec = facts.spec();
    ingest = new Ingest(facts.ingestUrl());
    Collector collector = Objects.requireNonNull(spec.collector());
    summarization = new Summarization(seconds(Objects.requireNonNull(collector.interval())), null);
    retention = seconds(Objects.requireNonNull(collector.retention()));
    Planner.orEmpty(spec.ports()).forEach(c -> classes.put(c.name(), c));
  }

  /**
   * How an entry of {@code spec.probes} probes.
   *
   * @param ports its traffic classes by name
   * @param group the name of its port group
   * @param entries what is in that group
   * @param interval the name of its rate limit
   * @param limit that rate limit
   */
  private record ProbeSchedule(
      Map<String, Port> ports,
      String group,
      List<PortGroupEntry> entries,
      String interval,
      RateLimit limit) {}

  CollectorConfig of(NodeFacts node, List<NodeTargets> targets) {
    Map<String, Port> ports = new TreeMap<>();
    Map<String, List<PortGroupEntry>> portGroups = new TreeMap<>();
    Map<String, RateLimit> rateLimits = new TreeMap<>();
    Map<String, List<Target>> targetLists = new TreeMap<>();
    List<Test> tests = new ArrayList<>();
    for (NodeTargets t : targets) {
      List<Target> list = targets(t);
      if (list.isEmpty()) {
        continue;
      }
      ProbeSchedule pace = schedules.computeIfAbsent(t.probe(), this::schedule);
      ports.putAll(pace.ports());
      portGroups.put(pace.group(), pace.entries());
      rateLimits.put(pace.interval(), pace.limit());
      targetLists.put(t.key(), list);
      tests.add(new Test(t.key(), pace.group(), pace.interval()));
    }
    return new CollectorConfig(
        CollectorConfig.CURRENT_VERSION,
        mesh,
        new Source(node.name(), node.tags("src_", Planner.orEmpty(spec.tagLabels()))),
        summarization,
        null,
        ports,
        portGroups,
        rateLimits,
        tests,
        targetLists,
        retention,
        ingest);
  }

  private ProbeSchedule schedule(Probe probe) {
    List<String> names = Planner.orEmpty(probe.ports());
    Map<String, Port> ports = new TreeMap<>();
    names.forEach(name -> ports.put(name, port(name)));
    String interval = Objects.requireNonNull(probe.interval());
    return new ProbeSchedule(
        ports,
        String.join("+", names),
        names.stream().map(n -> new PortGroupEntry(n, count(n))).toList(),
        interval,
        new RateLimit(cps(interval)));
  }

  private List<Target> targets(NodeTargets t) {
    Map<String, String> groupTags = unreserved(t.from().tags());
    groupTags.put("group", t.from().name());
    Map<String, List<Target>> known =
        peerTargets.computeIfAbsent(t.from().name(), group -> new HashMap<>());
    List<Target> list = new ArrayList<>();
    for (NodeFacts peer : t.nodes()) {
      list.addAll(known.computeIfAbsent(peer.name(), name -> peer(peer, groupTags)));
    }
    for (LlamaMeshSpec.Target outside : t.outside()) {
      Map<String, String> tags = new TreeMap<>(groupTags);
      tags.putAll(unreserved(outside.tags()));
      list.add(
          new Target(
              outside.host(),
              Objects.requireNonNull(outside.port()),
              tags,
              outside.name(),
              keyed(Boolean.TRUE.equals(outside.keyed())),
              outside.wire() == LlamaMeshSpec.Wire.LEGACY ? Target.WIRE_LEGACY : null));
    }
    return list;
  }

  /**
   * Tags but for reserved ones: a spec that was accepted before those were refused may have them,
   * and an agent would refuse the whole document.
   */
  private static Map<String, String> unreserved(@Nullable Map<String, String> tags) {
    Map<String, String> unreserved = new TreeMap<>(Planner.orEmpty(tags));
    unreserved.keySet().removeAll(Point.Tags.RESERVED);
    return unreserved;
  }

  private List<Target> peer(NodeFacts peer, Map<String, String> groupTags) {
    Map<String, String> tags = new TreeMap<>(groupTags);
    tags.putAll(peer.tags("dst_", Planner.orEmpty(spec.tagLabels())));
    return peer.addresses(families).stream()
        .map(address ->
            new Target(address, reflectorPort(spec, peer), tags, peer.name(), keyed(true)))
        .toList();
  }

  /** Without authentication nobody has keys, and nothing is said of them. */
  private @Nullable Boolean keyed(boolean wanted) {
    boolean off = spec.security() != null && Boolean.FALSE.equals(spec.security().authentication());
    return off ? null : wanted;
  }

  /** The port of the reflector on a node. */
  static int reflectorPort(LlamaMeshSpec spec, NodeFacts peer) {
    Reflector reflector = Objects.requireNonNull(spec.reflector());
    return peer.probePort() == null ? Objects.requireNonNull(reflector.port()) : peer.probePort();
  }

  private Port port(String name) {
    PortClass c = portClass(name);
    return new Port(
        null,
        null,
        Objects.requireNonNull(c.dscp()) << 2,
        Math.toIntExact(DurationText.parse(Objects.requireNonNull(c.timeout())).toMillis()),
        c.basePort(),
        c.payloadBytes(),
        null);
  }

  private int count(String name) {
    return Objects.requireNonNull(portClass(name).count());
  }

  private PortClass portClass(String name) {
    return Objects.requireNonNull(classes.get(name), name);
  }

  private static double cps(String interval) {
    return 1e9 / DurationText.parse(interval).toNanos();
  }

  private static int seconds(String duration) {
    return Math.toIntExact(Math.max(1, DurationText.parse(duration).toSeconds()));
  }
}
