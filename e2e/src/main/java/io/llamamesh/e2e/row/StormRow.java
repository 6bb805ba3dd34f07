package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.e2e.cluster.Diagnostics;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.InfluxDb;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A storm: a day's work of administrators and clouds on a cluster, in an hour. */
final class StormRow {
  private static final String NAME = "storm";
  private static final Duration WELL_WITHIN = Duration.ofMinutes(2);
  private static final Duration STORED_WITHIN = Duration.ofMinutes(2);
  private static final Duration FOLLOWED_WITHIN = Duration.ofSeconds(90);

  /** So far back a matrix has a window of every pair that is measured. */
  private static final Duration RECENT = Stage.WINDOW.multipliedBy(3);

  private static final String EXCLUDE = "llamamesh.io/exclude";
  private static final int NAMED = 3;

  private StormRow() {}

  static Row storm(StormSettings settings) {
    return Row.onDemand(
        NAME,
        "each minute something is done to the cluster and nothing to the network (--seed, --storm-minutes): no untrue"
            + " word, no restart, no window lost or doubled, Healthy within 2 min after, agents follow the API; only by --only",
        (stage, figures) -> run(stage, figures, settings));
  }

  @FunctionalInterface
  private interface Check {
    void run() throws Exception;
  }

  private static void run(Stage stage, Figures figures, StormSettings settings) throws Exception {
    List<StormEvent> events = StormSchedule.of(settings.seed(), settings.minutes());
    figures.note("seed", settings.seed());
    figures.note("minutes", settings.minutes());
    figures.note("events", events.size());
    stage.log("storm of seed " + settings.seed() + ", " + events.size() + " events");
    events.forEach(event -> stage.log("  " + event));
    InfluxDb store = stage.meshWithStore();
    StormActions actions = new StormActions(stage);
    Path file = stage.records(NAME).resolve(Diagnostics.RECORD);
    Files.createDirectories(file.getParent());
    boolean passed = false;
    try (PrintStream lines =
        new PrintStream(Files.newOutputStream(file), true, StandardCharsets.UTF_8)) {
      actions.prepare();
      Wait.until("the second namespace is looked after", WELL_WITHIN, actions::missingInTeam);
      stage.awaitHealthy(WELL_WITHIN);
      StormLog log = new StormLog(lines);
      log.note(Instant.now(), "seed " + settings.seed() + ", " + settings.minutes() + " minutes");
      Instant from = stage.awaitStored(store);
      try (var _ = new StormWatch(stage, log)) {
        runEvents(stage, actions, log, events);
        verify(stage, actions, log, figures, store, from);
      }
      log.summarize(figures);
      figures.note("verdicts in", file);
      List<String> problems = log.problems();
      Failure.unless(
          problems.isEmpty(), problems.size() + " problems: " + String.join("; ", problems));
      passed = true;
    } finally {
      if (!passed) {
        abandon(stage, actions);
      }
    }
    actions.restore();
    stage.awaitHealthy(WELL_WITHIN);
  }

  private static void abandon(Stage stage, StormActions actions) {
    try {
      actions.abandon();
    } catch (KubernetesClientException e) {
      // The failure to report is the row's, not this one.
      stage.log("the storm's namespace stays: " + e);
    }
  }

  private static void runEvents(
      Stage stage, StormActions actions, StormLog log, List<StormEvent> events) throws Exception {
    Instant began = Instant.now();
    for (StormEvent event : events) {
      Instant due = began.plus(event.at());
      Thread.sleep(Math.max(0, Duration.between(Instant.now(), due).toMillis()));
      stage.log(event.toString());
      log.begins(Instant.now(), event);
      boolean done = false;
      try {
        actions.run(event);
        done = true;
      } catch (IOException | RuntimeException e) {
        log.problem(Instant.now(), event + ": " + Failure.message(e));
        stage.log("  " + Failure.message(e));
      } finally {
        if (!done) {
          check(log, () -> actions.undo(event));
        }
      }
      log.ends(Instant.now(), event);
    }
  }

