package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.Mesh.MILLI;
import static io.llamamesh.agent.collector.Mesh.SECOND;
import static io.llamamesh.agent.collector.Mesh.pair;
import static io.llamamesh.agent.collector.Mesh.plan;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanChangeTest {

  private final Mesh mesh = new Mesh();

  @Test
  void aTakenPortIsSteppedOverAndTold() {
    mesh.network.taken.add(25001);

    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(2 * SECOND);

    assertThat(mesh.network.sockets.stream().map(s -> s.local().getPort()))
        .containsExactly(25000, 25004, 25002, 25003);
    assertThat(mesh.reports).containsExactly("stepped over 1");
  }

  @Test
  void aHundredReloadsLoseNothingAndKeepSequencesAndPorts() {
    for (int i = 0; i < 100; i++) {
      mesh.prober.apply(
          i % 2 == 0
              ? plan(pair(12, 4, 250 * MILLI), pair(13, 4, 250 * MILLI))
              : plan(pair(12, 4, 250 * MILLI)));
      mesh.run(300 * MILLI);
    }
    mesh.run(20 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.network.sockets).hasSize(4);
    Map<Integer, List<Integer>> kept =
        mesh.probes.stream()
            .filter(probe -> probe.to().getAddress().getHostAddress().endsWith("12"))
            .collect(
                java.util.stream.Collectors.groupingBy(
                    Mesh.Probe::sourcePort,
                    java.util.stream.Collectors.mapping(
                        Mesh.Probe::sequence, java.util.stream.Collectors.toList())));
    assertThat(kept).hasSize(4);
    kept.values()
        .forEach(sequence -> {
          for (int i = 0; i < sequence.size(); i++) {
            assertThat(sequence.get(i)).isEqualTo(i);
          }
        });
  }

  @Test
  void anEmptyPlanStopsProbingAndFreesThePortsOnceAllIsSettled() {
    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(10 * SECOND);
    int sent = mesh.probes.size();

    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);

    assertThat(mesh.probes).hasSize(sent);
    assertThat(mesh.network.sockets).allMatch(socket -> socket.closed);
    assertThat(mesh.published(Outcome.SENT)).isEqualTo(sent);
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(sent);
  }
}
