package io.llamamesh.operator.llama;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Test;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.LlamaMeshSpec.Collector;
import io.llamamesh.crd.LlamaMeshSpec.Group;
import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import io.llamamesh.crd.LlamaMeshSpec.Probe;
import io.llamamesh.crd.LlamaMeshSpec.Target;
import io.llamamesh.results.Point;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a LLAMA configuration into the spec of a mesh: what was probed by hand-made lists becomes
 * the outside targets of groups, one for each list of targets that is tested; the cluster's nodes
 * probe them, and each other. What has no counterpart is noted.
 */
final class MeshImport {
  private static final int MAX_NAME = 40;
  private static final int MAX_TARGET_NAME = 253;

  /** The lowest source port that the resource takes. */
  private static final int FIRST_PORT = 1024;

  /** Targets that a group of the resource takes. */
  private static final int MAX_TARGETS = 256;

  private final CollectorConfig config;
  private final List<String> notes = new ArrayList<>();
  private final Map<String, PortClass> classes = new LinkedHashMap<>();

  /** By host and port. */
  private final Map<String, String> targetNames = new HashMap<>();

  private final Set<String> usedTargetNames = new HashSet<>();

  /** Names of groups and classes in the mesh, by those in the file. */
  private final Map<String, String> groupNames = new LinkedHashMap<>();

  private final Map<String, String> classNames = new LinkedHashMap<>();

  private MeshImport(CollectorConfig config) {
    this.config = config;
  }

  /**
   * A spec and what could not be carried over.
   *
   * @param spec the spec, without anything that is a default
   * @param notes one line each, for people
   */
  record Result(LlamaMeshSpec spec, List<String> notes) {
    Result {
      notes = List.copyOf(notes);
    }
  }

  static Result of(CollectorConfig config) {
    return new MeshImport(config).imported();
  }

  private Result imported() {
    Map<String, Group> groups = new LinkedHashMap<>();
    List<Probe> probes = new ArrayList<>();
    for (Test test : config.tests()) {
      String group = name(groupNames, test.targets());
      groups.computeIfAbsent(group, g -> group(g, test.targets()));
      Set<String> ports = new LinkedHashSet<>();
      for (PortGroupEntry entry : config.portGroups().getOrDefault(test.portGroup(), List.of())) {
        ports.add(portClass(entry));
      }
      probes.add(new Probe(group, group, List.copyOf(ports), interval(test)));
    }
    config.targets().keySet().stream()
        .filter(list -> config.tests().stream().noneMatch(t -> t.targets().equals(list)))
        .forEach(list -> notes.add("targets." + list + ": no test uses it, left out"));
    if (config.source() != null) {
      note("src_hostname, source: a node is called as its Node is; see spec.tagLabels");
    }
    if (config.mesh() != null || config.ingest() != null) {
      note("mesh, ingest: are the operator's; tag mesh is the resource's name, see --name");
    }
    if (config.api() != null) {
      notes.add("api.bind: agents listen on their nodes' addresses, see spec.collector.apiPort");
    }
    if (groups.size() > 1) {
      notes.add(
          "every group is of all nodes, which so probe each other once for each group;"
              + " give the groups a nodeSelector");
    }
    return new Result(
        LlamaMeshSpec.EMPTY
            .withGroups(groups.isEmpty() ? null : List.copyOf(groups.values()))
            .withPorts(classes.isEmpty() ? null : List.copyOf(classes.values()))
            .withProbes(probes.isEmpty() ? null : probes)
            .withCollector(
                new Collector(
                    null, config.summarization().intervalSeconds() + "s", retention(), null)),
        notes);
  }

  private @Nullable String retention() {
    return config.retention() == null ? null : config.retentionSeconds() + "s";
  }

  private Group group(String name, String list) {
    List<Target> targets = new ArrayList<>();
    Set<String> here = new HashSet<>();
    for (CollectorConfig.Target target : config.targets().getOrDefault(list, List.of())) {
      String address =
          target.ip() + " " + target.port() + (target.isAgentless() ? " " + target.method() : "");
      if (!here.add(address)) {
        notes.add("targets." + list + ": " + target.ip() + " is there twice, the first is taken");
        continue;
      }
      Map<String, String> tags = tags(target);
      targets.add(
          new Target(
              targetName(target, address),
              target.ip(),
              target.port() == 0 ? null : target.port(),
              target.keyed(),
              target.isLegacy() ? LlamaMeshSpec.Wire.LEGACY : null,
              method(target),
              tags.isEmpty() ? null : tags));
    }
    if (targets.size() > MAX_TARGETS) {
      notes.add(
          "targets."
              + list
              + ": has "
              + targets.size()
              + " targets, and a group takes "
              + MAX_TARGETS
              + "; spread them over several groups");
    }
    return new Group(name, null, null, targets.isEmpty() ? null : targets);
  }

