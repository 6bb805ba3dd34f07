package io.llamamesh.bench.operator;

import io.llamamesh.crd.MeshDefaults;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/** A plan without an operator around it. */
final class PlanAlone {
  private PlanAlone() {}

  /** Seconds that the plan of a mesh with the default spec takes, in three zones, all joined. */
  static double seconds(int nodes) {
    List<NodeFacts> facts =
        IntStream.range(0, nodes)
            .mapToObj(i ->
                new NodeFacts(
                    PlayedCluster.name(i),
                    PlayedCluster.labels(i),
                    PlayedCluster.address(i),
                    null,
                    false,
                    Instant.EPOCH,
                    8100,
                    List.of()))
            .toList();
    MeshFacts mesh = new MeshFacts("bench", MeshDefaults.fill(null), "http://ingest", facts);
    long start = System.nanoTime();
    MeshPlan plan = Planner.plan(mesh);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (plan.configs().size() != nodes) {
      throw new IllegalStateException("planned " + plan.configs().size() + " of " + nodes);
    }
    return seconds;
  }
}
