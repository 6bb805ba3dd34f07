package io.llamamesh.e2e.row;

import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.time.Duration;
import java.time.Instant;

/** New agents for old ones. */
final class RolloutRows {
  private static final int TIMES = 2;
  private static final Duration ROLLED_WITHIN = Duration.ofMinutes(5);

  private RolloutRows() {}

  static Row rollout() {
    return Row.of(
        "rollout",
        "rollout of all agents, twice: 0 lost, 0 refused outside the drained",
        RolloutRows::rollout);
  }

  private static void rollout(Stage stage, Figures figures) throws Exception {
    stage.healthyMesh();
    Instant began = Instant.now();
    for (int i = 1; i <= TIMES; i++) {
      stage
          .cluster()
          .kubectl("rollout", "restart", "daemonset/" + Mesh.NAME + "-agent", "-n", Release.NAME);
      figures.note(
          "rollout " + i,
          Wait.until(
              "rollout of all agents",
              ROLLED_WITHIN,
              () -> {
                failIfNetworkBlamed(stage);
                return rolled(stage);
              }));
    }
    Instant rolled = Instant.now();
    stage.awaitFullMatrix(rolled, Stage.WINDOW.multipliedBy(3));
    stage.awaitHealthy(Stage.WINDOW.multipliedBy(2));
    noteTotals(stage, figures, began);
  }

  /** Notes what became of the probes since a moment, and fails where some were lost or refused. */
  static void noteTotals(Stage stage, Figures figures, Instant began) throws InterruptedException {
    Mesh.ProbeTotals outcome = stage.mesh().totalsSince(began);
    figures.note("sent", outcome.sent());
    figures.note("lost", outcome.lost());
    figures.note("refused", outcome.refused());
    Failure.unless(outcome.sent() > 0, "no probe was sent");
    Failure.unless(
        outcome.lost() == 0 && outcome.refused() == 0,
        outcome.lost() + " lost and " + outcome.refused() + " refused of " + outcome.sent());
  }

  /** Fails where the network is blamed. */
  static void failIfNetworkBlamed(Stage stage) {
    Mesh.Condition network = stage.mesh().condition("NetworkHealthy");
    Failure.unless(!network.status().equals("False"), network.toString());
  }

  private static String rolled(Stage stage) {
    var set =
        stage
            .client()
            .apps()
            .daemonSets()
            .inNamespace(Release.NAME)
            .withName(Mesh.NAME + "-agent")
            .get();
    var status = set.getStatus();
    int wanted = status.getDesiredNumberScheduled();
    int updated =
        status.getUpdatedNumberScheduled() == null ? 0 : status.getUpdatedNumberScheduled();
    int available = status.getNumberAvailable() == null ? 0 : status.getNumberAvailable();
    boolean current =
        set.getMetadata().getGeneration().equals(status.getObservedGeneration())
            && updated == wanted
            && available == wanted;
    return current ? "" : updated + " of " + wanted + " are new, " + available + " available";
  }
}
