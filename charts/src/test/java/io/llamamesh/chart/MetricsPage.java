package io.llamamesh.chart;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program's metrics for people, from what its {@code /metrics} says. */
final class MetricsPage {
  private static final Pattern HELP = Pattern.compile("# HELP (llamamesh_\\w+) (.*)");
  private static final Pattern TYPE = Pattern.compile("# TYPE (llamamesh_\\w+) (\\w+)");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  /** Labels whose values are ours; those of others, as zones, come from what is measured. */
  private static final Set<String> COUNTED =
      Set.of("event", "outcome", "reason", "result", "verdict");

  private MetricsPage() {}

  /** Families of ours in order, with the values of labels that say what is counted. */
  static String of(String title, String text) {
    Map<String, String> help = new TreeMap<>();
    Map<String, String> types = new TreeMap<>();
    Map<String, Map<String, Set<String>>> labels = new TreeMap<>();
    for (String line : text.lines().toList()) {
      Matcher said = HELP.matcher(line);
      Matcher typed = TYPE.matcher(line);
      if (said.matches()) {
        help.put(said.group(1), said.group(2));
      } else if (typed.matches()) {
        types.put(typed.group(1), typed.group(2));
      } else if (line.startsWith("llamamesh_") && line.contains("{")) {
        String name = line.substring(0, line.indexOf('{'));
        Matcher label = LABEL.matcher(line.substring(name.length()));
        while (label.find()) {
          labels
              .computeIfAbsent(name, n -> new TreeMap<>())
              .computeIfAbsent(label.group(1), l -> new TreeSet<>())
              .add(label.group(2));
        }
      }
    }
    StringBuilder page = new StringBuilder("# " + title + "\n\n");
    page.append("Made from a running program's `/metrics` by the build; not edited by hand.\n\n");
    page.append("| metric | type | meaning |\n|---|---|---|\n");
    types.forEach((name, type) -> {
      page.append("| `").append(name).append("` | ").append(type).append(" | ");
      page.append(help.getOrDefault(name, "").replace("|", "\\|"));
      labels
          .getOrDefault(name, Map.of())
          .forEach((label, values) -> {
            page.append("; `").append(label).append('`');
            if (COUNTED.contains(label)) {
              page.append(": ").append(String.join(", ", values));
            }
          });
      page.append(" |\n");
    });
    return page.toString();
  }
}
