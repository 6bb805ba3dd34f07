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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes what one node shall probe as a collector config document. */
final class ConfigDocument {
  private final String mesh;
  private final LlamaMeshSpec spec;
  private final Ingest ingest;
  private final Map<String, PortClass> classes = new TreeMap<>();

  /** By source group and peer: a peer is the same target to all who probe it from that group. */
  private final Map<String, Map<String, List<Target>>> peerTargets = new HashMap<>();

  ConfigDocument(MeshFacts facts) {
    mesh = facts.mesh();
    spec = facts.spec();
    ingest = new Ingest(facts.ingestUrl());
    Planner.orEmpty(spec.ports()).forEach(c -> classes.put(c.name(), c));
  }

  List<IpFamily> families() {
    return Planner.orEmpty(spec.ipFamilies());
  }

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
      List<String> names = Planner.orEmpty(t.probe().ports());
      String portGroup = String.join("+", names);
      String interval = interval(t.probe());
      names.forEach(name -> ports.put(name, port(name)));
      portGroups.put(portGroup, names.stream().map(n -> new PortGroupEntry(n, count(n))).toList());
      rateLimits.put(interval, new RateLimit(cps(interval)));
      targetLists.put(t.key(), list);
      tests.add(new Test(t.key(), portGroup, interval));
    }
    Collector collector = Objects.requireNonNull(spec.collector());
    return new CollectorConfig(
        CollectorConfig.CURRENT_VERSION,
        mesh,
        new Source(node.name(), node.tags("src_", Planner.orEmpty(spec.tagLabels()))),
        new Summarization(seconds(Objects.requireNonNull(collector.interval())), null),
        null,
        ports,
        portGroups,
        rateLimits,
        tests,
        targetLists,
        seconds(Objects.requireNonNull(collector.retention())),
        ingest);
  }

  private List<Target> targets(NodeTargets t) {
    Map<String, String> groupTags = new TreeMap<>(Planner.orEmpty(t.from().tags()));
    groupTags.put("group", t.from().name());
    Map<String, List<Target>> known =
        peerTargets.computeIfAbsent(t.from().name(), group -> new HashMap<>());
    List<Target> list = new ArrayList<>();
    for (NodeFacts peer : t.nodes()) {
      list.addAll(known.computeIfAbsent(peer.name(), name -> peer(peer, groupTags)));
    }
    for (LlamaMeshSpec.Target outside : t.outside()) {
      Map<String, String> tags = new TreeMap<>(groupTags);
      tags.putAll(Planner.orEmpty(outside.tags()));
      list.add(
          new Target(
              outside.host(),
              Objects.requireNonNull(outside.port()),
              tags,
              outside.name(),
              keyed(Boolean.TRUE.equals(outside.keyed()))));
    }
    return list;
  }

  private List<Target> peer(NodeFacts peer, Map<String, String> groupTags) {
    Map<String, String> tags = new TreeMap<>(groupTags);
    tags.putAll(peer.tags("dst_", Planner.orEmpty(spec.tagLabels())));
    return peer.addresses(families()).stream()
        .map(address -> new Target(address, reflectorPort(peer), tags, peer.name(), keyed(true)))
        .toList();
  }

  /** Without authentication nobody has keys, and nothing is said of them. */
  private @Nullable Boolean keyed(boolean wanted) {
    boolean off = spec.security() != null && Boolean.FALSE.equals(spec.security().authentication());
    return off ? null : wanted;
  }

  private int reflectorPort(NodeFacts peer) {
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

  private static String interval(Probe probe) {
    return Objects.requireNonNull(probe.interval());
  }

  private static double cps(String interval) {
    return 1e9 / DurationText.parse(interval).toNanos();
  }

  private static int seconds(String duration) {
    return Math.toIntExact(Math.max(1, DurationText.parse(duration).toSeconds()));
  }
}
