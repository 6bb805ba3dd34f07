package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.llamamesh.fabric.sim.FaultTrials;
import io.llamamesh.fabric.sim.FaultTrials.Fault;
import io.llamamesh.fabric.sim.FaultTrials.Outcome;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Sizes;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A failure is known everywhere at once, and what is no failure is not called one. */
class DetectionSimulationTest {

  @Test
  void silenceIsKnownToNineOfTenWithinASecondAndAHalf() {
    Simulation sim = new Simulation(1).nodes(10, 3).startAll(5 * SECOND);
    assertFast("power lost, 10", new FaultTrials(sim, 1).run(Sizes.of(20, 100), Fault.POWER_LOST));
  }

  @Test
  void aProcessThatStandsStillIsKnownAsFast() {
    Simulation sim = new Simulation(2).nodes(10, 3).startAll(5 * SECOND);
    assertFast("stopped, 10", new FaultTrials(sim, 1).run(Sizes.of(20, 100), Fault.STOPPED));
  }

  @Test
  void itIsAsFastInAMeshOfTwoHundred() {
    Simulation sim = new Simulation(3).nodes(Sizes.of(60, 200), 3).startAll(10 * SECOND);
    assertFast(
        "power lost, large", new FaultTrials(sim, 1).run(Sizes.of(4, 100), Fault.POWER_LOST));
  }

  @Test
  void itIsAsFastInAVeryLargeMesh() {
    assumeThat(Sizes.isBig()).as("a thousand nodes take minutes: -Dfabric.big=true").isTrue();
    Simulation sim = new Simulation(4).nodes(Sizes.nodes(200, 1_000), 3).startAll(20 * SECOND);
    assertFast("power lost, very large", new FaultTrials(sim, 1).run(10, Fault.POWER_LOST));
  }

  @Test
  void itIsAsFastWhereAllProbeEachOther() {
    Simulation sim = new Simulation(5).nodes(12, 3).probeAll(5).startAll(5 * SECOND);
    assertFast("probed, 12", new FaultTrials(sim, 1).run(Sizes.of(20, 100), Fault.POWER_LOST));
  }

  /** As an agent on a machine that has other things to do, fault after fault. */
  @Test
  void itIsFastEnoughWhereProcessesWaitForAProcessor() {
    Simulation sim =
        new Simulation(9)
            .scheduling(Simulation::busyMachine)
            .nodes(4, 4)
            .probeAll(4)
            .startAll(5 * SECOND);
    assertFast(
        "stopped, busy, 4", new FaultTrials(sim, 9).inARow().run(Sizes.of(20, 200), Fault.STOPPED));
  }

  /** In these one was still to judge when the others had, and accused nobody any more. */
  @ParameterizedTest
  @ValueSource(longs = {536, 681})
  void whoJudgesLastKnowsThoughTheOthersHaveSaidSoBefore(long seed) {
    Simulation sim =
        new Simulation(seed)
            .scheduling(Simulation::starvedMachine)
            .nodes(10, 3)
            .startAll(5 * SECOND);

    Outcome outcome = new FaultTrials(sim, seed).inARow().run(20, Fault.STOPPED);

    assertThat(outcome.missed()).as("%s", outcome).isZero();
    assertThat(outcome.wrong()).isEmpty();
  }

  @Test
  void aKilledAgentIsDownAndItsNodeIsNot() {
    Simulation sim = new Simulation(6).nodes(10, 3).startAll(5 * SECOND);
    sim.run(60 * SECOND);

    sim.node("n5").kill();
    sim.run(1_500 * MS);

    assertThat(sim.holdsFor("n5", MemberState.AGENT_DOWN)).isEqualTo(9);
  }

  @Test
  void lossJitterAndPausesFailNobodyButThePaused() {
    int minutes = Sizes.of(3, 60);
    Simulation sim =
        new Simulation(7)
            .loss(0.05)
            .jitter(50 * MS)
            .nodes(Sizes.of(30, 200), 3)
            .startAll(10 * SECOND);
    sim.run(60 * SECOND);
    StateLog log = new StateLog(sim);
    Random random = new Random(7);
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < minutes * 6; i++) {
      log.clear();
      SimulatedNode paused = sim.node(random.nextInt(sim.nodes().size()));
      paused.pause(2 * SECOND);
      sim.run(10 * SECOND);
      log.down(name -> !name.equals(paused.name())).forEach(word -> wrong.add(word.toString()));
    }

    assertThat(wrong).isEmpty();
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
  }

  /** A machine that is busy delays answers and ticks of all, on top of what the network does. */
  @Test
  void processorsThatAreBusyFailNobody() {
    Simulation sim =
        new Simulation(10)
            .loss(0.05)
            .jitter(50 * MS)
            .scheduling(Simulation::busyMachine)
            .nodes(Sizes.of(12, 100), 3)
            .probeAll(2)
            .startAll(10 * SECOND);
    sim.run(60 * SECOND);
    StateLog log = new StateLog(sim);

    sim.run(Sizes.of(300, 3_600) * SECOND);

    assertThat(log.down()).isEmpty();
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
  }

  /** Two sites far from each other. */
  @Test
  void distanceIsNoTrouble() {
    Simulation sim =
        new Simulation(8)
            .latency((from, to) -> (from.index() < 10) == (to.index() < 10) ? MS / 2 : 125 * MS)
            .jitter(10 * MS)
            .nodes(20, 3)
            .probeAll(2)
            .startAll(10 * SECOND);
    sim.run(60 * SECOND);
    StateLog log = new StateLog(sim);

    sim.run(Sizes.of(120, 3_600) * SECOND);

    assertThat(log.words()).isEmpty();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions()).isEmpty();
      assertThat(node.fabric().linkState().own().ad().unheard()).isEmpty();
    }
    sim.node("n15").powerOff();
    assertThat(
            sim.runUntil(() -> sim.holdsFor("n15", MemberState.FAILED) == 19, 4 * SECOND, 50 * MS))
        .isBetween(0L, 3 * SECOND);
  }

  private static void assertFast(String what, Outcome outcome) {
    System.out.println(what + ": " + outcome);
    assertThat(outcome.wrong()).as("others called down: %s", what).isEmpty();
    assertThat(outcome.percentile(0.9)).as(what).isLessThanOrEqualTo(1_500);
  }
}
