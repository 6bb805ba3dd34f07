package io.llamamesh.e2e.row;

import io.fabric8.kubernetes.api.model.Pod;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** From nothing to a healthy mesh, and back. */
final class InstallRows {
  private static final Duration HEALTHY_WITHIN = Duration.ofMinutes(2);
  private static final Duration CALM = Duration.ofSeconds(30);
  private static final double NEGLIGIBLE_MILLIS = 5;
  private static final double START_UP_FACTOR = 3;

  private InstallRows() {}

  static Row install() {
    return Row.ofShort(
        "install",
        "helm install with defaults and one LlamaMesh: full matrix, Ready, Healthy within 2 min, no restarts, no pod"
            + " BestEffort, the first numbers are not the start-up's",
        InstallRows::install);
  }

  private static void install(Stage stage, Figures figures) throws Exception {
    Instant began = Instant.now();
    stage.install();
    stage.mesh().apply("{}");
    Duration full = stage.awaitFullMatrix(began, HEALTHY_WITHIN);
    figures.note("full matrix after", Duration.between(began, Instant.now()));
    stage.awaitHealthy(HEALTHY_WITHIN.minus(full));
    Duration healthy = Duration.between(began, Instant.now());
    figures.note("Healthy after", healthy);
    double first = shownP99(stage);
    Failure.unless(
        healthy.compareTo(HEALTHY_WITHIN) <= 0, "healthy only after " + healthy.toSeconds() + " s");
    // Two windows later the start-up is over.
    Instant calm = Instant.now().plus(CALM);
    double highest = first;
    while (Instant.now().isBefore(calm)) {
      highest = Math.max(highest, shownP99(stage));
      Thread.sleep(500);
    }
    double steady = stage.mesh().report().orElseThrow().at("/totals/rttP99").asDouble();
    figures.note("P99 first", millis(first));
    figures.note("highest shown", millis(highest));
    figures.note("steady", millis(steady));
    int restarts = stage.restarts();
    figures.note("restarts", restarts);
    Failure.unless(restarts == 0, restarts + " restarts");
    List<String> bestEffort =
        stage.client().pods().inNamespace(Release.NAME).list().getItems().stream()
            .filter(pod -> "BestEffort".equals(pod.getStatus().getQosClass()))
            .map(InstallRows::name)
            .toList();
    Failure.unless(bestEffort.isEmpty(), "BestEffort: " + bestEffort);
    Failure.unless(
        highest <= Math.max(NEGLIGIBLE_MILLIS, START_UP_FACTOR * steady),
        "P99 shown as " + millis(highest) + " at the start, " + millis(steady) + " when calm");
  }

  private static String name(Pod pod) {
    return pod.getMetadata().getName();
  }

  private static double shownP99(Stage stage) {
    String shown = stage.mesh().status().path("rttP99").asText();
    return parseMillis(shown);
  }

  /** Milliseconds of a duration as the status has it: {@code 412us}, {@code 1.5ms}, {@code 2s}. */
  static double parseMillis(String shown) {
    if (shown.isEmpty()) {
      return 0;
    }
    double number = Double.parseDouble(shown.replaceAll("[a-zµ]+$", ""));
    return switch (shown.replaceAll("^[0-9.]+", "")) {
      case "us", "µs" -> number / 1e3;
      case "ms" -> number;
      case "s" -> number * 1e3;
      default -> throw new IllegalArgumentException("no duration: " + shown);
    };
  }

  private static String millis(double value) {
    return String.format(Locale.ROOT, "%.2f ms", value);
  }

  static Row uninstall() {
    return Row.ofShort(
        "uninstall",
        "the mesh deleted and helm uninstall: nothing is left but the CRD, the namespace kept",
        (stage, figures) -> {
          stage.healthyMesh();
          Instant began = Instant.now();
          Set<String> left = stage.uninstall();
          figures.note("gone after", Duration.between(began, Instant.now()));
          figures.note("left", left.size());
          Failure.unless(left.isEmpty(), "left: " + left);
        });
  }

  static Row helmTest() {
    return Row.of(
        "helm-test",
        "helm test passes on a healthy mesh",
        (stage, figures) -> {
          stage.healthyMesh();
          Instant began = Instant.now();
          stage.release().test();
          figures.note("passed after", Duration.between(began, Instant.now()));
          Wait.until("mesh", Duration.ofSeconds(10), stage::missingForHealthy);
        });
  }
}
