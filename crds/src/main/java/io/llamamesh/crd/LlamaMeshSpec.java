package io.llamamesh.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mesh as it shall be. Every component may be absent; {@link MeshSettings} has what absence
 * means.
 *
 * <p>Durations are Go's notation ({@code 10s}, {@code 1m30s}, {@code 500ms}), see {@link
 * DurationText}.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({
  "paused",
  "groups",
  "tagLabels",
  "ports",
  "probes",
  "topology",
  "ipFamilies",
  "reflector",
  "collector",
  "fabric",
  "security",
  "imagePullSecrets",
  "agent",
  "scraper",
  "alerts",
  "registration"
})
@ValidationRule(
    value =
        "!has(self.ports) || self.ports.all(a, !has(a.basePort) || self.ports.all(b, a.name == b.name || !has(b.basePort)"
            + " || a.basePort + (has(a.count) ? a.count : "
            + MeshDefaults.SOURCE_PORTS
            + ") <= b.basePort || b.basePort + (has(b.count) ? b.count : "
            + MeshDefaults.SOURCE_PORTS
            + ") <= a.basePort))",
    message =
        "spec.ports: source port ranges (basePort up to basePort + count - 1) must not overlap; move one basePort or leave it out to have it allocated")
@ValidationRule(
    value =
        "!has(self.ports) || !has(self.reflector) || !has(self.reflector.port) || self.ports.all(p, !has(p.basePort)"
            + " || self.reflector.port < p.basePort || self.reflector.port >= p.basePort + (has(p.count) ? p.count : "
            + MeshDefaults.SOURCE_PORTS
            + "))",
    message = "spec.ports: a source port range must not contain spec.reflector.port; move basePort")
@ValidationRule(
    value =
        "!has(self.fabric) || !has(self.fabric.enabled) || !self.fabric.enabled || !has(self.fabric.port)"
            + " || ((!has(self.reflector) || !has(self.reflector.port) || self.fabric.port != self.reflector.port)"
            + " && (!has(self.collector) || !has(self.collector.apiPort) || self.fabric.port != self.collector.apiPort)"
            + " && (!has(self.ports) || self.ports.all(p, !has(p.basePort) || self.fabric.port < p.basePort"
            + " || self.fabric.port >= p.basePort + (has(p.count) ? p.count : "
            + MeshDefaults.SOURCE_PORTS
            + "))))",
    message =
        "spec.fabric.port must be neither spec.reflector.port nor spec.collector.apiPort nor a source port of spec.ports; choose another")
@ValidationRule(
    value =
        "!has(self.fabric) || !has(self.fabric.enabled) || !self.fabric.enabled || !has(self.security)"
            + " || !has(self.security.authentication) || self.security.authentication",
    message =
        "spec.fabric.enabled needs spec.security.authentication: without keys whoever reaches the port could pass for a member")
@ValidationRule(
    value = "!has(self.tagLabels) || !['ip', 'name', 'port'].exists(t, t in self.tagLabels)",
    message =
        "spec.tagLabels: ip, name and port would become tags src_ip, src_name and src_port, which every point has already; choose another name")
