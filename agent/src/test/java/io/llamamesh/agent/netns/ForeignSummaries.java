package io.llamamesh.agent.netns;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.netns.ForeignProgram.Project;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Counts of a foreign collector, summed over its summaries, of which it keeps one. */
final class ForeignSummaries {

  private static final Pattern SAMPLE =
      Pattern.compile("^udprobe_packets_(sent|lost)\\{.*} (\\S+)$", Pattern.MULTILINE);

  private final Project project;
  private final ForeignProgram collector;
  private final int port;
  private String seen = "";
  private String counted = "";
  private long sent;
  private long lost;

  ForeignSummaries(Project project, ForeignProgram collector, int port) {
    this.project = project;
    this.collector = collector;
    this.port = port;
  }

  /** Probes of all summaries so far, after another look. */
  long sent() {
    readNew();
    return sent;
  }

  /** Probes that it counted lost. */
  long lost() {
    return lost;
  }

  private void readNew() {
    String now = read();
    // Udprobe sets its gauges one by one: a summary is whole when it is seen twice.
    if (now.equals(seen) && !now.equals(counted)) {
      counted = now;
      add(now);
    }
    seen = now;
  }

  private String read() {
    if (project == Project.LLAMA) {
      return collector.get(port, "/influxdata");
    }
    return collector
        .get(port, "/metrics")
        .lines()
        .filter(line -> line.startsWith("udprobe_"))
        .collect(Collectors.joining("\n"));
  }

  private void add(String summary) {
    if (project == Project.LLAMA) {
      try {
        for (JsonNode point : ResultsJson.mapper().readTree(summary)) {
          sent += point.get("fields").get("sent").asLong();
          lost += point.get("fields").get("lost").asLong();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return;
    }
    Matcher matcher = SAMPLE.matcher(summary);
    while (matcher.find()) {
      long value = Math.round(Double.parseDouble(matcher.group(2)));
      if (matcher.group(1).equals("sent")) {
        sent += value;
      } else {
        lost += value;
      }
    }
  }
}
