package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Sizes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sparse overlay in which all are connected and none is isolated. */
class OverlaySimulationTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void tenNodesAreConnectedWithinAMinute(long seed) {
    Simulation sim = new Simulation(seed).nodes(10, 3).startAll(5 * SECOND);

    sim.run(60 * SECOND);

    assertConnected(sim);
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
  }

  @Test
  void aLargeMeshIsConnectedWithinAMinute() {
    Simulation sim = new Simulation(7).nodes(Sizes.nodes(100, 1_000), 3).startAll(20 * SECOND);

    sim.run(60 * SECOND);

    assertConnected(sim);
  }

  @Test
  void joinsAtOnceAreThrottledAndConvergeWithinTwoMinutes() {
    Simulation sim = new Simulation(8).nodes(Sizes.nodes(100, 1_000), 3).startAll(0);
    Map<String, Long> taken = new HashMap<>();
    for (int second = 0; second < 120; second++) {
      sim.run(SECOND);
      for (SimulatedNode node : sim.running()) {
        long now = node.fabric().overlay().joinsTaken();
        long before = taken.getOrDefault(node.name(), 0L);
        assertThat(now - before).as("joins in second %d at %s", second, node).isLessThan(27);
        taken.put(node.name(), now);
      }
      assertThat(sim.greatestDegree()).as("second %d", second).isLessThanOrEqualTo(7);
    }

    assertConnected(sim);
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
    assertThat(sim.nodes().stream().mapToLong(n -> n.fabric().overlay().joinsDenied()).sum())
        .isPositive();
  }

  @Test
  void whatIsLeftOfAnOverlayKnitsTogetherAgainTwentyTimes() {
    Simulation sim = new Simulation(9).nodes(10, 3).startAll(5 * SECOND);
    sim.run(60 * SECOND);
    Random random = new Random(9);
    for (int round = 0; round < 20; round++) {
      List<SimulatedNode> victims =
          sim.nodes().stream().filter(node -> random.nextInt(3) == 0).toList();
      victims.forEach(random.nextBoolean() ? SimulatedNode::kill : SimulatedNode::powerOff);
      sim.run(5 * SECOND);
      victims.forEach(SimulatedNode::start);
      long took =
          sim.runUntil(
              () -> sim.components().size() == 1 && sim.agreesOnWhoIsUp(), 60 * SECOND, SECOND / 4);

      assertThat(took)
          .as(
              "round %d: %s, of which up %s",
              round,
              sim.components(),
              sim.nodes().stream().map(node -> node.fabric().upCount()).toList())
          .isNotNegative();
      assertConnected(sim);
    }
  }

  @Test
  void allAreTogetherAgainAfterAllWereKilledAndIncarnationsGrow() {
    Simulation sim = new Simulation(10).nodes(10, 3).startAll(5 * SECOND);
    sim.run(60 * SECOND);
    Map<String, Long> before = new HashMap<>();
    for (SimulatedNode node : sim.nodes()) {
      node.keep();
      before.put(node.name(), node.fabric().incarnation());
      node.kill();
    }
    sim.run(5 * SECOND);

    sim.startAll(10 * SECOND).run(60 * SECOND);

    assertConnected(sim);
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().incarnation()).isGreaterThan(before.get(node.name()));
    }
  }

  private static void assertConnected(Simulation sim) {
    assertThat(sim.components()).hasSize(1);
    assertThat(sim.greatestDegree()).isLessThanOrEqualTo(7);
    assertThat(sim.leastDegree()).isPositive();
  }
}
