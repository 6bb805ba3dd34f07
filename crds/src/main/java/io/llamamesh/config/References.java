package io.llamamesh.config;

import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfig.Test;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks that every name in the document refers to something in it. */
final class References {
  private References() {}

  static void check(
      Map<String, Port> ports,
      Map<String, List<PortGroupEntry>> portGroups,
      Map<String, RateLimit> rateLimits,
      List<Test> tests,
      Map<String, List<Target>> targets) {
    portGroups.forEach((group, entries) ->
        entries.forEach(entry ->
            known("port_groups." + group + ".port", entry.port(), ports.keySet(), "ports")));
    for (int i = 0; i < tests.size(); i++) {
      Test test = tests.get(i);
      String at = "tests[" + i + "].";
      known(at + "targets", test.targets(), targets.keySet(), "targets");
      known(at + "port_group", test.portGroup(), portGroups.keySet(), "port_groups");
      known(at + "rate_limit", test.rateLimit(), rateLimits.keySet(), "rate_limits");
    }
  }

  private static void known(String field, String name, Set<String> names, String section) {
    if (!names.contains(name)) {
      throw new IllegalArgumentException(
          field + " names '" + name + "', which is not in " + section + " " + names);
    }
  }
}