  private static void verify(
      Stage stage,
      StormActions actions,
      StormLog log,
      Figures figures,
      InfluxDb store,
      Instant from)
      throws InterruptedException {
    Instant latest = Instant.now().plus(WELL_WITHIN);
    check(log, () -> figures.note("well after", stage.awaitHealthy(WELL_WITHIN)));
    check(log, () -> Wait.until("second namespace", left(latest), actions::missingInTeam));
    check(
        log, () -> Wait.until("the mesh's own objects", left(latest), () -> missingObjects(stage)));
    Instant to = Instant.now();
    check(
        log,
        () -> {
          AtomicInteger gaps = new AtomicInteger();
          Wait.until(
              "store without a gap",
              STORED_WITHIN,
              () -> {
                Continuity all = Continuity.of(store.windows(from), Stage.WINDOW, from, to);
                Continuity seen = log.unexplained(all);
                Failure.unless(
                    seen.duplicated().isEmpty(), "doubled: " + abbreviate(seen.duplicated()));
                gaps.set(all.gaps().size());
                return seen.missing().isEmpty() ? "" : abbreviate(seen.missing());
              });
          figures.note("windows lost or doubled in the store", 0);
          figures.note("gaps of replaced agents", gaps.get());
        });
    check(log, () -> figures.note("agents followed after", timeToFollow(stage)));
    check(log, () -> stage.awaitHealthy(WELL_WITHIN));
  }

  private static Duration left(Instant latest) {
    Duration left = Duration.between(Instant.now(), latest);
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** The missing one of the objects that a storm takes from the mesh; empty: none. */
  private static String missingObjects(Stage stage) {
    var secret =
        stage.client().secrets().inNamespace(Release.NAME).withName(Mesh.NAME + "-auth").get();
    if (secret == null || secret.getMetadata().getOwnerReferences().isEmpty()) {
      return "Secret " + Mesh.NAME + "-auth is not there";
    }
    for (String name : List.of(Mesh.NAME + "-agent", Mesh.NAME + "-scraper")) {
      if (stage.client().serviceAccounts().inNamespace(Release.NAME).withName(name).get() == null) {
        return "ServiceAccount " + name + " is not there";
      }
    }
    return "";
  }

  /**
   * Time until no agent probes a node that is excluded: each has its config by a connection of its
   * own to the API server.
   */
  private static Duration timeToFollow(Stage stage) throws Exception {
    String excluded = stage.names().getLast();
    stage
        .cluster()
        .kubectlUntilDone("annotate", "node", excluded, EXCLUDE + "=true", "--overwrite");
    try {
      return Wait.until(
          "agents that do not probe " + excluded,
          FOLLOWED_WITHIN,
          () -> {
            int others = 0;
            for (var pair :
                stage
                    .mesh()
                    .matrixSince(Instant.now().minus(RECENT))
                    .orElseThrow(() -> new IOException("no scraper answers"))
                    .path("pairs")) {
              if (pair.path("sent").asLong() == 0) {
                continue;
              }
              if (pair.path("source").asText().equals(excluded)
                  || pair.path("destination").asText().equals(excluded)) {
                return "still "
                    + pair.path("source").asText()
                    + ">"
                    + pair.path("destination").asText();
              }
              others++;
            }
            return others > 0 ? "" : "no pair is measured";
          });
    } finally {
      stage.cluster().kubectlUntilDone("annotate", "node", excluded, EXCLUDE + "-");
    }
  }

  /** Runs a check and records its failure; the others are made all the same. */
  private static void check(StormLog log, Check check) throws InterruptedException {
    try {
      check.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      log.problem(Instant.now(), Failure.message(e));
    }
  }

  private static String abbreviate(List<?> all) {
    return all.size() + " times, as " + all.stream().limit(NAMED).toList();
  }
}
