package io.llamamesh.config;

import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks that every name in the document refers to something in it, and how much that comes to. */
final class ReferenceCheck {
  /** Names that a complaint lists. */
  private static final int LISTED = 10;

  private ReferenceCheck() {}

  static void check(
      Map<String, Port> ports,
      Map<String, List<PortGroupEntry>> portGroups,
      Map<String, RateLimit> rateLimits,
      List<Test> tests,
      Map<String, List<Target>> targets) {
    portGroups.forEach((group, entries) -> {
      for (int i = 0; i < entries.size(); i++) {
        requireKnown(
            List.of("port_groups", group, index(i), "port"),
            entries.get(i).port(),
            ports.keySet(),
            "ports");
      }
    });
    long pairs = 0;
    for (int i = 0; i < tests.size(); i++) {
      Test test = tests.get(i);
      requireKnown(at(i, "targets"), test.targets(), targets.keySet(), "targets");
      requireKnown(at(i, "port_group"), test.portGroup(), portGroups.keySet(), "port_groups");
      requireKnown(at(i, "rate_limit"), test.rateLimit(), rateLimits.keySet(), "rate_limits");
      pairs +=
          (long) targets.getOrDefault(test.targets(), List.of()).size()
              * portGroups.getOrDefault(test.portGroup(), List.of()).size();
    }
    if (pairs > Bounds.MAX_PAIRS) {
      throw new FieldException(
          "",
          List.of("tests"),
          "probe " + pairs + " pairs of target and port, at most " + Bounds.MAX_PAIRS);
    }
  }

  private static List<String> at(int test, String field) {
    return List.of("tests", index(test), field);
  }

  /** How a path names an item of a list. */
  static String index(int i) {
    return "[" + i + "]";
  }

  private static void requireKnown(
      List<String> path, String name, Set<String> names, String section) {
    if (!names.contains(name)) {
      throw new FieldException(
          "",
          path,
          "names '"
              + YamlValue.abbreviated(name)
              + "', which is not in "
              + section
              + "; it has "
              + (names.isEmpty()
                  ? "no entry"
                  : names.stream()
                          .limit(LISTED)
                          .map(YamlValue::abbreviated)
                          .collect(Collectors.joining(", "))
                      + (names.size() > LISTED ? ", …" : "")));
    }
  }
}
