package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Sizes;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A failure is known everywhere at once, and what is no failure is not called one. */
class DetectionSimulationTest {

  @Test
  void silenceIsKnownToNineOfTenWithinASecondAndAHalf() {
    Simulation sim = new Simulation(1).nodes(10, 3).startAll(5 * SECOND);
    assertFast("power lost, 10", detect(sim, Sizes.of(20, 100), SimulatedNode::powerOff));
  }

  @Test
  void aProcessThatStandsStillIsKnownAsFast() {
    Simulation sim = new Simulation(2).nodes(10, 3).startAll(5 * SECOND);
    assertFast("stopped, 10", detect(sim, Sizes.of(20, 100), node -> node.pause(8 * SECOND)));
  }

  @Test
  void itIsAsFastInAMeshOfTwoHundred() {
    Simulation sim = new Simulation(3).nodes(Sizes.of(60, 200), 3).startAll(10 * SECOND);
    assertFast("power lost, large", detect(sim, Sizes.of(4, 100), SimulatedNode::powerOff));
  }

  @Test
  void itIsAsFastInAVeryLargeMesh() {
    assumeThat(Sizes.isBig()).as("a thousand nodes take minutes: -Dfabric.big=true").isTrue();
    Simulation sim = new Simulation(4).nodes(Sizes.nodes(200, 1_000), 3).startAll(20 * SECOND);
    assertFast("power lost, very large", detect(sim, 10, SimulatedNode::powerOff));
  }

  @Test
  void itIsAsFastWhereAllProbeEachOther() {
    Simulation sim = new Simulation(5).nodes(12, 3).probeAll(5).startAll(5 * SECOND);
    assertFast("probed, 12", detect(sim, Sizes.of(20, 100), SimulatedNode::powerOff));
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

  private interface Fault {
    void strike(SimulatedNode node);
  }

  /** The times after which observers knew, in milliseconds; those who never did as one hour. */
  private static List<Long> detect(Simulation sim, int trials, Fault fault) {
    assertThat(
            sim.runUntil(
                () -> sim.components().size() == 1 && sim.agreesOnWhoIsUp(), 120 * SECOND, SECOND))
        .as("together")
        .isNotNegative();
    sim.run(20 * SECOND);
    Random random = new Random(trials);
    List<Long> times = new ArrayList<>();
    StateLog log = new StateLog(sim);
    for (int trial = 0; trial < trials; trial++) {
      SimulatedNode victim = sim.node(random.nextInt(sim.nodes().size()));
      sim.run(random.nextLong(SECOND));
      log.clear();
      long from = sim.now();
      fault.strike(victim);
      sim.run(6 * SECOND);
      Set<String> knew = new HashSet<>();
      for (StateLog.Word word : log.down(victim.name()::equals)) {
        if (!word.by().equals(victim.name()) && knew.add(word.by())) {
          times.add((word.at() - from) / MS);
        }
      }
      for (int i = knew.size(); i < sim.nodes().size() - 1; i++) {
        times.add(3_600_000L);
      }
      assertThat(log.down(name -> !name.equals(victim.name())))
          .as("others called down in trial %d of %s", trial, victim)
          .isEmpty();
      victim.start();
      assertThat(sim.runUntil(sim::agreesOnWhoIsUp, 60 * SECOND, SECOND))
          .as("together again after trial %d of %s", trial, victim)
          .isNotNegative();
      sim.run(5 * SECOND);
    }
    Collections.sort(times);
    return times;
  }

  private static void assertFast(String what, List<Long> times) {
    long p50 = times.get(times.size() / 2);
    long p90 = times.get(times.size() * 9 / 10);
    System.out.printf(
        "%s: p50 %d ms, p90 %d ms, max %d ms of %d%n",
        what, p50, p90, times.getLast(), times.size());
    assertThat(p90).as(what).isLessThanOrEqualTo(1_500);
  }
}
