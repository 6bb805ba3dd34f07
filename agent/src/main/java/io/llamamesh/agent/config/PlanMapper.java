package io.llamamesh.agent.config;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.collector.ProbePlan.AgentlessPair;
import io.llamamesh.agent.collector.ProbePlan.Method;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.results.IpText;
import io.llamamesh.results.Point.Tags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Mapper of config documents to plans: names become addresses, and each address gets one name. For
 * all threads.
 */
public final class PlanMapper {

  private static final long SECOND = 1_000_000_000L;

  /** Targets without a reflector, in their classes, that one agent probes. */
  static final int MAX_AGENTLESS = 1024;

  private final LocalAddress local;
  private final HostPresence presence;
  private final @Nullable String nodeName;
  private final boolean signing;
  private final int reflectorPort;

  /**
   * A mapper of a collector without keys and without a reflector beside it.
   *
   * @param nodeName tag {@code src_name} where the document does not say
   */
  public PlanMapper(LocalAddress local, @Nullable String nodeName) {
    this(local, HostPresence::canBind, nodeName, false, 0);
  }

  /**
   * A mapper.
   *
   * @param presence whether an address is on this host
   * @param nodeName tag {@code src_name} where the document does not say
   * @param signing the collector has keys: a target of which a document does not say whether it
   *     knows them does
   * @param reflectorPort port of the reflector in this process; 0 where there is none
   */
  public PlanMapper(
      LocalAddress local,
      HostPresence presence,
      @Nullable String nodeName,
      boolean signing,
      int reflectorPort) {
    this.local = local;
    this.presence = presence;
    this.nodeName = nodeName;
    this.signing = signing;
    this.reflectorPort = reflectorPort;
  }

  /**
   * A plan, and what had to be left out of it.
   *
   * @param skipped one line per target that cannot be probed
   */
  public record Mapped(ProbePlan plan, List<String> skipped) {
    public Mapped {
      skipped = List.copyOf(skipped);
    }
  }

  private record Key(String className, InetSocketAddress target) {}

  /** Identity of a target without a reflector in a class. */
  private record AgentlessKey(Method method, Key key) {}

  /** What a target's results are kept apart by, beside its class. */
  private record Place(@Nullable Method method, InetSocketAddress address) {}

  /** Host names of a document: targets that are not IP addresses. */
  public static Set<String> hostNames(CollectorConfig config) {
    Set<String> names = new TreeSet<>();
    config
        .targets()
        .values()
        .forEach(list ->
            list.forEach(target -> {
              if (literal(target.ip()) == null) {
                names.add(target.ip());
              }
            }));
    return names;
  }

  /** Reason why a document cannot be used on this host, with the remedy; null where it can be. */
  @Nullable String problem(CollectorConfig config) {
    for (Map.Entry<String, Port> entry : config.ports().entrySet()) {
      InetAddress address = boundAddress(entry.getValue());
      try {
        if (address != null && !presence.isPresent(address)) {
          return "ports."
              + entry.getKey()
              + ".ip "
              + IpText.of(address)
              + " is on no interface of this host; write one that is, or 0.0.0.0 for any";
        }
      } catch (IOException e) {
        return "ports." + entry.getKey() + ".ip " + IpText.of(address) + " cannot be tried: " + e;
      }
    }
    return null;
  }

