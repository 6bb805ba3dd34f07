package io.llamamesh.operator.main;

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
final class Import {
  private static final int MAX_NAME = 40;

  private final CollectorConfig config;
  private final List<String> notes = new ArrayList<>();
  private final Map<String, PortClass> classes = new LinkedHashMap<>();

  private Import(CollectorConfig config) {
    this.config = config;
  }

  /**
   * A spec and what could not be carried over.
   *
   * @param spec the spec, without anything that is a default
   * @param notes one line each, for people
   */
  record Imported(LlamaMeshSpec spec, List<String> notes) {
    Imported {
      notes = List.copyOf(notes);
    }
  }

  static Imported of(CollectorConfig config) {
    return new Import(config).imported();
  }

  private Imported imported() {
    Map<String, Group> groups = new LinkedHashMap<>();
    List<Probe> probes = new ArrayList<>();
    for (Test test : config.tests()) {
      String group = name(test.targets());
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
    if (config.api() != null) {
      notes.add("api.bind: agents listen on their nodes' addresses, see spec.collector.apiPort");
    }
    if (groups.size() > 1) {
      notes.add(
          "every group is of all nodes, which so probe each other once for each group;"
              + " give the groups a nodeSelector");
    }
    return new Imported(
        new LlamaMeshSpec(
            null,
            groups.isEmpty() ? null : List.copyOf(groups.values()),
            null,
            classes.isEmpty() ? null : List.copyOf(classes.values()),
            probes.isEmpty() ? null : probes,
            null,
            null,
            null,
            new Collector(null, config.summarization().intervalSeconds() + "s", retention()),
            null,
            null,
            null,
            null,
            null),
        notes);
  }

  private @Nullable String retention() {
    return config.retention() == null ? null : config.retentionSeconds() + "s";
  }

  private Group group(String name, String list) {
    List<Target> targets = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (CollectorConfig.Target target : config.targets().getOrDefault(list, List.of())) {
      String wanted =
          target.name() == null
              ? target.tags().getOrDefault(Point.Tags.DST_NAME, target.ip())
              : target.name();
      String plain = wanted.replaceAll("[^-._a-zA-Z0-9]+", "-").replaceAll("^[-._]+|[-._]+$", "");
      String unique = plain;
      for (int i = 2; !names.add(unique); i++) {
        unique = plain + "-" + i;
      }
      targets.add(new Target(unique, target.ip(), target.port(), target.keyed(), tags(target)));
    }
    return new Group(name, null, null, targets.isEmpty() ? null : targets);
  }

  /** A target's tags but for those that every point of a mesh has; null where none are left. */
  private @Nullable Map<String, String> tags(CollectorConfig.Target target) {
    Map<String, String> tags = new LinkedHashMap<>(target.tags());
    for (String tag : target.tags().keySet()) {
      if (Point.Tags.RESERVED.contains(tag)) {
        tags.remove(tag);
        note("tag '" + tag + "' is left out: points of a mesh have it already");
      }
    }
    return tags.isEmpty() ? null : tags;
  }

  private void note(String note) {
    if (!notes.contains(note)) {
      notes.add(note);
    }
  }

  private String portClass(PortGroupEntry entry) {
    Port port = config.ports().get(entry.port());
    String name = name(entry.port());
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
    if (port.ip() != null && !port.ip().equals("0.0.0.0") && !port.ip().equals("::")) {
      notes.add("ports." + entry.port() + ".ip: agents send from their node's address");
    }
    if ((port.tosOctet() & 3) != 0) {
      notes.add("ports." + entry.port() + ".tos: its ECN bits are left out");
    }
    Integer base = port.basePort() != null ? port.basePort() : port.port();
    classes.put(
        name,
        new PortClass(
            name,
            port.tosOctet() >> 2,
            entry.count(),
            base == null || base < 1024 ? null : base,
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

  private String name(String given) {
    String plain =
        given.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    String name = plain.isEmpty() ? "default" : plain;
    if (name.length() > MAX_NAME) {
      name = name.substring(0, MAX_NAME).replaceAll("-+$", "");
    }
    if (!name.equals(given)) {
      note("'" + given + "' is called '" + name + "'");
    }
    return name;
  }
}