public record LlamaMeshSpec(
    @JsonPropertyDescription(
            "Stops all writes of the operator for this mesh but status and which nodes are leaving."
                + " Agents keep probing as they are.")
        @Default("false")
        @Nullable Boolean paused,
    @JsonPropertyDescription(
            "Who probes. A node may be in several groups. Absent: one group 'default' of all nodes.")
        @Size(max = 32)
        @Nullable List<Group> groups,
    @JsonPropertyDescription(
            "Node labels that become tags: with {zone: topology.kubernetes.io/zone} every point carries src_zone and dst_zone.")
        @Size(max = 16)
        @Nullable Map<String, String> tagLabels,
    @JsonPropertyDescription(
            "Traffic classes: how probes look and which source ports they use. Absent: one, 'default', DSCP 0, 4 source ports.")
        @Size(max = 16)
        @Nullable List<PortClass> ports,
    @JsonPropertyDescription(
            "Which group probes which, over which classes, how often. Absent: every group probes itself over every class, every 250ms.")
        @Size(max = 64)
        @Nullable List<Probe> probes,
    @JsonPropertyDescription("Who probes whom within a group.") @Default("{}")
        @Nullable Topology topology,
    @JsonPropertyDescription(
            "Address families to probe over. Absent: the one that the nodes have; where they have both, the primary one, which is that of the first InternalIP of most nodes.")
        @Size(min = 1, max = 2)
        @Nullable List<IpFamily> ipFamilies,
    @JsonPropertyDescription("The reflector of every agent.") @Default("{}")
        @Nullable Reflector reflector,
    @JsonPropertyDescription("The collector of every agent.") @Default("{}")
        @Nullable Collector collector,
    @JsonPropertyDescription(
            "Agents that know of each other without Kubernetes, and name a node that is gone within seconds. Experimental.")
        @Default("{}")
        @Nullable Fabric fabric,
    @JsonPropertyDescription("Who may probe and read.") @Default("{}") @Nullable Security security,
    @JsonPropertyDescription(
            "Names of Secrets in the mesh's namespace with a registry's credentials, for the pods of agents and scraper.")
        @Size(max = 16)
        @Nullable List<String> imagePullSecrets,
    @JsonPropertyDescription("The agents' pods.") @Default("{}") @Nullable Agent agent,
    @JsonPropertyDescription("The scraper.") @Default("{}") @Nullable Scraper scraper,
    @JsonPropertyDescription("What makes the network unhealthy.") @Default("{}")
        @Nullable Alerts alerts,
    @JsonPropertyDescription("Probes outside the cluster that register themselves. Absent: none.")
        @Nullable RegistrationSpec registration) {
  /** A spec that says nothing. */
  public static final LlamaMeshSpec EMPTY =
      new LlamaMeshSpec(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
          null);

  static final String NAME_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

  /** The name of an object whose name is a DNS subdomain (RFC 1123). */
  static final String OBJECT_NAME_PATTERN =
      "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

  /** Names that CEL looks up among tags, which is cheaper than to look at every tag. */
  private static final String NO_RESERVED_TAG =
      "!has(self.tags) || !['time', '_field', '_measurement', 'mesh', 'group', 'src_name', 'dst_name',"
          + " 'src_ip', 'dst_ip', 'src_port', 'port', 'dscp'].exists(t, t in self.tags)";

  private static final String RESERVED_TAG =
      "tags: time, _field and _measurement are names that InfluxDB reserves; mesh, group, port, dscp,"
          + " src_name, src_ip, src_port, dst_name and dst_ip are tags that every point has already;"
          + " choose another name";

  static final String WHOLE_SECONDS_PATTERN = "^([0-9]+(s|m|h))+$";
  static final String DURATION_PATTERN = "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$";

  /**
   * A quantity that is not negative, as Kubernetes reads it; {@link #MAX_QUANTITY} is its length.
   */
  public static final String QUANTITY_PATTERN =
      "^([0-9]+[.]?[0-9]*|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]{1,2})?$";

  /** Characters that a quantity may have. */
  public static final int MAX_QUANTITY = 32;

  /** The same spec with other groups. */
  public LlamaMeshSpec withGroups(@Nullable List<Group> groups) {
    Copy copy = new Copy(this);
    copy.groups = groups;
    return copy.spec();
  }

  /** The same spec with other traffic classes. */
  public LlamaMeshSpec withPorts(@Nullable List<PortClass> ports) {
    Copy copy = new Copy(this);
    copy.ports = ports;
    return copy.spec();
  }

  /** The same spec with other probes. */
  public LlamaMeshSpec withProbes(@Nullable List<Probe> probes) {
    Copy copy = new Copy(this);
    copy.probes = probes;
    return copy.spec();
  }

  /** The same spec with other settings of the collector. */
  public LlamaMeshSpec withCollector(Collector collector) {
    Copy copy = new Copy(this);
    copy.collector = collector;
    return copy.spec();
  }

  /** The same spec with other settings of the fabric. */
  public LlamaMeshSpec withFabric(Fabric fabric) {
    Copy copy = new Copy(this);
    copy.fabric = fabric;
    return copy.spec();
  }

  /** The same spec with other settings of the agents' pods. */
  public LlamaMeshSpec withAgent(Agent agent) {
    Copy copy = new Copy(this);
    copy.agent = agent;
    return copy.spec();
  }

  /** The same spec with other settings of the scraper. */
  public LlamaMeshSpec withScraper(Scraper scraper) {
    Copy copy = new Copy(this);
    copy.scraper = scraper;
    return copy.spec();
  }

  /** The same spec with other settings of registration. */
  public LlamaMeshSpec withRegistration(@Nullable RegistrationSpec registration) {
    Copy copy = new Copy(this);
    copy.registration = registration;
    return copy.spec();
  }

  /** A copy in the making: a wither names only what it changes. */
  private static final class Copy {
    private final @Nullable Boolean paused;
    private @Nullable List<Group> groups;
    private final @Nullable Map<String, String> tagLabels;
    private @Nullable List<PortClass> ports;
    private @Nullable List<Probe> probes;
    private final @Nullable Topology topology;
    private final @Nullable List<IpFamily> ipFamilies;
    private final @Nullable Reflector reflector;
    private @Nullable Collector collector;
    private @Nullable Fabric fabric;
    private final @Nullable Security security;
    private final @Nullable List<String> imagePullSecrets;
    private @Nullable Agent agent;
    private @Nullable Scraper scraper;
    private final @Nullable Alerts alerts;
    private @Nullable RegistrationSpec registration;

    Copy(LlamaMeshSpec of) {
      paused = of.paused;
      groups = of.groups;
      tagLabels = of.tagLabels;
      ports = of.ports;
      probes = of.probes;
      topology = of.topology;
      ipFamilies = of.ipFamilies;
      reflector = of.reflector;
      collector = of.collector;
      fabric = of.fabric;
      security = of.security;
      imagePullSecrets = of.imagePullSecrets;
      agent = of.agent;
      scraper = of.scraper;
      alerts = of.alerts;
      registration = of.registration;
    }

    LlamaMeshSpec spec() {
      return new LlamaMeshSpec(
          paused,
          groups,
          tagLabels,
          ports,
          probes,
          topology,
          ipFamilies,
          reflector,
          collector,
          fabric,
          security,
          imagePullSecrets,
          agent,
          scraper,
          alerts,
          registration);
    }
  }

  /** Nodes that probe. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(value = NO_RESERVED_TAG, message = RESERVED_TAG)
  public record Group(
      @JsonPropertyDescription("Name of the group, tag 'group' on its points.")
          @Required
          @Pattern(NAME_PATTERN)
          @Size(min = 1, max = 40)
          String name,
      @JsonPropertyDescription("Which nodes. Absent or empty: all.")
          @Nullable LabelSelector nodeSelector,
      @JsonPropertyDescription("Further tags on every point of this group.") @Size(max = 32)
          @Nullable Map<String, String> tags,
      @JsonPropertyDescription(
              "Hosts outside the cluster that this group probes: reflectors (bare metal, another site, LLAMA, udprobe), and by ICMP or TCP what has none (gateways, DNS servers, appliances).")
          @Size(max = 256)
          @Nullable List<Target> targets) {}

  /** A host outside the cluster that is probed. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(value = NO_RESERVED_TAG, message = RESERVED_TAG)
  @ValidationRule(
      value = "!has(self.method) || self.method != 'icmp' || !has(self.port)",
      message =
          "icmp has no ports; leave port out (port: null where an earlier release filled it in), or"
              + " write method: tcp")
  @ValidationRule(
      value = "!has(self.method) || self.method != 'tcp' || has(self.port)",
      message = "method tcp connects to a port; write port")
  @ValidationRule(
      value =
          "!has(self.method) || self.method == 'udp'"
              + " || (!has(self.wire) && (!has(self.keyed) || self.keyed == false))",
      message =
          "wire and keyed are of reflectors, which method udp probes; leave them out, or write"
              + " method: udp")
  @ValidationRule(
      value = "!has(self.wire) || self.wire != 'legacy' || !has(self.keyed) || self.keyed == false",
      message =
          "wire legacy is the Python LLAMA's, which has no room for a key; write keyed: false")
  public record Target(
      @JsonPropertyDescription("Name of the target, tag 'dst_name'.")
          @Required
          @Pattern("^[a-zA-Z0-9]([-._a-zA-Z0-9]*[a-zA-Z0-9])?$")
          @Size(min = 1, max = 253)
          String name,
      @JsonPropertyDescription("Its address or DNS name.") @Required @Size(min = 1, max = 253)
          String host,
      @JsonPropertyDescription(
              "Its reflector's UDP port, absent: 8100. Of method tcp the port to connect to; icmp has none.")
          @Min(1)
          @Max(65535)
          @Nullable Integer port,
      @JsonPropertyDescription("Whether it knows this mesh's key. A Go LLAMA reflector does not.")
          @Default("false")
          @Nullable Boolean keyed,
      @JsonPropertyDescription(
              "What it speaks: 'llama' is LLAMA's, udprobe's and our protocol, 'legacy' the Python LLAMA's. Absent: llama.")
          @Nullable Wire wire,
      @JsonPropertyDescription(
              "How it is probed: 'udp' for a reflector, 'icmp' (echo) or 'tcp' (connect) for a host without one. Absent: udp.")
          @Nullable Method method,
      @JsonPropertyDescription("Further tags on every point about it.") @Size(max = 32)
          @Nullable Map<String, String> tags) {
    /** A reflector. */
    public Target(
        String name,
        String host,
        @Nullable Integer port,
        @Nullable Boolean keyed,
        @Nullable Wire wire,
        @Nullable Map<String, String> tags) {
      this(name, host, port, keyed, wire, null, tags);
    }
  }

  /** Ways to probe a target. */
  public enum Method {
    @JsonProperty("udp")
    UDP,
    @JsonProperty("icmp")
    ICMP,
    @JsonProperty("tcp")
    TCP
  }

  /** Protocols of reflectors. */
  public enum Wire {
    @JsonProperty("llama")
    LLAMA,
    @JsonProperty("legacy")
    LEGACY
  }

  /** A traffic class. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "!has(self.basePort) || self.basePort + (has(self.count) ? self.count : "
              + MeshDefaults.SOURCE_PORTS
              + ") <= 65536",
      message = "basePort + count must not go beyond port 65535; lower one of them")
  public record PortClass(
      @JsonPropertyDescription("Name of the class, tag 'port' on its points.")
          @Required
          @Pattern(NAME_PATTERN)
          @Size(min = 1, max = 40)
          String name,
      @JsonPropertyDescription(
              "DSCP of probes and replies, 0 to 63. The default of 0 is what ordinary traffic has.")
          @Min(0)
          @Max(63)
          @Default("0")
          @Nullable Integer dscp,
      @JsonPropertyDescription(
              "Source ports per pair: ECMP hashes them to different paths. 16 ports see one bad path of 16 with 64 % certainty, 64 ports with 98 %.")
          @Min(1)
          @Max(256)
          @Default("" + MeshDefaults.SOURCE_PORTS)
          @Nullable Integer count,
      @JsonPropertyDescription(
              "First source port; fixed ports keep a flow on its path. Absent: allocated from 25000 up.")
          @Min(1024)
          @Max(65535)
          @Nullable Integer basePort,
      @JsonPropertyDescription("A reply that takes longer is late, not received: 1ms to 60s.")
          @Pattern(DURATION_PATTERN)
          @Size(max = 16)
          @Default(MeshDefaults.TIMEOUT)
          @ValidationRule(
              value = "duration(self) >= duration('1ms') && duration(self) <= duration('60s')",
              message = "timeout must be from 1ms to 60s")
          @Nullable String timeout,
      @JsonPropertyDescription(
              "Padding of each probe in bytes; at most 4000 towards reflectors other than ours.")
          @Min(0)
          @Max(8900)
          @Default("" + MeshDefaults.PAYLOAD_BYTES)
          @Nullable Integer payloadBytes) {}

  /** The groups that probe each other. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Probe(
      @JsonPropertyDescription("Name of the group that probes.") @Required @Size(min = 1, max = 40)
          String from,
      @JsonPropertyDescription("Name of the group that is probed.")
          @Required
          @Size(min = 1, max = 40)
          String to,
      @JsonPropertyDescription("Names of the classes to use. Absent: all.") @Size(max = 16)
          @Nullable List<String> ports,
      @JsonPropertyDescription(
              "Time between two probes of one source port to one target, 1ms to 100s.")
          @Pattern(DURATION_PATTERN)
          @Size(max = 16)
          @Default(MeshDefaults.PROBE_INTERVAL)
          @ValidationRule(
              value = "duration(self) >= duration('1ms') && duration(self) <= duration('100s')",
              message = "interval must be from 1ms to 100s")
          @Nullable String interval) {}

  /** The topology: who probes whom. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Topology(
      @JsonPropertyDescription(
              "FullMesh: everyone probes everyone, up to 256 members. Sparse: everyone probes about maxPeers others, every pair of zones covered. Auto: full mesh up to maxPeers + 1 members, else sparse.")
          @Default("Auto")
          @Nullable TopologyMode mode,
      @JsonPropertyDescription("Peers per node in a sparse mesh.")
          @Min(8)
          @Max(256)
          @Default("" + MeshDefaults.MAX_PEERS)
          @Nullable Integer maxPeers) {}

  /** The modes of {@link Topology}. */
  public enum TopologyMode {
    @JsonProperty("Auto")
    AUTO,
    @JsonProperty("FullMesh")
    FULL_MESH,
    @JsonProperty("Sparse")
    SPARSE
  }

  /** An address family. */
  public enum IpFamily {
    @JsonProperty("IPv4")
    IPV4,
    @JsonProperty("IPv6")
    IPV6
  }

  /** The reflector of every agent. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Reflector(
      @JsonPropertyDescription("Its UDP port on every node.")
          @Min(1)
          @Max(65535)
          @Default("" + MeshDefaults.PORT)
          @Nullable Integer port,
      @JsonPropertyDescription(
              "Probes above this are dropped, counted and told to their sender: they count as overload, never as loss.")
          @Min(1)
          @Max(10_000_000)
          @Default("" + MeshDefaults.MAX_PACKETS_PER_SECOND)
          @Nullable Integer maxPacketsPerSecond,
      @JsonPropertyDescription("Networks (CIDR) that may send probes without our key.")
          @Size(max = 64)
          @Nullable List<String> acceptUnkeyed) {}

  /** The collector of every agent. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "!has(self.interval) || !has(self.retention) || duration(self.retention) >= duration(self.interval)",
      message = "retention must not be shorter than interval")
  public record Collector(
      @JsonPropertyDescription("TCP port of the agents' HTTP API.")
          @Min(1)
          @Max(65535)
          @Default("" + MeshDefaults.PORT)
          @Nullable Integer apiPort,
      @JsonPropertyDescription("Length of a window in whole seconds, 1s to 1h.")
          @Pattern(WHOLE_SECONDS_PATTERN)
          @Size(max = 16)
          @Default(MeshDefaults.WINDOW)
          @ValidationRule(
              value = "duration(self) >= duration('1s') && duration(self) <= duration('1h')",
              message = "interval must be from 1s to 1h")
          @Nullable String interval,
      @JsonPropertyDescription("How long agents keep closed windows for a scraper that is away.")
          @Pattern(DURATION_PATTERN)
          @Size(max = 16)
          @Default(MeshDefaults.RETENTION)
          @ValidationRule(
              value = "duration(self) >= duration('1s') && duration(self) <= duration('168h')",
              message = "retention must be from 1s to 168h")
          @Nullable String retention,
      @JsonPropertyDescription(
              "Networks (CIDR) that may read the agents' API without a token: LLAMA's own scraper can show none.")
          @Size(max = 64)
          @Nullable List<String> acceptUnauthenticated) {}

  /** The fabric: agents that know of each other. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value = "!has(self.programsSecret) || (has(self.enabled) && self.enabled)",
      message =
          "fabric.programsSecret needs fabric.enabled: true, since programs use what agents of the fabric share; enable it, or leave programsSecret out")
  public record Fabric(
      @JsonPropertyDescription("Whether agents take part.") @Default("false")
          @Nullable Boolean enabled,
      @JsonPropertyDescription(
              "Its TCP and UDP port on every node; both must be open between all nodes.")
          @Min(1)
          @Max(65535)
          @Default("" + MeshDefaults.FABRIC_PORT)
          @Nullable Integer port,
      @JsonPropertyDescription(
              "Name of a Secret in the mesh's namespace. Its entry 'programs.json' has the credentials of programs that use what agents share: hashes of tokens, each with prefixes of keys. Agents follow changes without a restart. Absent: programs have none of their own.")
          @Pattern(OBJECT_NAME_PATTERN)
          @Size(max = 253)
          @Nullable String programsSecret) {}

  /** Security: who may probe and read. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @ValidationRule(
      value =
          "(has(self.authentication) ? self.authentication : true) == (has(oldSelf.authentication) ? oldSelf.authentication : true)",
      message =
          "security.authentication can't be changed: agents of both kinds would refuse each other; delete the mesh and create it anew")
  @ValidationRule(
      value =
          "!has(self.keys) || self.keys != 'Node' || !has(self.authentication) || self.authentication",
      message = "security.keys: Node needs security.authentication: true")
  public record Security(
      @JsonPropertyDescription(
              "Probes carry a keyed MAC and the agents' API asks for a token. Can't be changed later.")
          @Default("true")
          @Nullable Boolean authentication,
      @JsonPropertyDescription(
              "Mesh (the default): all nodes have one key and one token. Node: each has its own beside, and each pair of nodes a key, so that none can post windows or forge probes of another; the operator must serve keys (keys.enabled of the chart).")
          @Nullable KeyScope keys,
      @JsonPropertyDescription(
              "With keys: Node, a number by node name; another number takes the node's token away at once and gives it a new one.")
          @Size(max = 1000)
          @Nullable Map<String, Integer> keyGenerations) {}

  /** Whose the credentials of agents are. */
  public enum KeyScope {
    @JsonProperty("Mesh")
    MESH,
    @JsonProperty("Node")
    NODE
  }

  /** Thresholds above which the network is unhealthy. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Alerts(
      @JsonPropertyDescription("A pair that loses more is bad, in percent: 1, \"0.5\".")
          @Nullable PercentText lossPercent,
      @JsonPropertyDescription("A pair whose 99th percentile is above this is slow.")
          @Pattern(DURATION_PATTERN)
          @Size(max = 16)
          @Default(MeshDefaults.RTT_P99)
          @ValidationRule(
              value = "duration(self) > duration('0s')",
              message = "rttP99 must be longer than nothing")
          @Nullable String rttP99) {}
}
