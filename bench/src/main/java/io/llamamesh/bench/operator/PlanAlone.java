package io.llamamesh.bench.operator;

import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The time of a plan without an operator around it, made on one thread.
 *
 * @param cpuSeconds CPU time of that thread: what it takes on a quiet machine
 * @param seconds what it took
 */
record PlanAlone(double cpuSeconds, double seconds) {

  /** Plans a mesh with the default spec, in three zones, all joined. */
  static PlanAlone of(int nodes) {
    List<NodeFacts> facts =
        IntStream.range(0, nodes)
            .mapToObj(i ->
                new NodeFacts(
                    FakeCluster.name(i),
                    FakeCluster.labels(i),
                    FakeCluster.address(i),
                    null,
                    false,
                    Instant.EPOCH,
                    8100,
                    List.of()))
            .toList();
    MeshFacts mesh = new MeshFacts("bench", MeshSettings.defaults(), "http://ingest", facts);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = System.nanoTime();
    long cpu = threads.getCurrentThreadCpuTime();
    MeshPlan plan = Planner.plan(mesh);
    PlanAlone took =
        new PlanAlone(
            (threads.getCurrentThreadCpuTime() - cpu) / 1e9, (System.nanoTime() - start) / 1e9);
    if (plan.configs().size() != nodes) {
      throw new IllegalStateException("planned " + plan.configs().size() + " of " + nodes);
    }
    return took;
  }
}