  /**
   * Maps a checked document.
   *
   * @param names addresses of host names; a target without one is skipped
   */
  public Mapped map(CollectorConfig config, Function<String, @Nullable InetAddress> names) {
    List<String> skipped = new ArrayList<>();
    Map<Key, ProbePlan.Pair> pairs = new LinkedHashMap<>();
    Map<AgentlessKey, AgentlessPair> agentless = new LinkedHashMap<>();
    Map<Target, @Nullable InetSocketAddress> resolved = resolve(config, names, skipped);
    TargetNames called = TargetNames.of(resolved);
    String sourceOfAll = commonSource(config);
    for (CollectorConfig.Test test : config.tests()) {
      double cps = required(config.rateLimits(), test.rateLimit()).cps();
      long period = Math.max(100_000, Math.round(SECOND / cps));
      for (Target target : required(config.targets(), test.targets())) {
        InetSocketAddress address = resolved.get(target);
        if (address == null) {
          continue;
        }
        for (PortGroupEntry entry : required(config.portGroups(), test.portGroup())) {
          ProbePlan.TrafficClass type =
              type(entry.port(), required(config.ports(), entry.port()), target);
          Key key = new Key(type.name(), address);
          if (!fits(type, target, address, skipped)
              || (!target.isAgentless() && !isSameClass(type, pairs.get(key), target, skipped))) {
            continue;
          }
          Map<String, String> tags = tags(config, test.targets(), target, address, type, skipped);
          putSourceName(tags, config, sourceOfAll);
          tags.put(Tags.DST_NAME, called.name(target));
          if (target.isAgentless()) {
            putAgentless(agentless, target, key, type, period, tags, skipped);
            continue;
          }
          // In several tests: probed once, at the fastest pace and over the most ports, for all
          // their groups.
          pairs.merge(
              key,
              new ProbePlan.Pair(
                  type,
                  address,
                  entry.count(),
                  period,
                  isKeyed(config, target),
                  tags,
                  target.name()),
              PlanMapper::merge);
        }
      }
    }
    ProbePlan plan =
        new ProbePlan(
            config.summarization().intervalSeconds() * SECOND,
            config.retentionSeconds() * SECOND,
            List.copyOf(pairs.values()),
            List.copyOf(agentless.values()));
    return new Mapped(plan, skipped.stream().distinct().toList());
  }

  private static void putAgentless(
      Map<AgentlessKey, AgentlessPair> all,
      Target target,
      Key key,
      ProbePlan.TrafficClass type,
      long period,
      Map<String, String> tags,
      List<String> skipped) {
    Method method = method(target);
    tags.put(Tags.METHOD, method.name().toLowerCase(Locale.ROOT));
    AgentlessKey place = new AgentlessKey(method, key);
    AgentlessPair known = all.get(place);
    if (known != null && !known.trafficClass().equals(type)) {
      skipped.add(
          target.ip()
              + ": is probed by another port of class "
              + type.name()
              + ", give one another");
      return;
    }
    if (known == null && all.size() == MAX_AGENTLESS) {
      skipped.add(
          target.ip()
              + ": an agent probes "
              + MAX_AGENTLESS
              + " targets by icmp and tcp, each class counted; leave some out");
      return;
    }
    AgentlessPair wanted =
        new AgentlessPair(
            method, type, key.target(), Math.max(period, AgentlessPair.LEAST_PERIOD_NANOS), tags);
    all.merge(
        place,
        wanted,
        (a, b) ->
            new AgentlessPair(
                method,
                type,
                key.target(),
                Math.min(a.periodNanos(), b.periodNanos()),
                mergeTags(a.tags(), b.tags())));
  }

  private static Place place(Target target, InetSocketAddress address) {
    return new Place(target.isAgentless() ? method(target) : null, address);
  }

  private static Method method(Target target) {
    return Target.METHOD_ICMP.equals(target.method()) ? Method.ICMP : Method.TCP;
  }

  /**
   * The address of each target that a test names; null for one that is left out. Two names for one
   * address would be one pair with the tags of both, so the first has it. A mesh's agent does not
   * probe itself, whatever its address is called; a file may ask for it, as LLAMA's do.
   */
  private Map<Target, @Nullable InetSocketAddress> resolve(
      CollectorConfig config, Function<String, @Nullable InetAddress> names, List<String> skipped) {
    Map<Target, @Nullable InetSocketAddress> resolved = new LinkedHashMap<>();
    Map<Place, Target> taken = new LinkedHashMap<>();
    for (CollectorConfig.Test test : config.tests()) {
      for (Target target : required(config.targets(), test.targets())) {
        if (resolved.containsKey(target)) {
          continue;
        }
        InetSocketAddress address = resolve(target, names, skipped);
        String reason = address == null ? null : conflict(config, target, address, taken);
        if (reason != null) {
          skipped.add(TargetNames.preferredName(target) + ": " + reason);
        }
        resolved.put(target, reason == null ? address : null);
      }
    }
    return resolved;
  }

