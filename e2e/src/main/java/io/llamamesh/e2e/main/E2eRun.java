package io.llamamesh.e2e.main;

import io.llamamesh.e2e.cluster.Cluster;
import io.llamamesh.e2e.cluster.Diagnostics;
import io.llamamesh.e2e.cluster.Family;
import io.llamamesh.e2e.cluster.Programs;
import io.llamamesh.e2e.cluster.Progress;
import io.llamamesh.e2e.machine.RunFolder;
import io.llamamesh.e2e.row.Figures;
import io.llamamesh.e2e.row.Row;
import io.llamamesh.e2e.row.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** One run: clusters for rows, the rows on them, the table at the end. */
final class E2eRun {
  private final Programs programs;
  private final Path root;
  private final List<Row> rows;
  private final boolean keep;
  private final Progress progress;
  private final List<Outcome> outcomes = new ArrayList<>();

  private record Outcome(Row row, Duration took, String figures, String problem) {}

  E2eRun(Programs programs, Path root, List<Row> rows, boolean keep, Progress progress) {
    this.programs = programs;
    this.root = root;
    this.rows = rows;
    this.keep = keep;
    this.progress = progress;
  }

  /**
   * Runs it.
   *
   * @return whether every row passed
   */
  boolean run() throws IOException, InterruptedException {
    try (RunFolder folder = RunFolder.claim()) {
      int at = 0;
      do {
        Family family = rows.isEmpty() ? Family.IPV4 : rows.get(at).family();
        try (Cluster cluster =
            Cluster.start(programs, family, folder.resolve("cluster-" + at), progress)) {
          Stage stage = new Stage(cluster, root, progress);
          while (at < rows.size() && rows.get(at).family() == family) {
            run(rows.get(at), stage);
            at++;
          }
          if (keep && at == rows.size()) {
            keep(cluster);
          }
          progress.say("removing the cluster");
        }
      } while (at < rows.size());
      progress.say("removed");
    } finally {
      tell();
    }
    return outcomes.stream().allMatch(outcome -> outcome.problem().isEmpty());
  }

  private void run(Row row, Stage stage) throws IOException, InterruptedException {
    progress.say("row " + row.name() + ": " + row.right());
    long began = System.nanoTime();
    Figures figures = new Figures();
    String problem = "";
    try {
      row.body().run(stage, figures);
      List<String> dead = stage.cluster().dead();
      if (!dead.isEmpty()) {
        problem = "ended: " + dead;
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      problem =
          e instanceof io.llamamesh.e2e.cluster.Failure
              ? String.valueOf(e.getMessage())
              : String.valueOf(e);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    outcomes.add(new Outcome(row, took, figures.toString(), problem));
    progress.say(
        "row "
            + row.name()
            + (problem.isEmpty() ? " passed" : " FAILED: " + problem)
            + " ("
            + took.toSeconds()
            + " s; "
            + figures
            + ")");
    if (!problem.isEmpty()) {
      Path kept = root.resolve("target/e2e").resolve(row.name());
      Diagnostics.keep(stage.cluster(), stage.mesh(), kept);
      Files.writeString(kept.resolve("failure.txt"), problem + "\n" + figures + "\n");
      progress.say("logs and objects are in " + kept);
      if (!keep) {
        stage.reset();
      }
    }
  }

  private void keep(Cluster cluster) throws InterruptedException {
    progress.print(
        """

        The cluster runs until this program is stopped (Ctrl-C, or ./llama-mesh e2e --down from elsewhere).
          kubectl     %s get pods -A
          kubeconfig  %s (from within: nsenter -t %d -n COMMAND)
        """
            .formatted(
                cluster.kubectlScript(), cluster.kubeconfig(), ProcessHandle.current().pid()));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      progress.say("stopping");
    }
  }

  private void tell() {
    if (outcomes.isEmpty()) {
      return;
    }
    progress.print("");
    for (Outcome outcome : outcomes) {
      progress.print(
          "%-22s %-6s %5d s  %s%s"
              .formatted(
                  outcome.row().name(),
                  outcome.problem().isEmpty() ? "passed" : "FAILED",
                  outcome.took().toSeconds(),
                  outcome.figures(),
                  outcome.problem().isEmpty() ? "" : "\n    " + outcome.problem()));
    }
  }
}
