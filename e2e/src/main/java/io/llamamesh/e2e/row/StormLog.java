package io.llamamesh.e2e.row;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Release;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Record of a storm, in its order, with what must not be. A storm does nothing to the network, the
 * store and the mesh's spec, so whoever speaks ill of these is wrong.
 *
 * <p>Any thread may call.
 */
final class StormLog {
  /** Time after a second operator's end in which its Events may still come. */
  private static final Duration LATE = Duration.ofMinutes(2);

  /** Time before an agent's end that its pairs may lack. */
  private static final Duration BEFORE_END = Stage.WINDOW.multipliedBy(2);

  private static final Duration AFTER_BEGINNING = Stage.WINDOW.multipliedBy(3);

  private static final String MESH = "LlamaMesh " + Release.NAME + "/" + Mesh.NAME;
  private static final List<String> WATCHED = List.of("Ready", "NetworkHealthy", "StoreReachable");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Appendable out;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, String> verdicts = new HashMap<>();
  private final Map<String, Integer> changes = new TreeMap<>();
  private final Set<String> warnings = new HashSet<>();
  private final Map<String, Integer> warned = new TreeMap<>();
  private final Map<String, ObservedPod> pods = new HashMap<>();

  /** By node: from an agent's end to the beginning of the one that follows. */
  private final Map<String, ActivePeriods> replacements = new HashMap<>();

  private final ActivePeriods secondOperators = new ActivePeriods();
  private Duration unknown = Duration.ZERO;
  private Instant asked = Instant.MIN;
  private boolean apiAway;
  private int restarts;
  private int replaced;
  private boolean podsKnown;

  /**
   * A log.
   *
   * @param out takes its lines
   */
  StormLog(Appendable out) {
    this.out = out;
  }

  /**
   * A Warning.
   *
   * @param uid the Event's
   * @param component who says it
   * @param object whom it is about: kind, namespace and name
   */
  record Warning(String uid, String component, String object, String reason, String message) {
    private static final String OURS = "llama-mesh-operator";

    boolean isOurs() {
      return component.equals(OURS);
    }
  }

  /**
   * A pod of ours.
   *
   * @param node where it is; empty while it is nowhere
   * @param restarts of all its containers
   * @param ends why a container ended last; empty where none did
   */
  record ObservedPod(
      String uid,
      String name,
      String component,
      String node,
      boolean ready,
      int restarts,
      String ends) {}

  /** Records that an event begins. */
  synchronized void begins(Instant at, StormEvent event) {
    line(at, "EVENT", event.toString());
    if (event.kind() == StormEvent.Kind.SECOND_OPERATOR) {
      secondOperators.begin(at);
    }
  }

  /** Records that an event has been undone. */
  synchronized void ends(Instant at, StormEvent event) {
    line(at, "EVENT", "undone: " + event.kind());
    if (event.kind() == StormEvent.Kind.SECOND_OPERATOR) {
      secondOperators.end(at);
    }
  }

  /** Records a remark. */
  synchronized void note(Instant at, String text) {
    line(at, "NOTE", text);
  }

  /** Records a violation: what must not be. */
  synchronized void problem(Instant at, String text) {
    problems.add(text);
    line(at, "PROBLEM", text);
  }

  /** Records that the API does not answer. */
  synchronized void unreachable(Instant at, String why) {
    asked = Instant.MIN;
    if (!apiAway) {
      apiAway = true;
      line(at, "API", "does not answer: " + why);
    }
  }

  /** Records the status of the mesh. */
  synchronized void status(Instant at, JsonNode status) {
    if (apiAway) {
      apiAway = false;
      line(at, "API", "answers again");
    }
    Mesh.Condition network = Mesh.condition(status, "NetworkHealthy");
    if (network.status().equals("Unknown") && !asked.equals(Instant.MIN)) {
      unknown = unknown.plus(Duration.between(asked, at));
    }
    asked = at;
    for (String type : WATCHED) {
      verdict(at, Mesh.condition(status, type));
    }
  }

  private void verdict(Instant at, Mesh.Condition condition) {
    String verdict = condition.status() + " " + condition.reason();
    String before = verdicts.put(condition.type(), verdict);
    if (verdict.equals(before)) {
      return;
    }
    line(at, "VERDICT", condition.toString());
    if (before != null) {
      changes.merge(condition.type() + "=" + verdict, 1, Integer::sum);
    }
    if (condition.status().equals("False") && !condition.type().equals("Ready")) {
      problem(at, "untrue verdict: " + condition);
    }
  }

