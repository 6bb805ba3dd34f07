package io.llamamesh.agent.config;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.results.Point.Tags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns a config document into what a collector is to do. */
public final class PlanMapper {

  private static final long SECOND = 1_000_000_000L;

  private final LocalAddress local;
  private final @Nullable String nodeName;

  /**
   * A mapper.
   *
   * @param nodeName tag {@code src_name} where the document does not say
   */
  public PlanMapper(LocalAddress local, @Nullable String nodeName) {
    this.local = local;
    this.nodeName = nodeName;
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

  private record Key(String className, int basePort, InetSocketAddress target) {}

  /** Host names in a document: whatever is no address. */
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

  /**
   * Maps a checked document.
   *
   * @param names knows addresses of host names; a target whose name it does not know is skipped
   */
  public Mapped map(CollectorConfig config, Function<String, @Nullable InetAddress> names) {
    List<String> skipped = new ArrayList<>();
    Map<Key, ProbePlan.Pair> pairs = new LinkedHashMap<>();
    Map<Target, @Nullable InetSocketAddress> resolved = new LinkedHashMap<>();
    for (CollectorConfig.Test test : config.tests()) {
      double cps = named(config.rateLimits(), test.rateLimit()).cps();
      long period = Math.max(100_000, Math.round(SECOND / cps));
      for (Target target : named(config.targets(), test.targets())) {
        InetSocketAddress address =
            resolved.computeIfAbsent(target, t -> resolve(t, names, skipped));
        if (address == null) {
          continue;
        }
        for (PortGroupEntry entry : named(config.portGroups(), test.portGroup())) {
          ProbePlan.TrafficClass type = type(entry.port(), named(config.ports(), entry.port()));
          Map<String, String> tags = tags(config, test.targets(), target, address, type, skipped);
          // Named by several tests: probed once, at the fastest pace and over the most ports, on
          // behalf of all their groups.
          pairs.merge(
              new Key(type.name(), type.basePort(), address),
              new ProbePlan.Pair(type, address, entry.count(), period, keyed(config, target), tags),
              PlanMapper::stronger);
        }
      }
    }
    ProbePlan plan =
        new ProbePlan(
            config.summarization().intervalSeconds() * SECOND,
            config.retentionSeconds() * SECOND,
            List.copyOf(pairs.values()));
    return new Mapped(plan, skipped);
  }

  /** A checked document names nothing that is not in it. */
  private static <T> T named(Map<String, T> section, String name) {
    return Objects.requireNonNull(section.get(name), name);
  }

  private static ProbePlan.Pair stronger(ProbePlan.Pair a, ProbePlan.Pair b) {
    return new ProbePlan.Pair(
        a.trafficClass(),
        a.target(),
        Math.max(a.sourcePorts(), b.sourcePorts()),
        Math.min(a.periodNanos(), b.periodNanos()),
        a.keyed(),
        together(a.tags(), b.tags()));
  }

  private static Map<String, String> together(Map<String, String> a, Map<String, String> b) {
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

  /** In a document of the operator all are members of the mesh that are not marked otherwise. */
  private static boolean keyed(CollectorConfig config, Target target) {
    Boolean said = target.keyed();
    return said == null ? config.version() != null : said;
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

  private static ProbePlan.TrafficClass type(String key, Port port) {
    String name = port.className() == null ? key : port.className();
    int base = port.basePort() == null ? 0 : port.basePort();
    if (base == 0 && port.port() != null) {
      base = port.port();
    }
    return new ProbePlan.TrafficClass(
        name,
        port.tosOctet(),
        base,
        port.timeoutMillis() * 1_000_000L,
        ProbeFormat.datagramBytes(port.padding()));
  }

  private Map<String, String> tags(
      CollectorConfig config,
      String group,
      Target target,
      InetSocketAddress address,
      ProbePlan.TrafficClass type,
      List<String> skipped) {
    Map<String, String> tags = new LinkedHashMap<>();
    String name = nodeName;
    if (config.source() != null) {
      tags.putAll(config.source().tags());
      name = config.source().name() == null ? name : config.source().name();
    }
    tags.putAll(target.tags());
    tags.putIfAbsent(Tags.GROUP, group);
    if (config.mesh() != null) {
      tags.put(Tags.MESH, config.mesh());
    }
    if (name != null) {
      tags.put(Tags.SRC_NAME, name);
    }
    if (target.name() != null) {
      tags.put(Tags.DST_NAME, target.name());
    }
    tags.putIfAbsent(Tags.DST_NAME, target.ip());
    tags.put(Tags.DST_IP, address.getAddress().getHostAddress());
    try {
      tags.put(Tags.SRC_IP, local.towards(address).getHostAddress());
    } catch (IOException e) {
      skipped.add(target.ip() + ": src_ip unknown, " + e.getMessage());
    }
    tags.put(Tags.PORT, type.name());
    tags.put(Tags.DSCP, Integer.toString(type.tos() >> 2));
    return tags;
  }
}