  /**
   * Reason why a target's address is taken already; null when it is free, or this target's under
   * the same name.
   */
  private @Nullable String conflict(
      CollectorConfig config, Target target, InetSocketAddress address, Map<Place, Target> taken) {
    if (config.version() != null && !target.isAgentless() && isOwn(address)) {
      return "is at " + IpText.of(address) + ", which is this agent itself";
    }
    String first =
        TargetNames.preferredName(taken.computeIfAbsent(place(target, address), place -> target));
    return first.equals(TargetNames.preferredName(target))
        ? null
        : "is at " + TargetNames.place(target, address) + " like " + first + ", which is probed";
  }

  private boolean isOwn(InetSocketAddress address) {
    try {
      return address.getPort() == reflectorPort
          && local.towards(address).equals(address.getAddress());
    } catch (IOException e) {
      return false; // no route to it, which is reported with its tags
    }
  }

  /**
   * Returns whether a class can reach a target: one with an address of its own reaches that family
   * only.
   */
  private static boolean fits(
      ProbePlan.TrafficClass type, Target target, InetSocketAddress address, List<String> skipped) {
    InetAddress own = type.local();
    if (own == null || own.getClass() == address.getAddress().getClass()) {
      return true;
    }
    skipped.add(
        target.ip()
            + ": is of another family than "
            + IpText.of(own)
            + ", which is the ip of port "
            + type.name());
    return false;
  }

  /**
   * Returns whether a class is the same as that of a known pair. Two ports may have one class name,
   * by which alone points are distinguished.
   */
  private static boolean isSameClass(
      ProbePlan.TrafficClass type,
      ProbePlan.@Nullable Pair known,
      Target target,
      List<String> skipped) {
    if (known == null || known.trafficClass().equals(type)) {
      return true;
    }
    skipped.add(
        target.ip() + ": is probed by another port of class " + type.name() + ", give one another");
    return false;
  }

  /** Looks up an entry that must exist in a checked document. */
  private static <T> T required(Map<String, T> section, String name) {
    return Objects.requireNonNull(section.get(name), name);
  }

  private static ProbePlan.Pair merge(ProbePlan.Pair a, ProbePlan.Pair b) {
    return new ProbePlan.Pair(
        a.trafficClass(),
        a.target(),
        Math.max(a.sourcePorts(), b.sourcePorts()),
        Math.min(a.periodNanos(), b.periodNanos()),
        a.keyed(),
        mergeTags(a.tags(), b.tags()),
        a.name());
  }

  private static Map<String, String> mergeTags(Map<String, String> a, Map<String, String> b) {
    Map<String, String> tags = new LinkedHashMap<>(b);
    tags.putAll(a);
    Set<String> groups = new TreeSet<>(groups(a));
    groups.addAll(groups(b));
    tags.put(Tags.GROUP, String.join("+", groups));
    return tags;
  }

  private static List<String> groups(Map<String, String> tags) {
    return List.of(tags.getOrDefault(Tags.GROUP, "").split("\\+"));
  }

  /**
   * Returns whether probes to a target are signed. In a document of the operator all targets are
   * members of the mesh unless marked otherwise.
   */
  private boolean isKeyed(CollectorConfig config, Target target) {
    if (target.isLegacy()) {
      return false;
    }
    Boolean said = target.keyed();
    return said == null ? config.version() != null || signing : said;
  }

