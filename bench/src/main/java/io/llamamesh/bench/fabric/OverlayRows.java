package io.llamamesh.bench.fabric;

import static io.llamamesh.fabric.sim.Simulation.SECOND;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/** Who is linked to whom: that all are connected, sparsely, and how soon. */
final class OverlayRows {

  private static final int CONTACTS = 3;
  private static final int KILLS = 20;
  private static final int LONGEST = 300;
  private static final double TOGETHER_SECONDS = 60;
  private static final double JOINED_SECONDS = 120;
  private static final int DEGREE = 7;
  private static final int JOINS = 25;

  private OverlayRows() {}

  /** A sparse overlay of all, from nothing and after kills. */
  static void overlay(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.meshes()) {
      Simulation sim = new Simulation(sizes.seed()).nodes(nodes, CONTACTS);
      long within = nodes <= 10 ? 5 * SECOND : 20 * SECOND;
      sim.startAll(within).run(within);
      figures.accept(
          FabricRow.atMost(
              "overlay_connected_" + nodes, secondsUntilConnected(sim), "s", TOGETHER_SECONDS));
      sim.run(20 * SECOND);
      figures.accept(
          FabricRow.atMost("overlay_degree_" + nodes, sim.greatestDegree(), "links", DEGREE));
      long isolated =
          sim.running().stream().filter(node -> node.fabric().overlay().degree() == 0).count();
      figures.accept(FabricRow.atMost("overlay_isolated_" + nodes, isolated, "nodes", 0));
    }
    figures.accept(
        FabricRow.atMost(
            "overlay_connected_after_kills",
            longestAfterKills(sizes.seed()),
            "s",
            TOGETHER_SECONDS));
  }

  private static double secondsUntilConnected(Simulation sim) {
    long took =
        sim.runUntil(
            () -> sim.leastDegree() > 0 && sim.components().size() == 1,
            LONGEST * SECOND,
            SECOND / 2);
    return took < 0 ? LONGEST : (double) took / SECOND;
  }

  private static double secondsUntilTogether(Simulation sim) {
    long took =
        sim.runUntil(
            () -> sim.agreesOnWhoIsUp() && sim.components().size() == 1,
            LONGEST * SECOND,
            SECOND / 4);
    return took < 0 ? LONGEST : (double) took / SECOND;
  }

  private static double longestAfterKills(long seed) {
    Simulation sim = new Simulation(seed).nodes(10, CONTACTS).startAll(5 * SECOND);
    sim.run(60 * SECOND);
    Random random = new Random(seed);
    double longest = 0;
    for (int round = 0; round < KILLS; round++) {
      List<SimulatedNode> victims =
          sim.nodes().stream().filter(node -> random.nextInt(3) == 0).toList();
      victims.forEach(random.nextBoolean() ? SimulatedNode::kill : SimulatedNode::powerOff);
      sim.run(5 * SECOND);
      victims.forEach(SimulatedNode::start);
      longest = Math.max(longest, secondsUntilTogether(sim));
    }
    return longest;
  }

  /** All at once. */
  static void joins(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.quietMeshes()) {
      Simulation sim = new Simulation(sizes.seed()).nodes(nodes, CONTACTS).startAll(0);
      Map<String, Long> taken = new HashMap<>();
      long most = 0;
      double converged = LONGEST;
      for (int second = 1; second <= LONGEST && converged == LONGEST; second++) {
        sim.run(SECOND);
        for (SimulatedNode node : sim.running()) {
          long now = node.fabric().overlay().joinsTaken();
          most = Math.max(most, now - taken.getOrDefault(node.name(), 0L));
          taken.put(node.name(), now);
        }
        if (sim.agreesOnWhoIsUp() && sim.components().size() == 1) {
          converged = second;
        }
      }
      figures.accept(FabricRow.atMost("joins_converged_" + nodes, converged, "s", JOINED_SECONDS));
      figures.accept(FabricRow.atMost("joins_taken_" + nodes, most, "/s", JOINS));
    }
  }

  /** All of ten killed, and started without anything but what they kept. */
  static void members(FabricSizes sizes, Consumer<Figure> figures) {
    Simulation sim = new Simulation(sizes.seed()).nodes(10, CONTACTS).startAll(5 * SECOND);
    sim.run(60 * SECOND);
    Map<String, Long> before = new HashMap<>();
    for (SimulatedNode node : sim.nodes()) {
      node.keep();
      before.put(node.name(), node.fabric().incarnation());
      node.kill();
    }
    sim.run(5 * SECOND);
    sim.startAll(SECOND).run(SECOND);
    figures.accept(
        FabricRow.atMost("members_together", secondsUntilTogether(sim), "s", TOGETHER_SECONDS));
    long stale =
        sim.nodes().stream()
            .filter(node -> node.fabric().incarnation() <= before.getOrDefault(node.name(), 0L))
            .count();
    figures.accept(FabricRow.atMost("members_incarnation_not_grown", stale, "nodes", 0));
  }
}
