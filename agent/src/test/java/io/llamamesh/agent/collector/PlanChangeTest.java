package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.pair;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanChangeTest {

  private final ProberFixture mesh = new ProberFixture();

  @Test
  void aTakenPortIsReplacedAndReported() {
    mesh.network.taken.add(25001);

    mesh.prober.apply(plan(pair(12, 4, 250 * MILLI)));
    mesh.run(2 * SECOND);

    assertThat(mesh.network.sockets.stream().map(s -> s.local().getPort()))
        .containsExactly(25000, 25004, 25002, 25003);
    assertThat(mesh.reports).containsExactly("stepped over 1");
  }

  @Test
  void aPortThatCannotBeHadIsTriedAgainAfterOneSecondThenTwoUpToAMinuteAndReportedOnce() {
    for (int port = 25001; port < 25001 + 2 * SourcePorts.STEPS; port++) {
      mesh.network.taken.add(port);
    }
    mesh.prober.apply(plan(pair(12, 2, 250 * MILLI)));
    assertThat(mesh.counters.flows()).isEqualTo(1);
    assertThat(mesh.counters.missingFlows()).isEqualTo(1);
    mesh.run(200 * SECOND);
    assertThat(mesh.reports).filteredOn(r -> r.startsWith("cannot probe")).hasSize(1);
    assertThat(mesh.counters.count(CollectorCounters.Event.PORT_TAKEN))
        .isBetween(7L * SourcePorts.STEPS, 10L * SourcePorts.STEPS);

    mesh.network.taken.remove(25001);
    mesh.run(61 * SECOND);

    assertThat(mesh.counters.missingFlows()).isZero();
    assertThat(mesh.probes).anyMatch(probe -> probe.sourcePort() == 25001);
    List<Integer> kept =
        mesh.probes.stream()
            .filter(probe -> probe.sourcePort() == 25000)
            .map(ProberFixture.Probe::sequence)
            .toList();
    for (int i = 0; i < kept.size(); i++) {
      assertThat(kept.get(i)).isEqualTo(i);
    }
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
                    ProberFixture.Probe::sourcePort,
                    java.util.stream.Collectors.mapping(
                        ProberFixture.Probe::sequence, java.util.stream.Collectors.toList())));
    assertThat(kept).hasSize(4);
    kept.values()
        .forEach(sequence -> {
          for (int i = 0; i < sequence.size(); i++) {
            assertThat(sequence.get(i)).isEqualTo(i);
          }
        });
  }

  @Test
  void moreSourcePortsInTheMiddleOfAWindowKeepWhatWasCounted() {
    mesh.prober.apply(plan(pair(12, 2, 250 * MILLI)));
    mesh.run(3 * SECOND);

    mesh.prober.apply(plan(pair(12, 8, 250 * MILLI)));
    mesh.run(30 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.probes.stream().map(ProberFixture.Probe::sourcePort).distinct()).hasSize(8);
  }

  @Test
  void anotherTimeoutLengthOrDscpLosesNoProbeInFlightAndEverySeriesHasOnePointPerWindow() {
    mesh.delay = 300 * MILLI;
    for (int i = 0; i < 40; i++) {
      ProbePlan.TrafficClass type =
          new ProbePlan.TrafficClass(
              "default",
              i % 3 == 0 ? 0 : 40,
              25000,
              i % 2 == 0 ? SECOND : 400 * MILLI,
              1028 + i % 5);
      ProbePlan.Pair base = pair(12, 4, 250 * MILLI);
      mesh.prober.apply(
          plan(new ProbePlan.Pair(type, base.target(), 4, base.periodNanos(), false, base.tags())));
      mesh.run(700 * MILLI);
    }
    mesh.run(20 * SECOND);

    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.published(Outcome.CORRUPT)).isZero();
    assertThat(mesh.published(Outcome.RECEIVED)).isPositive();
    for (ClosedWindow window : mesh.archive.after(0, 1000).windows()) {
      assertThat(window.pairs()).extracting(PairResult::tags).doesNotHaveDuplicates();
    }
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
    assertThat(mesh.published(Attempt.SENT)).isEqualTo(sent);
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(sent);
  }
}
