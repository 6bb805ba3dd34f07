package io.llamamesh.operator.plan;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Contact;
import io.llamamesh.config.CollectorConfig.Fabric;
import io.llamamesh.config.CollectorConfig.Ingest;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Source;
import io.llamamesh.config.CollectorConfig.Summarization;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import io.llamamesh.crd.DurationText;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.LlamaMeshSpec.Method;
import io.llamamesh.crd.LlamaMeshSpec.Wire;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.MeshSettings.PortClass;
import io.llamamesh.crd.MeshSettings.Probe;
import io.llamamesh.results.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Factory of collector configs: what one node probes, in the form that its agent reads. */
final class CollectorConfigFactory {
  private final String mesh;
  private final MeshSettings settings;
  private final List<IpFamily> families;
  private final Ingest ingest;
  private final Summarization summarization;
  private final int retention;
  private final Map<String, PortClass> classes = new TreeMap<>();

  /** Schedules of the entries of {@code spec.probes}, the same for every node. */
  private final Map<Probe, ProbeSchedule> schedules = new HashMap<>();

  /** By source group and peer: a peer is the same target to all who probe it from that group. */
  private final Map<String, Map<String, List<Target>>> peerTargets = new HashMap<>();

  /**
   * Configs of a mesh.
   *
   * @param families those that its members are probed over
   */
  CollectorConfigFactory(MeshFacts facts, List<IpFamily> families) {
    mesh = facts.mesh();
    this.families = List.copyOf(families);
    settings = facts.settings();
    ingest = new Ingest(facts.ingestUrl());
    summarization = new Summarization(seconds(settings.collector().interval()), null);
    retention = seconds(settings.collector().retention());
    settings.ports().forEach(c -> classes.put(c.name(), c));
  }

  /**
   * Ports and rate of an entry of {@code spec.probes}.
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

  /**
   * The config of a node.
   *
   * @param contacts members that its fabric asks beside those that it probes
   */
  CollectorConfig of(NodeFacts node, List<NodeTargets> targets, List<NodeFacts> contacts) {
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
      ProbeSchedule schedule = schedules.computeIfAbsent(t.probe(), this::schedule);
      ports.putAll(schedule.ports());
      portGroups.put(schedule.group(), schedule.entries());
      rateLimits.put(schedule.interval(), schedule.limit());
      targetLists.put(t.key(), list);
      tests.add(new Test(t.key(), schedule.group(), schedule.interval()));
    }
    return new CollectorConfig(
        CollectorConfig.CURRENT_VERSION,
        mesh,
        new Source(node.name(), node.tags("src_", settings.tagLabels())),
        summarization,
        null,
        ports,
        portGroups,
        rateLimits,
        tests,
        targetLists,
        retention,
        ingest,
        fabric(contacts),
        settings.authentication() && settings.keys().ofNodes() ? CollectorConfig.KEYS_PAIR : null);
  }

  /** Null where the fabric is off: an agent before it would not know the section. */
  private @Nullable Fabric fabric(List<NodeFacts> contacts) {
    if (!settings.fabric().enabled()) {
      return null;
    }
    List<Contact> named = new ArrayList<>();
    for (NodeFacts contact : contacts) {
      List<String> addresses = contact.addresses(families);
      if (!addresses.isEmpty()) {
        named.add(new Contact(contact.name(), addresses.getFirst(), null));
      }
    }
    return new Fabric(true, settings.fabric().port(), named, null);
  }

  private ProbeSchedule schedule(Probe probe) {
    List<String> names = probe.ports();
    Map<String, Port> ports = new TreeMap<>();
    names.forEach(name -> ports.put(name, port(name)));
    DurationText interval = probe.interval();
    return new ProbeSchedule(
        ports,
        String.join("+", names),
        names.stream().map(n -> new PortGroupEntry(n, count(n))).toList(),
        interval.text(),
        new RateLimit(1e9 / interval.value().toNanos()));
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
    for (MeshSettings.Target outside : t.outside()) {
      Map<String, String> tags = new TreeMap<>(groupTags);
      tags.putAll(unreserved(outside.tags()));
      list.add(
          new Target(
              outside.host(),
              outside.port(),
              tags,
              outside.name(),
              keyed(outside.keyed()),
              outside.wire() == Wire.LEGACY ? Target.WIRE_LEGACY : null,
              method(outside.method())));
    }
    return list;
  }

  /** Null where it is UDP: an agent before there were others would not know the key. */
  private static @Nullable String method(Method method) {
    return switch (method) {
      case UDP -> null;
      case ICMP -> Target.METHOD_ICMP;
      case TCP -> Target.METHOD_TCP;
    };
  }

  /**
   * Tags but for reserved ones: a spec that was accepted before those were refused may have them,
   * and an agent would refuse the whole document.
   */
  private static Map<String, String> unreserved(Map<String, String> tags) {
    Map<String, String> unreserved = new TreeMap<>(tags);
    unreserved.keySet().removeAll(Point.Tags.RESERVED);
    return unreserved;
  }

  private List<Target> peer(NodeFacts peer, Map<String, String> groupTags) {
    Map<String, String> tags = new TreeMap<>(groupTags);
    tags.putAll(peer.tags("dst_", settings.tagLabels()));
    return peer.addresses(families).stream()
        .map(address ->
            new Target(address, reflectorPort(settings, peer), tags, peer.name(), keyed(true)))
        .toList();
  }

  /** Without authentication nobody has keys, and nothing is said of them. */
  private @Nullable Boolean keyed(boolean wanted) {
    return settings.authentication() ? wanted : null;
  }

  /** The port of the reflector on a node. */
  static int reflectorPort(MeshSettings settings, NodeFacts peer) {
    return peer.probePort() == null ? settings.reflector().port() : peer.probePort();
  }

  private Port port(String name) {
    PortClass c = portClass(name);
    return new Port(
        null,
        null,
        c.dscp() << 2,
        Math.toIntExact(c.timeout().value().toMillis()),
        c.basePort(),
        c.payloadBytes(),
        null);
  }

  private int count(String name) {
    return portClass(name).count();
  }

  private PortClass portClass(String name) {
    PortClass c = classes.get(name);
    if (c == null) {
      throw new IllegalArgumentException("no class '" + name + "'");
    }
    return c;
  }

  private static int seconds(DurationText duration) {
    return Math.toIntExact(Math.max(1, duration.value().toSeconds()));
  }
}