  private static @Nullable InetSocketAddress resolve(
      Target target, Function<String, @Nullable InetAddress> names, List<String> skipped) {
    InetAddress literal = literal(target.ip());
    InetAddress address = literal == null ? names.apply(target.ip()) : literal;
    if (address == null) {
      skipped.add(target.ip() + ": unknown host, looked up again within a minute");
      return null;
    }
    return new InetSocketAddress(address, target.port());
  }

  private static @Nullable InetAddress literal(String text) {
    try {
      return InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Address that a class's probes leave from; null where it names none or any. */
  private static @Nullable InetAddress boundAddress(Port port) {
    InetAddress address = port.ip() == null ? null : literal(port.ip());
    return address == null || address.isAnyLocalAddress() ? null : address;
  }

  private static ProbePlan.TrafficClass type(String key, Port port, Target target) {
    String name = port.className() == null ? key : port.className();
    int base = port.basePort() == null ? 0 : port.basePort();
    if (base == 0 && port.port() != null) {
      base = port.port();
    }
    ProbePlan.TrafficClass type =
        new ProbePlan.TrafficClass(
            name,
            port.tosOctet(),
            base,
            port.timeoutMillis() * 1_000_000L,
            ProbeFormat.datagramBytes(port.padding()),
            boundAddress(port));
    return target.isLegacy() ? type.asLegacy() : type;
  }

  /**
   * Source name for points of targets without one: the name that all others have; empty where they
   * have none or several.
   */
  private static String commonSource(CollectorConfig config) {
    List<String> names =
        config.targets().values().stream()
            .flatMap(List::stream)
            .map(target -> target.tags().getOrDefault(CollectorConfig.SRC_HOSTNAME, ""))
            .filter(name -> !name.isBlank())
            .distinct()
            .limit(2)
            .toList();
    return names.size() == 1 ? names.getFirst() : "";
  }

  private Map<String, String> tags(
      CollectorConfig config,
      String group,
      Target target,
      InetSocketAddress address,
      ProbePlan.TrafficClass type,
      List<String> skipped) {
    Map<String, String> tags = new LinkedHashMap<>();
    if (config.source() != null) {
      tags.putAll(config.source().tags());
    }
    tags.putAll(target.tags());
    tags.putIfAbsent(Tags.GROUP, group);
    if (config.mesh() != null) {
      tags.put(Tags.MESH, config.mesh());
    }
    tags.put(Tags.DST_IP, IpText.of(address.getAddress()));
    try {
      InetAddress own = type.local();
      tags.put(Tags.SRC_IP, IpText.of(own == null ? local.towards(withPort(address)) : own));
    } catch (IOException e) {
      skipped.add(target.ip() + ": src_ip unknown, " + e.getMessage());
    }
    tags.put(Tags.PORT, type.name());
    tags.put(Tags.DSCP, Integer.toString(type.tos() >> 2));
    return tags;
  }

  /** The routing table is asked by a socket, which needs some port; nothing is sent. */
  private static InetSocketAddress withPort(InetSocketAddress address) {
    return address.getPort() == 0 ? new InetSocketAddress(address.getAddress(), 9) : address;
  }

  /**
   * Puts the source's name: that of the document or the node, else that in the target's tags, ours
   * or LLAMA's, else that of the others. Where there is none, the scraper knows the agent of the
   * points.
   */
  private void putSourceName(Map<String, String> tags, CollectorConfig config, String sourceOfAll) {
    String own = config.source() == null ? null : config.source().name();
    for (@Nullable String name :
        new @Nullable String[] {
          own,
          nodeName,
          tags.remove(Tags.SRC_NAME),
          tags.get(CollectorConfig.SRC_HOSTNAME),
          sourceOfAll
        }) {
      if (name != null && !name.isBlank()) {
        tags.put(Tags.SRC_NAME, name);
        return;
      }
    }
  }
}
