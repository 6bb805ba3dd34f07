package io.llamamesh.crd;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.llamamesh.crd.LlamaMeshSpec.Alerts;
import io.llamamesh.crd.LlamaMeshSpec.Collector;
import io.llamamesh.crd.LlamaMeshSpec.Group;
import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import io.llamamesh.crd.LlamaMeshSpec.Probe;
import io.llamamesh.crd.LlamaMeshSpec.Reflector;
import io.llamamesh.crd.LlamaMeshSpec.Security;
import io.llamamesh.crd.LlamaMeshSpec.Target;
import io.llamamesh.crd.LlamaMeshSpec.Topology;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What absence means in a {@link LlamaMeshSpec}: a spec in which every default is filled in.
 *
 * <p>Most defaults are in the schema too, for {@code kubectl explain}; those of groups, ports and
 * probes must not be, since under server-side apply a defaulted list entry stays beside the user's
 * own.
 */
public final class MeshDefaults {
  /** Where source ports are allocated from when a class names no base port. */
  public static final int FIRST_SOURCE_PORT = 25_000;

  /** Name of the group and of the class that a spec without any has. */
  public static final String DEFAULT_NAME = "default";

  private static final int SCRAPERS = 2;

  private MeshDefaults() {}

  /**
   * The spec with every default filled in; its components are non-null but for those where absence
   * is a value of its own: images, resources, selectors, the store, and address families, which are
   * the nodes' then.
   */
  public static LlamaMeshSpec fill(@Nullable LlamaMeshSpec given) {
    LlamaMeshSpec spec = given == null ? LlamaMeshSpec.EMPTY : given;
    List<Group> groups = orEmpty(spec.groups()).stream().map(MeshDefaults::group).toList();
    if (groups.isEmpty()) {
      groups = List.of(new Group(DEFAULT_NAME, null, Map.of(), List.of()));
    }
    List<PortClass> ports = PortAllocation.fill(orEmpty(spec.ports()));
    List<String> classes = ports.stream().map(PortClass::name).toList();
    List<Probe> probes =
        orEmpty(spec.probes()).stream().map(probe -> probe(probe, classes)).toList();
    if (probes.isEmpty()) {
      probes = groups.stream().map(g -> new Probe(g.name(), g.name(), classes, "250ms")).toList();
    }
    return new LlamaMeshSpec(
        Objects.requireNonNullElse(spec.paused(), false),
        groups,
        Objects.requireNonNullElse(spec.tagLabels(), Map.of()),
        ports,
        probes,
        topology(spec.topology()),
        spec.ipFamilies() == null || spec.ipFamilies().isEmpty() ? null : spec.ipFamilies(),
        reflector(spec.reflector()),
        collector(spec.collector()),
        new Security(
            spec.security() == null || !Boolean.FALSE.equals(spec.security().authentication())),
        orEmpty(spec.imagePullSecrets()),
        agent(spec.agent()),
        scraper(spec.scraper()),
        alerts(spec.alerts()));
  }

  private static Group group(Group group) {
    return new Group(
        group.name(),
        group.nodeSelector(),
        Objects.requireNonNullElse(group.tags(), Map.of()),
        orEmpty(group.targets()).stream().map(MeshDefaults::target).toList());
  }

  private static Target target(Target target) {
    return new Target(
        target.name(),
        target.host(),
        Objects.requireNonNullElse(target.port(), 8100),
        Objects.requireNonNullElse(target.keyed(), false),
        Objects.requireNonNullElse(target.wire(), LlamaMeshSpec.Wire.LLAMA),
        Objects.requireNonNullElse(target.tags(), Map.of()));
  }

  private static Probe probe(Probe probe, List<String> classes) {
    List<String> ports = orEmpty(probe.ports());
    return new Probe(
        probe.from(),
        probe.to(),
        ports.isEmpty() ? classes : ports,
        Objects.requireNonNullElse(probe.interval(), "250ms"));
  }

  private static Topology topology(@Nullable Topology topology) {
    return topology == null
        ? new Topology(TopologyMode.AUTO, 64)
        : new Topology(
            Objects.requireNonNullElse(topology.mode(), TopologyMode.AUTO),
            Objects.requireNonNullElse(topology.maxPeers(), 64));
  }

  private static Reflector reflector(@Nullable Reflector reflector) {
    return reflector == null
        ? new Reflector(8100, 100_000, List.of())
        : new Reflector(
            Objects.requireNonNullElse(reflector.port(), 8100),
            Objects.requireNonNullElse(reflector.maxPacketsPerSecond(), 100_000),
            orEmpty(reflector.acceptUnkeyed()));
  }

  private static Collector collector(@Nullable Collector collector) {
    return collector == null
        ? new Collector(8100, "10s", "1h", List.of())
        : new Collector(
            Objects.requireNonNullElse(collector.apiPort(), 8100),
            Objects.requireNonNullElse(collector.interval(), "10s"),
            Objects.requireNonNullElse(collector.retention(), "1h"),
            orEmpty(collector.acceptUnauthenticated()));
  }

  private static Agent agent(@Nullable Agent agent) {
    IntOrString maxUnavailable = new IntOrString("10%");
    return agent == null
        ? new Agent(null, null, null, null, null, null, maxUnavailable)
        : new Agent(
            agent.image(),
            agent.imagePullPolicy(),
            agent.resources(),
            agent.nodeSelector(),
            agent.tolerations(),
            agent.priorityClassName(),
            Objects.requireNonNullElse(agent.maxUnavailable(), maxUnavailable));
  }

  private static Scraper scraper(@Nullable Scraper scraper) {
    return scraper == null
        ? new Scraper(SCRAPERS, null, null, null, null, null, null)
        : new Scraper(
            Objects.requireNonNullElse(scraper.replicas(), SCRAPERS),
            scraper.resources(),
            scraper.nodeSelector(),
            scraper.tolerations(),
            scraper.affinity(),
            scraper.priorityClassName(),
            scraper.influxdb());
  }

  private static Alerts alerts(@Nullable Alerts alerts) {
    PercentText loss = alerts == null ? null : alerts.lossPercent();
    String rtt = alerts == null ? null : alerts.rttP99();
    return new Alerts(
        Objects.requireNonNullElseGet(loss, () -> new PercentText("1")),
        Objects.requireNonNullElse(rtt, "50ms"));
  }

  private static <T> List<T> orEmpty(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
