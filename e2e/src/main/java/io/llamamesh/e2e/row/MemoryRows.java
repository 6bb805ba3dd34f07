package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.OutsideReflectors;
import io.llamamesh.e2e.cluster.Wait;
import io.llamamesh.e2e.machine.ControlGroups;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/** Memory of real pods, page cache counted. */
final class MemoryRows {
  private static final int TARGETS = 64;
  private static final Duration WELL_WITHIN = Duration.ofMinutes(2);
  private static final Duration MEASURED = Duration.ofMinutes(4);

  /** Of its limit: what a container may use and still be far from its end. */
  private static final double SHARE = 0.85;

  private MemoryRows() {}

  static Row agents() {
    return Row.of(
        "agent-memory",
        "agents with 64 targets each for 4 min: within 85 % of their memory limit, page cache counted, no restart, 0 lost",
        MemoryRows::agents);
  }

  private static void agents(Stage stage, Figures figures) throws Exception {
    stage.withoutMesh();
    int nodes = stage.names().size();
    try (OutsideReflectors outside =
        stage.cluster().outsideReflectors(stage.agentProgram(), TARGETS - (nodes - 1))) {
      stage.mesh().apply(spec(outside.addresses()));
      Instant applied = Instant.now();
      Wait.until(
          "healthy mesh with " + TARGETS + " targets for each agent",
          WELL_WITHIN,
          () -> {
            JsonNode status = stage.mesh().status();
            int pairs = status.path("pairs").asInt();
            return Mesh.condition(status, "Ready").isTrue()
                    && Mesh.condition(status, "NetworkHealthy").isTrue()
                    && pairs == TARGETS * nodes
                ? ""
                : pairs + " pairs; " + stage.mesh().unmetConditions();
          });
      Thread.sleep(MEASURED.toMillis());
      for (Pod pod : stage.mesh().pods("agent")) {
        check(stage, figures, pod);
      }
      RolloutRows.noteTotals(stage, figures, applied);
      int restarts = stage.restarts();
      Failure.unless(restarts == 0, restarts + " restarts");
      stage.deleteMesh();
    }
  }

  private static void check(Stage stage, Figures figures, Pod pod) throws Exception {
    String node = pod.getSpec().getNodeName();
    ControlGroups.Memory used = stage.cluster().node(node).memory(pod);
    long limit =
        Quantity.getAmountInBytes(
                pod.getSpec().getContainers().getFirst().getResources().getLimits().get("memory"))
            .longValueExact();
    figures.note(
        node,
        "%d MiB in use, peak %d of %d MiB, limit hit %d times"
            .formatted(used.workingSet() >> 20, used.peak() >> 20, limit >> 20, used.limitHits()));
    Failure.unless(
        used.workingSet() <= SHARE * limit,
        "agent on " + node + " uses " + used.workingSet() + " of " + limit + " bytes");
  }

  private static String spec(List<String> addresses) {
    return addresses.stream()
        .map(address ->
            "{name: \"outside-%s\", host: \"%s\", port: %d}"
                .formatted(address, address, OutsideReflectors.PORT))
        .collect(Collectors.joining(", ", "{groups: [{name: all, targets: [", "]}]}"));
  }
}
