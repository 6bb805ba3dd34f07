package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.e2e.cluster.ClusterBinaries;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.InfluxDb;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** From an older release to this tree, and back. */
final class UpgradeRows {
  private static final Duration ROLLED_WITHIN = Duration.ofMinutes(6);
  private static final Duration WELL_WITHIN = Duration.ofMinutes(2);

  private UpgradeRows() {}

  static Row upgrade() {
    return Row.of(
        "upgrade",
        "upgrade from an older release, CRD too, and back: the mesh goes on, 0 lost, mixed versions included",
        UpgradeRows::upgrade);
  }

  private static void upgrade(Stage stage, Figures figures) throws Exception {
    Path older = stage.cluster().importOlder();
    stage.log("installing the older release");
    stage.installOlder(older);
    InfluxDb store = stage.olderMeshWithStore();
    Instant began = stage.awaitStored(store);
    stage.log("upgrading");
    applyCrd(stage, stage.chart());
    Instant upgraded = Instant.now();
    stage.release().upgrade(stage.chart(), Map.of());
    figures.note("upgraded after", awaitRolled(stage, upgraded, false));
    stage.awaitHealthy(WELL_WITHIN);
    stage.log("back to the older release");
    // It may know nothing of the newer one's status fields: with its own CRD they are pruned.
    applyCrd(stage, older);
    Instant back = Instant.now();
    stage.release().upgrade(older, Map.of("image.tag", ClusterBinaries.OLDER_TAG));
    figures.note("back after", awaitRolled(stage, back, true));
    stage.awaitReady(WELL_WITHIN);
    stage.awaitStored(store);
    long sent = store.sum("sent", began);
    long lost = store.sum("lost", began);
    long refused = store.sum("refused", began);
    figures.note("sent", sent);
    figures.note("lost", lost);
    figures.note("refused", refused);
    Failure.unless(
        sent > 0 && lost == 0 && refused == 0,
        lost + " lost and " + refused + " refused of " + sent);
  }

  private static void applyCrd(Stage stage, Path chart) throws IOException, InterruptedException {
    stage
        .cluster()
        .kubectl(
            "apply", "--server-side", "--force-conflicts", "-f", chart.resolve("crds").toString());
  }

  /** Waits until every pod has the other release's image and is ready. */
  private static Duration awaitRolled(Stage stage, Instant began, boolean older)
      throws InterruptedException {
    Wait.until(
        "all pods are of the " + (older ? "older release" : "new one"),
        ROLLED_WITHIN,
        () -> {
          RolloutRows.failIfNetworkBlamed(stage);
          List<Pod> pods = stage.client().pods().inNamespace(Release.NAME).list().getItems();
          List<String> left =
              pods.stream()
                  .filter(
                      pod -> isOlder(pod) != older || !io.llamamesh.e2e.cluster.Mesh.isReady(pod))
                  .map(pod -> pod.getMetadata().getName())
                  .toList();
          return left.isEmpty() && !pods.isEmpty() ? "" : "not yet: " + left;
        });
    return Duration.between(began, Instant.now());
  }

  private static boolean isOlder(Pod pod) {
    return pod.getSpec()
        .getContainers()
        .getFirst()
        .getImage()
        .endsWith(":" + ClusterBinaries.OLDER_TAG);
  }
}
