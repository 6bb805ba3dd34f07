package io.llamamesh.e2e.main;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.e2e.cluster.Cluster;
import io.llamamesh.e2e.cluster.ClusterBinaries;
import io.llamamesh.e2e.cluster.Diagnostics;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.IpFamily;
import io.llamamesh.e2e.cluster.ProgressLog;
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
  private final ClusterBinaries programs;
  private final Path root;
  private final List<Row> rows;
  private final boolean keep;
  private final ProgressLog progress;
  private final List<Outcome> outcomes = new ArrayList<>();

  private record Outcome(Row row, Duration took, String figures, String problem) {}

  E2eRun(ClusterBinaries programs, Path root, List<Row> rows, boolean keep, ProgressLog progress) {
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
      if (rows.isEmpty()) {
        try (Cluster cluster = start(IpFamily.IPV4, folder)) {
          keep(cluster);
        }
      }
      while (outcomes.size() < rows.size()) {
        runOnOneCluster(folder);
      }
      progress.log("removed");
    } finally {
      printSummary();
    }
    return outcomes.stream().allMatch(outcome -> outcome.problem().isEmpty());
  }

  private Cluster start(IpFamily family, RunFolder folder)
      throws IOException, InterruptedException {
    return Cluster.start(programs, family, folder.resolve("cluster-" + outcomes.size()), progress);
  }

  /** The rows from the next one on that the same cluster can serve. */
  private void runOnOneCluster(RunFolder folder) throws IOException, InterruptedException {
    IpFamily family = next().family();
    try (Cluster cluster = start(family, folder)) {
      Stage stage = new Stage(cluster, root, progress);
      boolean usable = true;
      while (usable && isNext(family)) {
        usable = run(next(), stage);
      }
      if (keep && outcomes.size() == rows.size()) {
        keep(cluster);
      }
      progress.log("removing the cluster");
    } catch (Failure | IOException e) {
      // Not this row's alone: the others need the same cluster. Those of another may be well.
      String problem = "the cluster failed: " + e.getMessage();
      progress.log(problem);
      while (isNext(family)) {
        outcomes.add(new Outcome(next(), Duration.ZERO, "", problem));
      }
    }
  }

  private Row next() {
    return rows.get(outcomes.size());
  }

  private boolean isNext(IpFamily family) {
    return outcomes.size() < rows.size() && next().family() == family;
  }

  /**
   * Runs a row.
   *
   * @return whether the cluster can serve another one
   */
  private boolean run(Row row, Stage stage) throws IOException, InterruptedException {
    progress.log("row " + row.name() + ": " + row.expectation());
    long began = System.nanoTime();
    Figures figures = new Figures();
    String problem = "";
    try {
      row.body().run(stage, figures);
      List<String> dead = stage.cluster().exitedPrograms();
      if (!dead.isEmpty()) {
        problem = "ended: " + dead;
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      problem = Failure.message(e);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    outcomes.add(new Outcome(row, took, figures.toString(), problem));
    progress.log(
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
      Diagnostics.collect(stage.cluster(), stage.mesh(), kept);
      Files.writeString(kept.resolve("failure.txt"), problem + "\n" + figures + "\n");
      progress.log("logs and objects are in " + kept);
      return keep || reset(stage);
    }
    return true;
  }

  private boolean reset(Stage stage) throws InterruptedException {
    try {
      stage.reset();
      return true;
    } catch (Failure | IOException | KubernetesClientException e) {
      progress.log("what the row left cannot be cleaned up, so the next has a new cluster: " + e);
      return false;
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
      progress.log("stopping");
    }
  }

  private void printSummary() {
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
