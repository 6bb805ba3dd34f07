package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.routes.RouteTree;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.StateLog;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Any node can be asked for the way from any node. */
class RoutesSimulationTest {

  @Test
  void everyNodeKnowsTheWaysFromEveryOther() {
    Simulation sim = new Simulation(1).nodes(30, 3).startAll(5 * SECOND).run(60 * SECOND);

    for (SimulatedNode node : sim.nodes()) {
      for (SimulatedNode origin : sim.nodes()) {
        RouteTree tree = node.fabric().routes(origin.name());
        assertThat(tree.distances()).hasSize(30);
        List<String> path = tree.path("n30");
        assertThat(path).startsWith(origin.name()).endsWith("n30");
        for (int i = 1; i < path.size(); i++) {
          assertThat(sim.node(path.get(i - 1)).fabric().overlay().isNeighbor(path.get(i))).isTrue();
        }
      }
    }
    assertThat(sim.node("n1").fabric().routes("nobody").path("n2")).isEmpty();
  }

  @Test
  void manyChangesAreFewNotifications() {
    Simulation sim = new Simulation(2).nodes(60, 3).startAll(5 * SECOND).run(60 * SECOND);
    long[] told = {0};
    sim.listen((node, notification) -> {
      if (node.name().equals("n1") && notification instanceof Notification.RoutesChanged) {
        told[0]++;
      }
    });
    long ads = sim.node("n1").fabric().linkState().adsReceived();

    for (int i = 0; i < 10; i++) {
      sim.node(20 + i).kill();
      sim.run(200 * MS);
    }
    sim.run(SECOND);

    assertThat(sim.node("n1").fabric().linkState().adsReceived() - ads).isGreaterThan(50);
    assertThat(told[0]).isBetween(1L, 20L);
  }

  @Test
  void theSameSeedGivesTheSameRun() {
    assertThat(run(3)).isEqualTo(run(3));
    assertThat(run(3)).isNotEqualTo(run(4));
  }

  private static List<String> run(long seed) {
    Simulation sim = new Simulation(seed).loss(0.02).nodes(12, 3).startAll(5 * SECOND);
    StateLog log = new StateLog(sim);
    sim.run(20 * SECOND);
    sim.node("n7").powerOff();
    sim.run(10 * SECOND);
    return log.words().stream().map(StateLog.Word::toString).toList();
  }
}
