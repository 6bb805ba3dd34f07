package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.auth.TokenCheck;
import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.http.EventStreams;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FabricMetricsTest {

  private static final Path REFERENCE = Path.of("../docs/reference/metrics-fabric.md");
  private static final Pattern HEAD = Pattern.compile("# (HELP|TYPE) (llamamesh_\\w+) (.*)");
  private static final Pattern LABEL = Pattern.compile("(llamamesh_\\w+)\\{(\\w+)=\"(\\w+)\"} .*");

  @Test
  void theReferenceHasEveryMetricAndNoOther() throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    FabricMetrics.fill(registry, () -> null);
    SharedStateMetrics.fill(registry, () -> null);
    String page;
    try (EventStreams streams = new EventStreams(1)) {
      FabricMetrics.fillWatches(registry, streams);
      SharedStateMetrics.fillRequests(
          registry,
          new SharedStateApi(FabricServices.off(), TokenCheck.OPEN, TokenCheck.OPEN, streams));
      page = page(registry.scrape());
    }
    if (Boolean.getBoolean("llamamesh.update")) {
      Files.writeString(REFERENCE, page);
    }
    assertThat(REFERENCE).as("renew it with -Dllamamesh.update=true").hasContent(page);
  }

  private static String page(String text) {
    Map<String, String> help = new TreeMap<>();
    Map<String, String> types = new TreeMap<>();
    Map<String, String> labels = new TreeMap<>();
    Map<String, TreeSet<String>> values = new TreeMap<>();
    text.lines()
        .forEach(line -> {
          Matcher head = HEAD.matcher(line);
          Matcher label = LABEL.matcher(line);
          if (head.matches()) {
            (head.group(1).equals("HELP") ? help : types).put(head.group(2), head.group(3));
          } else if (label.matches()) {
            labels.put(label.group(1), label.group(2));
            values.computeIfAbsent(label.group(1), n -> new TreeSet<>()).add(label.group(3));
          }
        });
    StringBuilder page =
        new StringBuilder(
            """
            # Metrics of the fabric

            An agent has them from the first scrape on at which it takes part in [the fabric](../guide/fabric.md).
            Made by the build; not edited by hand.

            | metric | type | meaning |
            |---|---|---|
            """);
    types.forEach((name, type) -> {
      page.append("| `%s` | %s | %s".formatted(name, type, help.get(name)));
      if (labels.containsKey(name)) {
        page.append("; `%s`: ".formatted(labels.get(name)));
        page.append(String.join(", ", values.getOrDefault(name, new TreeSet<>())));
      }
      page.append(" |\n");
    });
    return page.toString();
  }
}
