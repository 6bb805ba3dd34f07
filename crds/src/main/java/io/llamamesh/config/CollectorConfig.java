package io.llamamesh.config;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The config of one collector: whom it probes, from which source ports, how often, and how it
 * summarises.
 *
 * <p>This is LLAMA's own YAML document ({@code configs/complex_example.yaml} of dropbox/llama) with
 * optional keys added, so that a LLAMA configuration runs unchanged and a Go collector can read
 * what is common. Read and written by {@link CollectorConfigYaml}; every nested record checks its
 * own bounds, this one checks that names refer to something.
 *
 * @param version 1 in documents that our operator wrote; absent in hand-written ones
 * @param mesh name of the {@code LlamaMesh}, tag {@code mesh} on every point; absent outside
 *     Kubernetes
 * @param source what this collector calls itself
 * @param summarization the window length
 * @param api where LLAMA's HTTP API listens; the command line wins over it
 * @param ports traffic classes by name
 * @param portGroups which classes, and how many source ports of each, a test uses
 * @param rateLimits probes per second of one flow (one source port to one target), by name
 * @param tests who is probed with what
 * @param targets reflectors by group name
 * @param retention how long closed windows are kept, in seconds; absent: one hour
 * @param ingest where unread windows go on shutdown; absent: they stay on disk
 * @param fabric how the agent takes part in the fabric; absent: as the command line says, else not
 * @param keys {@value #KEYS_PAIR} where probes to members are signed by keys of the pair, as soon
 *     as both have them; absent: by the mesh's
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonPropertyOrder({
  "version",
  "mesh",
  "source",
  "summarization",
  "api",
  "ports",
  "port_groups",
  "rate_limits",
  "tests",
  "targets",
  "retention",
  "ingest",
  "fabric",
  "keys"
})
public record CollectorConfig(
    @Nullable Integer version,
    @Nullable String mesh,
    @Nullable Source source,
    Summarization summarization,
    @Nullable Api api,
    Map<String, Port> ports,
    @JsonProperty("port_groups") Map<String, List<PortGroupEntry>> portGroups,
    @JsonProperty("rate_limits") Map<String, RateLimit> rateLimits,
    List<Test> tests,
    Map<String, List<Target>> targets,
    @Nullable Integer retention,
    @Nullable Ingest ingest,
    @Nullable Fabric fabric,
    @Nullable String keys) {

  /** Value of {@code keys} for keys of the pair. */
  public static final String KEYS_PAIR = "pair";

  /** LLAMA's customary tag for who probes. */
  public static final String SRC_HOSTNAME = "src_hostname";

  /** LLAMA's customary tag for who is probed. */
  public static final String DST_HOSTNAME = "dst_hostname";

  /** The version of the superset that this code writes. */
  public static final int CURRENT_VERSION = 1;

  /** Retention of closed windows where the document does not say, in seconds. */
  public static final int DEFAULT_RETENTION_SECONDS = 3600;

  @SuppressWarnings({
    "NullAway",
    "ConstantValue"
  }) // Jackson passes null for what the document leaves out
  public CollectorConfig {
    summarization = summarization == null ? Summarization.LLAMA_DEFAULT : summarization;
    ports = Bounds.copy("ports", ports, Bounds.MAX_NAMED);
    portGroups = Bounds.copyLists("port_groups", portGroups, Bounds.MAX_NAMED);
    rateLimits = Bounds.copy("rate_limits", rateLimits, Bounds.MAX_NAMED);
    tests = tests == null ? List.of() : List.copyOf(tests);
    Bounds.range("tests", tests.size(), 0, Bounds.MAX_TESTS);
    Bounds.optionalText("mesh", mesh);
    targets = Bounds.copyLists("targets", targets, Bounds.MAX_TARGETS);
    if (version != null) {
      Bounds.range("version", version, 1, Integer.MAX_VALUE);
    }
    if (retention != null) {
      Bounds.range("retention", retention, 1, 7 * 24 * 3600);
    }
    Bounds.optionalText("keys", keys);
    ReferenceCheck.check(ports, portGroups, rateLimits, tests, targets);
  }

  /** A document that says nothing of the fabric. */
  public CollectorConfig(
      @Nullable Integer version,
      @Nullable String mesh,
      @Nullable Source source,
      Summarization summarization,
      @Nullable Api api,
      Map<String, Port> ports,
      Map<String, List<PortGroupEntry>> portGroups,
      Map<String, RateLimit> rateLimits,
      List<Test> tests,
      Map<String, List<Target>> targets,
      @Nullable Integer retention,
      @Nullable Ingest ingest) {
    this(
        version,
        mesh,
        source,
        summarization,
        api,
        ports,
        portGroups,
        rateLimits,
        tests,
        targets,
        retention,
        ingest,
        null);
  }

  /** A document that says nothing of keys. */
  public CollectorConfig(
      @Nullable Integer version,
      @Nullable String mesh,
      @Nullable Source source,
      Summarization summarization,
      @Nullable Api api,
      Map<String, Port> ports,
      Map<String, List<PortGroupEntry>> portGroups,
      Map<String, RateLimit> rateLimits,
      List<Test> tests,
      Map<String, List<Target>> targets,
      @Nullable Integer retention,
      @Nullable Ingest ingest,
      @Nullable Fabric fabric) {
    this(
        version,
        mesh,
        source,
        summarization,
        api,
        ports,
        portGroups,
        rateLimits,
        tests,
        targets,
        retention,
        ingest,
        fabric,
        null);
  }

  /**
   * True where probes to members are signed by keys of the pair. Other values of a later version
   * are taken for none.
   */
  @JsonIgnore
  public boolean isSignedByPair() {
    return KEYS_PAIR.equals(keys);
  }

  /** The configured retention, or the default, in seconds. */
  public int retentionSeconds() {
    return retention == null ? DEFAULT_RETENTION_SECONDS : retention;
  }

  /**
   * The source of probes.
   *
   * @param name tag {@code src_name} on every point
   * @param tags tags on every point of this collector
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonPropertyOrder({"name", "tags"})
  public record Source(@Nullable String name, Map<String, String> tags) {
    @SuppressWarnings({"NullAway", "ConstantValue"})
    public Source {
      Bounds.optionalText("source.name", name);
      tags = Bounds.tags("source.tags", tags);
    }
  }

  /**
   * The summarization of results.
   *
   * @param interval window length in seconds, 1 to 3600; windows align to multiples of it since the
   *     epoch
   * @param handlers LLAMA's number of summariser goroutines; accepted and not used
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"interval", "handlers"})
  public record Summarization(@Nullable Integer interval, @Nullable Integer handlers) {
    /** LLAMA's own default: 30 s. */
    public static final Summarization LLAMA_DEFAULT = new Summarization(30, null);

    public Summarization {
      interval = interval == null ? 30 : interval;
      Bounds.range("summarization.interval", interval, 1, 3600);
    }

    /** The window length in seconds. */
    public int intervalSeconds() {
      return interval == null ? 30 : interval;
    }
  }

  /**
   * LLAMA's HTTP API.
   *
   * @param bind {@code address:port}; the address may be empty or absent for all
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Api(@Nullable String bind) {
    public Api {
      Bounds.optionalText("api.bind", bind);
    }
  }

  /**
   * A traffic class: how its probes look and where its source ports begin.
   *
   * @param ip local address to send from; LLAMA's {@code 0.0.0.0} means any. An address that this
   *     host does not have is refused by whoever binds it
   * @param port local port; LLAMA's 0 means any. Ours is {@code basePort}
   * @param tos the whole ToS or traffic-class octet, 0 to 255 (DSCP is its upper six bits)
   * @param timeout a reply that takes longer is late, in milliseconds
   * @param basePort first source port; flow i of the class uses basePort + i. Absent: any free port
   * @param payloadBytes length of the probe's padding in bytes
   * @param className tag {@code port} on the points: the class's name; absent: the key in {@code
   *     ports}
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"class", "ip", "port", "tos", "timeout", "base_port", "payload_bytes"})
  public record Port(
      @Nullable String ip,
      @Nullable Integer port,
      @Nullable Integer tos,
      @Nullable Integer timeout,
      @JsonProperty("base_port") @Nullable Integer basePort,
      @JsonProperty("payload_bytes") @Nullable Integer payloadBytes,
      @JsonProperty("class") @Nullable String className) {
    public Port {
      tos = tos == null ? 0 : tos;
      timeout = timeout == null ? 1000 : timeout;
      payloadBytes = payloadBytes == null ? 1000 : payloadBytes;
      Bounds.range("ports.*.port", port == null ? 0 : port, 0, 65535);
      Bounds.range("ports.*.tos", tos, 0, 255);
      Bounds.range("ports.*.timeout", timeout, 1, 60_000);
      Bounds.range("ports.*.payload_bytes", payloadBytes, 0, 8900);
      Bounds.optionalText("ports.*.class", className);
      if (basePort != null) {
        Bounds.range("ports.*.base_port", basePort, 1, 65535);
      }
    }

    /** The ToS or traffic-class octet. */
    public int tosOctet() {
      return tos == null ? 0 : tos;
    }

    /** The timeout in milliseconds. */
    public int timeoutMillis() {
      return timeout == null ? 1000 : timeout;
    }

    /** The padding in bytes. */
    public int padding() {
      return payloadBytes == null ? 1000 : payloadBytes;
    }
  }

  /**
   * Part of a port group.
   *
   * @param port name of the traffic class
   * @param count how many source ports of it, 1 to 256
   */
  @JsonPropertyOrder({"port", "count"})
  public record PortGroupEntry(String port, int count) {
    public PortGroupEntry {
      Bounds.text("port_groups.*.port", port);
      Bounds.range("port_groups.*.count", count, 1, 256);
    }
  }

  /**
   * A pace.
   *
   * @param cps probes per second of one flow, 0.01 to 1000
   */
  public record RateLimit(double cps) {
    public RateLimit {
      Bounds.range("rate_limits.*.cps", cps, 0.01, 1000);
    }
  }

  /**
   * Targets to be probed over the classes of a port group at a pace.
   *
   * @param targets a key of {@code targets}
   * @param portGroup a key of {@code port_groups}
   * @param rateLimit a key of {@code rate_limits}
   */
  @JsonPropertyOrder({"targets", "port_group", "rate_limit"})
  public record Test(
      String targets,
      @JsonProperty("port_group") String portGroup,
      @JsonProperty("rate_limit") String rateLimit) {
    public Test {
      Bounds.text("tests[].targets", targets);
      Bounds.text("tests[].port_group", portGroup);
      Bounds.text("tests[].rate_limit", rateLimit);
    }
  }

  /**
   * Whoever is probed: a reflector, or a host without one.
   *
   * @param ip address or host name
   * @param port UDP port of the reflector, or the TCP port to connect to; 0 for {@value
   *     #METHOD_ICMP}
   * @param tags tags on every point about it
   * @param name tag {@code dst_name}; absent: {@code ip}
   * @param keyed whether probes to it carry our key; absent: true under the operator for mesh
   *     members, false elsewhere
   * @param wire {@value #WIRE_LEGACY} for a reflector of the Python LLAMA, whose datagrams have no
   *     room for a key; {@value #WIRE_LLAMA} or absent for all others
   * @param method {@value #METHOD_ICMP} or {@value #METHOD_TCP} for a host without a reflector;
   *     {@value #METHOD_UDP} or absent for a reflector
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonPropertyOrder({"name", "ip", "port", "method", "keyed", "wire", "tags"})
  public record Target(
      String ip,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int port,
      Map<String, String> tags,
      @Nullable String name,
      @Nullable Boolean keyed,
      @Nullable String wire,
      @Nullable String method) {
    /** The protocol of LLAMA, udprobe and ours. */
    public static final String WIRE_LLAMA = "llama";

    /** The protocol of the Python LLAMA. */
    public static final String WIRE_LEGACY = "legacy";

    /** Datagrams to a reflector. */
    public static final String METHOD_UDP = "udp";

    /** ICMP echo requests to a host. */
    public static final String METHOD_ICMP = "icmp";

    /** Connections to a TCP port of a host. */
    public static final String METHOD_TCP = "tcp";

    /** A target that speaks LLAMA's protocol. */
    public Target(
        String ip,
        int port,
        Map<String, String> tags,
        @Nullable String name,
        @Nullable Boolean keyed) {
      this(ip, port, tags, name, keyed, null);
    }

    /** A reflector. */
    public Target(
        String ip,
        int port,
        Map<String, String> tags,
        @Nullable String name,
        @Nullable Boolean keyed,
        @Nullable String wire) {
      this(ip, port, tags, name, keyed, wire, null);
    }

    @SuppressWarnings({"NullAway", "ConstantValue"})
    public Target {
      Bounds.text("targets.*.ip", ip);
      checkMethod(port, keyed, wire, method);
      Bounds.optionalText("targets.*.name", name);
      tags = Bounds.tags("targets.*.tags", tags);
      if (wire != null && !wire.equals(WIRE_LLAMA) && !wire.equals(WIRE_LEGACY)) {
        throw Bounds.wrong("targets.*.wire", "must be llama or legacy, was '" + wire + "'");
      }
      if (WIRE_LEGACY.equals(wire) && Boolean.TRUE.equals(keyed)) {
        throw Bounds.wrong(
            "targets.*.wire",
            "of legacy has no room for a key; write keyed: false or leave it out");
      }
    }

    private static void checkMethod(
        int port, @Nullable Boolean keyed, @Nullable String wire, @Nullable String method) {
      boolean icmp = METHOD_ICMP.equals(method);
      boolean tcp = METHOD_TCP.equals(method);
      if (method != null && !icmp && !tcp && !method.equals(METHOD_UDP)) {
        throw Bounds.wrong(
            "targets.*.method",
            "must be udp, icmp or tcp, was '" + YamlValue.abbreviated(method) + "'");
      }
      if (icmp && port != 0) {
        throw Bounds.wrong(
            "targets.*.port",
            "is there, and icmp has no ports; leave it out, or write method: tcp");
      }
      if (tcp && port == 0) {
        throw Bounds.wrong("targets.*.port", "is missing: method tcp connects to a port; write it");
      }
      Bounds.range("targets.*.port", port, icmp ? 0 : 1, 65535);
      if ((icmp || tcp) && Boolean.TRUE.equals(keyed)) {
        throw Bounds.wrong(
            "targets.*.keyed",
            "is true, and "
                + method
                + " has no room for a key; write keyed: false or leave it out");
      }
      if ((icmp || tcp) && wire != null) {
        throw Bounds.wrong(
            "targets.*.wire", "is of reflectors, which method udp probes; leave one of both out");
      }
    }

    /** True when it is a host without a reflector, probed by ICMP or TCP. */
    @JsonIgnore
    public boolean isAgentless() {
      return METHOD_ICMP.equals(method) || METHOD_TCP.equals(method);
    }

    /** True when it is a reflector of the Python LLAMA. */
    @JsonIgnore
    public boolean isLegacy() {
      return WIRE_LEGACY.equals(wire);
    }
  }

  /**
   * The address to which unread windows are posted on shutdown.
   *
   * @param url an http(s) URL
   */
  public record Ingest(String url) {
    public Ingest {
      Bounds.text("ingest.url", url);
    }
  }

  /**
   * An agent's part in the fabric, agents that know of each other.
   *
   * @param enabled absent: true, since the section is there
   * @param port TCP and UDP port of all agents' fabric; absent: 8101
   * @param contactNodes agents to ask to be taken in, beside the named targets
   * @param allowUnauthenticated whether agents of other hosts are spoken to where there are no keys
   */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonPropertyOrder({"enabled", "port", "contact_nodes", "allow_unauthenticated"})
  public record Fabric(
      @Nullable Boolean enabled,
      @Nullable Integer port,
      @JsonProperty("contact_nodes") List<Contact> contactNodes,
      @JsonProperty("allow_unauthenticated") @Nullable Boolean allowUnauthenticated) {
    /** The port where nothing is said. */
    public static final int DEFAULT_PORT = 8101;

    /** Contact nodes that a document may name. */
    public static final int MAX_CONTACTS = 64;

    @SuppressWarnings({"NullAway", "ConstantValue"})
    public Fabric {
      contactNodes = contactNodes == null ? List.of() : List.copyOf(contactNodes);
      Bounds.range("fabric.port", port == null ? DEFAULT_PORT : port, 1, 65535);
      Bounds.range("fabric.contact_nodes", contactNodes.size(), 0, MAX_CONTACTS);
    }

    /** True when the agent takes part. */
    public boolean isEnabled() {
      return enabled == null || enabled;
    }

    /** The configured port, or the default. */
    public int portNumber() {
      return port == null ? DEFAULT_PORT : port;
    }
  }

  /**
   * An agent that takes others into the fabric.
   *
   * @param name what it calls itself: an address alone is nobody
   * @param ip its address
   * @param port its fabric's port; absent: that of this agent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonPropertyOrder({"name", "ip", "port"})
  public record Contact(String name, String ip, @Nullable Integer port) {
    /** Characters of a member's name at most, as of a DNS name (RFC 1035). */
    public static final int MAX_NAME = 253;

    public Contact {
      Bounds.text("fabric.contact_nodes[].name", name);
      if (name.length() > MAX_NAME) {
        throw Bounds.wrong(
            "fabric.contact_nodes[].name",
            "must have at most " + MAX_NAME + " characters, had " + name.length());
      }
      Bounds.text("fabric.contact_nodes[].ip", ip);
      if (ip.indexOf('%') >= 0) {
        throw Bounds.wrong(
            "fabric.contact_nodes[].ip",
            "must be an address without a zone, which means something on one host only, was " + ip);
      }
      Bounds.range("fabric.contact_nodes[].port", port == null ? 1 : port, 1, 65535);
    }
  }
}