  private static LlamaMeshSpec.@Nullable Method method(CollectorConfig.Target target) {
    if (!target.isAgentless()) {
      return null;
    }
    return CollectorConfig.Target.METHOD_ICMP.equals(target.method())
        ? LlamaMeshSpec.Method.ICMP
        : LlamaMeshSpec.Method.TCP;
  }

  /** One name for each address, in all groups: as the file says, else its address. */
  private String targetName(CollectorConfig.Target target, String address) {
    return targetNames.computeIfAbsent(
        address,
        a -> {
          String plain =
              preferredName(target)
                  .replaceAll("[^-._a-zA-Z0-9]+", "-")
                  .replaceAll("^[-._]+|[-._]+$", "");
          String start = plain.isEmpty() ? "target" : plain;
          String unique = start;
          for (int i = 2; !usedTargetNames.add(unique); i++) {
            unique = start + "-" + i;
          }
          return unique;
        });
  }

  private static String preferredName(CollectorConfig.Target target) {
    for (@Nullable String name :
        new @Nullable String[] {
          target.name(),
          target.tags().get(Point.Tags.DST_NAME),
          target.tags().get(CollectorConfig.DST_HOSTNAME)
        }) {
      if (name != null && !name.isBlank() && name.length() <= MAX_TARGET_NAME) {
        return name;
      }
    }
    return target.ip();
  }

  /** A target's tags without those of every point, and of the collector that the file was for. */
  private Map<String, String> tags(CollectorConfig.Target target) {
    Map<String, String> tags = new LinkedHashMap<>();
    target
        .tags()
        .forEach((key, value) -> {
          if (Point.Tags.RESERVED.contains(key)) {
            note("tag '" + key + "' is left out: points of a mesh have it already");
          } else if (key.startsWith("src_")) {
            note("tag " + key + ": is the source's, which is a node here; see spec.tagLabels");
          } else {
            tags.put(key, value);
          }
        });
    return tags;
  }

  private void note(String note) {
    if (!notes.contains(note)) {
      notes.add(note);
    }
  }

  private String portClass(PortGroupEntry entry) {
    Port port = config.ports().get(entry.port());
    String name = name(classNames, entry.port());
    PortClass known = classes.get(name);
    if (port == null || known != null) {
      if (known != null && known.count() != null && known.count() != entry.count()) {
        notes.add(
            "ports."
                + entry.port()
                + ": used with counts "
                + known.count()
                + " and "
                + entry.count()
                + ", the first is taken");
      }
      return name;
    }
    if (port.className() != null && !port.className().equals(name)) {
      notes.add(
          "ports."
              + entry.port()
              + ".class: tag port of the points is '"
              + name
              + "', not '"
              + port.className()
              + "'");
    }
    if (port.ip() != null && !port.ip().equals("0.0.0.0") && !port.ip().equals("::")) {
      notes.add("ports." + entry.port() + ".ip: agents send from their node's address");
    }
    if ((port.tosOctet() & 3) != 0) {
      notes.add("ports." + entry.port() + ".tos: its ECN bits are left out");
    }
    Integer base = port.basePort() != null ? port.basePort() : port.port();
    if (base != null && base > 0 && base < FIRST_PORT) {
      notes.add("ports." + entry.port() + ".port: below " + FIRST_PORT + ", one is allocated");
    }
    classes.put(
        name,
        new PortClass(
            name,
            port.tosOctet() >> 2,
            entry.count(),
            base == null || base < FIRST_PORT ? null : base,
            port.timeoutMillis() + "ms",
            port.payloadBytes()));
    return name;
  }

  /** Time between two probes, from probes per second. */
  private @Nullable String interval(Test test) {
    RateLimit rate = config.rateLimits().get(test.rateLimit());
    if (rate == null) {
      return null;
    }
    BigDecimal millis =
        BigDecimal.valueOf(1000).divide(BigDecimal.valueOf(rate.cps()), 3, RoundingMode.HALF_EVEN);
    return millis.stripTrailingZeros().toPlainString() + "ms";
  }

  /** A name of the resource's form, another one for each name of the file. */
  private String name(Map<String, String> names, String given) {
    String known = names.get(given);
    if (known != null) {
      return known;
    }
    String plain =
        given.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    String start = cut(plain.isEmpty() ? "default" : plain, MAX_NAME);
    String name = start;
    for (int i = 2; names.containsValue(name); i++) {
      String suffix = "-" + i;
      name = cut(start, MAX_NAME - suffix.length()) + suffix;
    }
    names.put(given, name);
    if (!name.equals(given)) {
      note("'" + given + "' is called '" + name + "'");
    }
    return name;
  }

  private static String cut(String name, int length) {
    return name.length() > length ? name.substring(0, length).replaceAll("-+$", "") : name;
  }
}
