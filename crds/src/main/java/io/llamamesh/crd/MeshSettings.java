package io.llamamesh.crd;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.llamamesh.crd.Agent.ImagePullPolicy;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import io.llamamesh.crd.LlamaMeshSpec.KeyScope;
import io.llamamesh.crd.LlamaMeshSpec.Method;
import io.llamamesh.crd.LlamaMeshSpec.TopologyMode;
import io.llamamesh.crd.LlamaMeshSpec.Wire;
import io.llamamesh.crd.Scraper.InfluxDb;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a mesh: its {@link LlamaMeshSpec} with every default filled in and every text read.
 * Nothing is null but where absence is a value of its own: images, resources, priority classes,
 * affinity and the store. Whether the operator writes at all ({@code spec.paused}) is not among
 * them.
 *
 * <p>Made once from a spec; what is planned and what objects are made come from this alone.
 * Durations keep the text that the user wrote: arguments and documents carry it.
 *
 * @param groups at least one
 * @param tagLabels node labels that become tags, by tag
 * @param ports traffic classes, at least one, each with source ports that no other has
 * @param probes at least one
 * @param topology who probes whom within a group
 * @param ipFamilies families to probe over; empty: those that the nodes have
 * @param reflector of every agent
 * @param collector of every agent
 * @param fabric of the agents among each other
 * @param authentication probes carry a MAC and the agents' API asks for a token
 * @param keys whose the credentials of agents are
 * @param imagePullSecrets names of Secrets, maybe none
 * @param agent the agents' pods
 * @param scraper the scraper's pods and its store
 * @param alerts limits that make the network unhealthy
 * @param registration of probes outside the cluster; null: none may
 */