  /** A Warning was there; it counts once. */
  synchronized void warning(Instant at, Warning warning) {
    if (!warnings.add(warning.uid())) {
      return;
    }
    String untrue = untrue(at, warning);
    line(
        at,
        "WARNING",
        "%s %s about %s: %s"
            .formatted(warning.component(), warning.reason(), warning.object(), warning.message()));
    if (warning.isOurs()) {
      warned.merge(warning.reason(), 1, Integer::sum);
    }
    if (!untrue.isEmpty()) {
      problem(at, "untrue Warning, " + untrue + ": " + warning);
    }
  }

  private String untrue(Instant at, Warning warning) {
    if (!warning.isOurs()) {
      return "";
    }
    return switch (warning.reason()) {
      case "NetworkUnhealthy" -> "nothing was done to the network";
      case "StoreUnreachable" -> "nothing was done to the store";
      case "ManagedByAnother" ->
          secondOperators.contains(at, at, Duration.ZERO, LATE)
              ? ""
              : "there is no second operator";
      default -> warning.object().equals(MESH) ? "nothing was done to its spec" : "";
    };
  }

  /**
   * All pods of ours that there are. A container that is started again within its pod is a restart;
   * a pod that is made in place of another, as rollouts and deletions have it, is none.
   */
  synchronized void pods(Instant at, Collection<ObservedPod> present) {
    Set<String> uids = present.stream().map(ObservedPod::uid).collect(Collectors.toSet());
    for (ObservedPod gone : List.copyOf(pods.values())) {
      if (!uids.contains(gone.uid())) {
        pods.remove(gone.uid());
        line(at, "POD", gone.name() + " on " + gone.node() + " is gone");
        ended(at, gone);
      }
    }
    for (ObservedPod pod : present) {
      ObservedPod before = pods.put(pod.uid(), pod);
      if (before == null) {
        line(at, "POD", pod.name() + " is there");
        replaced += podsKnown ? 1 : 0;
      }
      int more = pod.restarts() - (before == null ? 0 : before.restarts());
      if (more > 0 && (before != null || podsKnown)) {
        restarts += more;
        problem(at, pod.name() + " restarted on " + pod.node() + ": " + pod.ends());
      }
      if (before != null && before.ready() != pod.ready()) {
        line(at, "POD", pod.name() + (pod.ready() ? " is ready" : " is no longer ready"));
        if (!pod.ready()) {
          ended(at, pod);
        }
      }
      if (pod.ready() && pod.component().equals("agent")) {
        of(pod.node()).end(at);
      }
    }
    podsKnown = true;
  }

  private void ended(Instant at, ObservedPod pod) {
    if (pod.component().equals("agent")) {
      of(pod.node()).begin(at);
    }
  }

  private ActivePeriods of(String node) {
    return replacements.computeIfAbsent(node, name -> new ActivePeriods());
  }

  /**
   * Gaps and repeats that no agent's replacement explains: one that ends leaves a window that is
   * shorter, and its pairs have none until there is another.
   */
  synchronized Continuity unexplained(Continuity seen) {
    return new Continuity(unexplained(seen.gaps()), unexplained(seen.repeats()));
  }

  private List<Continuity.Step> unexplained(List<Continuity.Step> steps) {
    return steps.stream()
        .filter(step ->
            ends(step.series()).stream()
                .noneMatch(
                    node -> of(node).contains(step.from(), step.to(), BEFORE_END, AFTER_BEGINNING)))
        .toList();
  }

  /** The nodes that a series is about. */
  private static List<String> ends(String series) {
    try {
      JsonNode tags = JSON.readTree(series);
      return List.of(tags.path("src_name").asText(), tags.path("dst_name").asText());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no tags of a series: " + series, e);
    }
  }

  /** Violations in the order in which they were seen. */
  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** Notes a summary. */
  synchronized void summarize(Figures figures) {
    figures.note("verdict changes", changes.values().stream().mapToInt(n -> n).sum());
    changes.forEach((verdict, times) -> figures.note(verdict, times + "x"));
    figures.note("NetworkHealthy Unknown for", unknown);
    figures.note("Warnings of ours", warned.isEmpty() ? 0 : warned);
    figures.note("pods replaced", replaced);
    figures.note("restarts", restarts);
  }

  private void line(Instant at, String what, String text) {
    try {
      out.append(
          String.format(
              Locale.ROOT,
              "%-20s %-8s %s%n",
              at.truncatedTo(ChronoUnit.SECONDS),
              what,
              text.strip().replace('\n', ' ')));
    } catch (IOException e) {
      throw new UncheckedIOException("the log of verdicts cannot be written", e);
    }
  }
}