public record MeshSettings(
    List<Group> groups,
    Map<String, String> tagLabels,
    List<PortClass> ports,
    List<Probe> probes,
    Topology topology,
    List<IpFamily> ipFamilies,
    Reflector reflector,
    Collector collector,
    Fabric fabric,
    boolean authentication,
    Keys keys,
    List<String> imagePullSecrets,
    AgentPods agent,
    ScraperPods scraper,
    Alerts alerts,
    @Nullable RegistrationSettings registration) {

  /** The same with the mesh's credentials alone, where nobody hands out any of nodes. */
  public MeshSettings withoutKeysOfNodes() {
    return new MeshSettings(
        groups,
        tagLabels,
        ports,
        probes,
        topology,
        ipFamilies,
        reflector,
        collector,
        fabric,
        authentication,
        new Keys(false, Map.of()),
        imagePullSecrets,
        agent,
        scraper,
        alerts,
        registration);
  }

  /**
   * Whose the credentials of agents are.
   *
   * @param ofNodes each node has one of its own beside the mesh's
   * @param generations by node, maybe none: another number is another credential
   */
  public record Keys(boolean ofNodes, Map<String, Integer> generations) {}

  /**
   * A group of nodes that probe by the same rules.
   *
   * @param nodeSelector an empty one selects every node
   * @param tags further tags on its points, maybe none
   * @param targets reflectors outside the cluster, maybe none
   */
  public record Group(
      String name, LabelSelector nodeSelector, Map<String, String> tags, List<Target> targets) {}

  /**
   * A host outside the cluster that is probed.
   *
   * @param host address or DNS name
   * @param port UDP port, or the TCP port to connect to; 0 for ICMP
   * @param keyed it knows the mesh's key
   * @param wire protocol that it speaks, where it is a reflector
   * @param method how it is probed: UDP where it is a reflector
   * @param tags further tags on points about it, maybe none
   */
  public record Target(
      String name,
      String host,
      int port,
      boolean keyed,
      Wire wire,
      Method method,
      Map<String, String> tags) {
    /** A reflector. */
    public Target(
        String name, String host, int port, boolean keyed, Wire wire, Map<String, String> tags) {
      this(name, host, port, keyed, wire, Method.UDP, tags);
    }

    /**
     * Text of what is probed, for people: host and port, but of ICMP the host and that it is ICMP.
     */
    public String address() {
      return switch (method) {
        case UDP -> host + ":" + port;
        case TCP -> host + ":" + port + " (tcp)";
        case ICMP -> host + " (icmp)";
      };
    }
  }

  /**
   * A traffic class.
   *
   * @param dscp from 0 to 63
   * @param count source ports of each pair
   * @param basePort first source port
   * @param timeout after which a reply is late
   * @param payloadBytes padding of each probe
   */
  public record PortClass(
      String name, int dscp, int count, int basePort, DurationText timeout, int payloadBytes) {
    /** First port after the last source port. */
    public int endPort() {
      return basePort + count;
    }
  }

  /**
   * Which group probes which.
   *
   * @param from name of the group that probes
   * @param to name of the group that is probed
   * @param ports names of its traffic classes, at least one
   * @param interval time between two probes of one source port to one target
   */
  public record Probe(String from, String to, List<String> ports, DurationText interval) {}

  /**
   * Who probes whom within a group.
   *
   * @param maxPeers peers of a node in a sparse mesh
   */
  public record Topology(TopologyMode mode, int maxPeers) {}

  /**
   * The reflector of every agent.
   *
   * @param port UDP port
   * @param maxPacketsPerSecond probes above this are dropped and counted
   * @param acceptUnkeyed networks (CIDR) whose probes need no key, maybe none
   */
  public record Reflector(int port, int maxPacketsPerSecond, List<String> acceptUnkeyed) {}

  /**
   * The collector of every agent.
   *
   * @param apiPort TCP port of the agents' API
   * @param interval length of a window
   * @param retention how long agents keep closed windows
   * @param acceptUnauthenticated networks (CIDR) that read the API without a token, maybe none
   */
  public record Collector(
      int apiPort,
      DurationText interval,
      DurationText retention,
      List<String> acceptUnauthenticated) {}

  /**
   * The fabric, agents that know of each other.
   *
   * @param enabled whether agents take part
   * @param port TCP and UDP port on every node
   * @param programsSecret name of the Secret with the credentials of programs; null: they have none
   */
  public record Fabric(boolean enabled, int port, @Nullable String programsSecret) {}

  /**
   * The agents' pods.
   *
   * @param image null: the operator's own release
   * @param imagePullPolicy null: the API server's choice
   * @param resources over the defaults, entry by entry; null: the defaults
   * @param nodeSelector labels of nodes that carry an agent; empty: all
   * @param tolerations of taints; where none were given one of everything
   * @param priorityClassName null: the cluster's default
   * @param maxUnavailable agents that a rolling update may stop at once, a number or a share
   */
  public record AgentPods(
      @Nullable String image,
      @Nullable ImagePullPolicy imagePullPolicy,
      @Nullable ResourceRequirements resources,
      Map<String, String> nodeSelector,
      List<Toleration> tolerations,
      @Nullable String priorityClassName,
      IntOrString maxUnavailable) {}

  /**
   * The scraper's pods.
   *
   * @param replicas at least one
   * @param resources over the defaults, entry by entry; null: the defaults
   * @param nodeSelector labels of nodes that may carry one; empty: all
   * @param tolerations of taints, maybe none
   * @param affinity null: none
   * @param priorityClassName null: the cluster's default
   * @param influxdb the store; null: results are kept in memory only
   * @param tokenSecret name of the Secret with tokens of who may act on the page; null: nobody may
   */
  public record ScraperPods(
      int replicas,
      @Nullable ResourceRequirements resources,
      Map<String, String> nodeSelector,
      List<Toleration> tolerations,
      @Nullable Affinity affinity,
      @Nullable String priorityClassName,
      @Nullable InfluxDb influxdb,
      @Nullable String tokenSecret) {}

  /**
   * Limits that make the network unhealthy.
   *
   * @param lossPercent a pair that loses more is bad
   * @param rttP99 a pair whose 99th percentile is above is slow
   */
  public record Alerts(double lossPercent, DurationText rttP99) {}

  /**
   * Registration of probes outside the cluster.
   *
   * @param groups names of the groups in which they may register, at least one
   * @param keepalive of registrations that name none
   * @param allowedNetworks addresses that may be registered, and {@code self}
   * @param tokenSecret name of the Secret with their token
   * @param tlsSecret name of the Secret with a certificate; null: HTTP
   * @param maxProbes that may be registered at once
   * @param serviceType type of the Service that they reach
   * @param servicePort its port
   */
  public record RegistrationSettings(
      List<String> groups,
      DurationText keepalive,
      List<String> allowedNetworks,
      String tokenSecret,
      @Nullable String tlsSecret,
      int maxProbes,
      RegistrationSpec.ServiceType serviceType,
      int servicePort) {}

  /** Settings of a spec that says nothing. */
  public static MeshSettings defaults() {
    return of(null);
  }

  /**
   * Settings of a spec that was checked.
   *
   * @param spec absent: one that says nothing
   * @throws IllegalArgumentException where a text of it cannot be read, or source ports run out;
   *     the message names the field
   */
  public static MeshSettings of(@Nullable LlamaMeshSpec spec) {
    List<String> problems = new ArrayList<>();
    MeshSettings settings = of(spec, problems::add);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.getFirst());
    }
    return settings;
  }

  /**
   * Settings of any spec. A text that cannot be read has its default here.
   *
   * @param spec absent: one that says nothing
   * @param problems takes a line for each text that cannot be read, which begins with its field
   * @throws IllegalArgumentException where source ports run out
   */
  public static MeshSettings of(@Nullable LlamaMeshSpec spec, Consumer<String> problems) {
    return new Reader(problems).settings(spec == null ? LlamaMeshSpec.EMPTY : spec);
  }

  /** Reads one spec, and passes on what it cannot read. */
  private record Reader(Consumer<String> problems) {
    private static final LlamaMeshSpec.PortClass DEFAULT_CLASS =
        new LlamaMeshSpec.PortClass(MeshDefaults.NAME, null, null, null, null, null);
    private static final LlamaMeshSpec.Group DEFAULT_GROUP =
        new LlamaMeshSpec.Group(MeshDefaults.NAME, null, null, null);

    MeshSettings settings(LlamaMeshSpec spec) {
      List<LlamaMeshSpec.PortClass> classes = orDefault(spec.ports(), DEFAULT_CLASS);
      List<Integer> basePorts = PortAllocation.basePorts(classes);
      List<String> names = classes.stream().map(LlamaMeshSpec.PortClass::name).toList();
      List<Group> groups =
          orDefault(spec.groups(), DEFAULT_GROUP).stream().map(Reader::group).toList();
      // What cannot be read is reported in this order: times of the mesh, of classes, of probes.
      Collector collector = collector(spec.collector());
      Alerts alerts = alerts(spec.alerts());
      List<PortClass> ports = new ArrayList<>();
      for (int i = 0; i < classes.size(); i++) {
        ports.add(portClass(classes.get(i), basePorts.get(i)));
      }
      return new MeshSettings(
          groups,
          orEmpty(spec.tagLabels()),
          List.copyOf(ports),
          probes(spec, groups, names),
          topology(spec.topology()),
          orEmpty(spec.ipFamilies()),
          reflector(spec.reflector()),
          collector,
          fabric(spec.fabric()),
          spec.security() == null || !Boolean.FALSE.equals(spec.security().authentication()),
          keys(spec.security()),
          orEmpty(spec.imagePullSecrets()),
          agent(spec.agent()),
          scraper(spec.scraper()),
          alerts,
          registration(spec.registration(), groups));
    }

    private @Nullable RegistrationSettings registration(
        @Nullable RegistrationSpec given, List<Group> groups) {
      if (given == null || !Boolean.TRUE.equals(given.enabled())) {
        return null;
      }
      if (given.tokenSecret() == null) {
        problems.accept("spec.registration.tokenSecret: it must name a Secret with a token");
      }
      List<String> named = orEmpty(given.groups());
      List<String> allowed = orEmpty(given.allowedNetworks());
      RegistrationSpec.RegistrationService service = given.service();
      RegistrationSpec.ServiceType type = service == null ? null : service.type();
      Integer port = service == null ? null : service.port();
      return new RegistrationSettings(
          named.isEmpty() ? groups.stream().map(Group::name).toList() : List.copyOf(named),
          duration("spec.registration.keepalive", given.keepalive(), MeshDefaults.KEEPALIVE),
          allowed.isEmpty() ? List.of("self") : List.copyOf(allowed),
          Objects.requireNonNullElse(given.tokenSecret(), ""),
          given.tls() == null ? null : given.tls().secretName(),
          Objects.requireNonNullElse(given.maxProbes(), MeshDefaults.OUTSIDE_PROBES),
          Objects.requireNonNullElse(type, RegistrationSpec.ServiceType.CLUSTER_IP),
          Objects.requireNonNullElse(port, MeshDefaults.REGISTRY_PORT));
    }

    private static Group group(LlamaMeshSpec.Group group) {
      return new Group(
          group.name(),
          Objects.requireNonNullElseGet(group.nodeSelector(), LabelSelector::new),
          orEmpty(group.tags()),
          orEmpty(group.targets()).stream().map(Reader::target).toList());
    }

    private static Target target(LlamaMeshSpec.Target target) {
      Method method = Objects.requireNonNullElse(target.method(), Method.UDP);
      int defaultPort = method == Method.UDP ? MeshDefaults.PORT : 0;
      return new Target(
          target.name(),
          target.host(),
          method == Method.ICMP ? 0 : Objects.requireNonNullElse(target.port(), defaultPort),
          Boolean.TRUE.equals(target.keyed()),
          Objects.requireNonNullElse(target.wire(), Wire.LLAMA),
          method,
          orEmpty(target.tags()));
    }

    private PortClass portClass(LlamaMeshSpec.PortClass given, int basePort) {
      return new PortClass(
          given.name(),
          Objects.requireNonNullElse(given.dscp(), 0),
          Objects.requireNonNullElse(given.count(), MeshDefaults.SOURCE_PORTS),
          basePort,
          duration(
              "spec.ports (" + given.name() + ").timeout", given.timeout(), MeshDefaults.TIMEOUT),
          Objects.requireNonNullElse(given.payloadBytes(), MeshDefaults.PAYLOAD_BYTES));
    }

    private List<Probe> probes(LlamaMeshSpec spec, List<Group> groups, List<String> classes) {
      List<LlamaMeshSpec.Probe> given = orEmpty(spec.probes());
      if (given.isEmpty()) {
        DurationText interval = DurationText.of(MeshDefaults.PROBE_INTERVAL);
        return groups.stream()
            .map(group -> new Probe(group.name(), group.name(), classes, interval))
            .toList();
      }
      return given.stream().map(probe -> probe(probe, classes)).toList();
    }

    private Probe probe(LlamaMeshSpec.Probe given, List<String> classes) {
      List<String> ports = orEmpty(given.ports());
      String field = "spec.probes (" + given.from() + ">" + given.to() + ").interval";
      return new Probe(
          given.from(),
          given.to(),
          ports.isEmpty() ? classes : ports,
          duration(field, given.interval(), MeshDefaults.PROBE_INTERVAL));
    }

    private static Topology topology(LlamaMeshSpec.@Nullable Topology given) {
      return given == null
          ? new Topology(TopologyMode.AUTO, MeshDefaults.MAX_PEERS)
          : new Topology(
              Objects.requireNonNullElse(given.mode(), TopologyMode.AUTO),
              Objects.requireNonNullElse(given.maxPeers(), MeshDefaults.MAX_PEERS));
    }

    /** Without authentication nobody has any. */
    private static Keys keys(LlamaMeshSpec.@Nullable Security given) {
      if (given == null
          || given.keys() != KeyScope.NODE
          || Boolean.FALSE.equals(given.authentication())) {
        return new Keys(false, Map.of());
      }
      return new Keys(true, orEmpty(given.keyGenerations()));
    }

    private static Reflector reflector(LlamaMeshSpec.@Nullable Reflector given) {
      return given == null
          ? new Reflector(MeshDefaults.PORT, MeshDefaults.MAX_PACKETS_PER_SECOND, List.of())
          : new Reflector(
              Objects.requireNonNullElse(given.port(), MeshDefaults.PORT),
              Objects.requireNonNullElse(
                  given.maxPacketsPerSecond(), MeshDefaults.MAX_PACKETS_PER_SECOND),
              orEmpty(given.acceptUnkeyed()));
    }

    private Collector collector(LlamaMeshSpec.@Nullable Collector given) {
      Integer port = given == null ? null : given.apiPort();
      String interval = given == null ? null : given.interval();
      String retention = given == null ? null : given.retention();
      return new Collector(
          Objects.requireNonNullElse(port, MeshDefaults.PORT),
          duration("spec.collector.interval", interval, MeshDefaults.WINDOW),
          duration("spec.collector.retention", retention, MeshDefaults.RETENTION),
          given == null ? List.of() : orEmpty(given.acceptUnauthenticated()));
    }

    private static Fabric fabric(LlamaMeshSpec.@Nullable Fabric given) {
      return given == null
          ? new Fabric(false, MeshDefaults.FABRIC_PORT, null)
          : new Fabric(
              Boolean.TRUE.equals(given.enabled()),
              Objects.requireNonNullElse(given.port(), MeshDefaults.FABRIC_PORT),
              given.programsSecret());
    }

    private static AgentPods agent(@Nullable Agent given) {
      IntOrString maxUnavailable = new IntOrString(MeshDefaults.MAX_UNAVAILABLE);
      List<Toleration> all = List.of(new TolerationBuilder().withOperator("Exists").build());
      return given == null
          ? new AgentPods(null, null, null, Map.of(), all, null, maxUnavailable)
          : new AgentPods(
              given.image(),
              given.imagePullPolicy(),
              given.resources(),
              orEmpty(given.nodeSelector()),
              // An empty list is no absent one: it tolerates nothing.
              Objects.requireNonNullElse(given.tolerations(), all),
              given.priorityClassName(),
              Objects.requireNonNullElse(given.maxUnavailable(), maxUnavailable));
    }

    private static ScraperPods scraper(@Nullable Scraper given) {
      return given == null
          ? new ScraperPods(
              MeshDefaults.SCRAPERS, null, Map.of(), List.of(), null, null, null, null)
          : new ScraperPods(
              Objects.requireNonNullElse(given.replicas(), MeshDefaults.SCRAPERS),
              given.resources(),
              orEmpty(given.nodeSelector()),
              orEmpty(given.tolerations()),
              given.affinity(),
              given.priorityClassName(),
              given.influxdb(),
              given.tokenSecret());
    }

    private Alerts alerts(LlamaMeshSpec.@Nullable Alerts given) {
      DurationText rtt =
          duration(
              "spec.alerts.rttP99", given == null ? null : given.rttP99(), MeshDefaults.RTT_P99);
      return new Alerts(percent(given == null ? null : given.lossPercent()), rtt);
    }

    private double percent(@Nullable PercentText given) {
      try {
        return given == null ? MeshDefaults.LOSS_PERCENT : given.percent();
      } catch (IllegalArgumentException e) {
        problems.accept("spec.alerts.lossPercent: " + e.getMessage());
        return MeshDefaults.LOSS_PERCENT;
      }
    }

    private DurationText duration(String field, @Nullable String given, String absent) {
      try {
        return DurationText.of(Objects.requireNonNullElse(given, absent));
      } catch (IllegalArgumentException e) {
        problems.accept(field + ": " + e.getMessage());
        return DurationText.of(absent);
      }
    }

    private static <T> List<T> orDefault(@Nullable List<T> list, T single) {
      return list == null || list.isEmpty() ? List.of(single) : list;
    }

    private static <T> List<T> orEmpty(@Nullable List<T> list) {
      return list == null ? List.of() : list;
    }

    private static <V> Map<String, V> orEmpty(@Nullable Map<String, V> map) {
      return map == null ? Map.of() : map;
    }
  }
}
