package io.llamamesh.bench.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.Notification.PartitionsChanged;
import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.sim.FaultTrials;
import io.llamamesh.fabric.sim.FaultTrials.Fault;
import io.llamamesh.fabric.sim.FaultTrials.Outcome;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Failures that are named in time, and what is no failure and must not be named. */
final class FailureRows {

  private static final double DETECTED_MILLIS = 1_500;
  private static final double FAR_DETECTED_SECONDS = 3;
  private static final int PROBES = 5;

  private FailureRows() {}

  /** The time after which nine of ten observers knew of a fault. */
  static void detection(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.meshes()) {
      trials(
          "power_lost_" + nodes,
          new FaultTrials(mesh(sizes, nodes), sizes.seed())
              .run(sizes.trials(nodes), Fault.POWER_LOST),
          figures);
    }
    trials(
        "stopped_10",
        new FaultTrials(mesh(sizes, 10), sizes.seed()).run(sizes.trials(10), Fault.STOPPED),
        figures);
    trials(
        "probed_12",
        new FaultTrials(mesh(sizes, 12).probeAll(PROBES), sizes.seed())
            .run(sizes.trials(12), Fault.POWER_LOST),
        figures);
    // As four agents on one machine that does other things: late ticks, late answers.
    Simulation busy = mesh(sizes, 4).probeAll(PROBES).scheduling(Simulation::busyMachine);
    trials(
        "stopped_busy_4",
        new FaultTrials(busy, sizes.seed()).inARow().run(sizes.trials(4), Fault.STOPPED),
        figures);
    // Far more to do than processors, by chance of several seeds.
    List<Outcome> outcomes = new ArrayList<>();
    for (int round = 0; round < sizes.rounds(); round++) {
      Simulation starved =
          new Simulation(sizes.seed() + round)
              .nodes(10, 3)
              .probeAll(PROBES)
              .scheduling(Simulation::starvedMachine)
              .startAll(5 * SECOND);
      outcomes.add(
          new FaultTrials(starved, sizes.seed() + round).run(sizes.trials(10), Fault.STOPPED));
    }
    trials("stopped_starved_10", Outcome.together(outcomes), figures);
  }

  private static Simulation mesh(FabricSizes sizes, int nodes) {
    return new Simulation(sizes.seed())
        .nodes(nodes, 3)
        .startAll(nodes <= 12 ? 5 * SECOND : 20 * SECOND);
  }

  private static void trials(String name, Outcome outcome, Consumer<Figure> figures) {
    figures.accept(FabricRow.plain("detection_p50_" + name, outcome.percentile(0.5), "ms"));
    figures.accept(
        FabricRow.atMost("detection_p90_" + name, outcome.percentile(0.9), "ms", DETECTED_MILLIS));
    figures.accept(FabricRow.plain("detection_longest_" + name, outcome.percentile(1), "ms"));
    figures.accept(FabricRow.atMost("detection_wrong_" + name, outcome.wrong().size(), "words", 0));
  }

  /** 5 % loss, 50 ms of jitter, and every ten seconds an agent that stands still for two. */
  static void falseFailure(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.quietMeshes()) {
      Simulation sim = mesh(sizes, nodes).loss(0.05).jitter(50 * MS);
      sim.run(80 * SECOND);
      StateLog log = new StateLog(sim);
      Random random = new Random(sizes.seed());
      int wrong = 0;
      int partitions = 0;
      for (int i = 0; i < sizes.minutes() * 6; i++) {
        log.clear();
        SimulatedNode paused = sim.node(random.nextInt(nodes));
        paused.pause(2 * SECOND);
        sim.run(10 * SECOND);
        wrong += log.down(name -> !name.equals(paused.name())).size();
        partitions += log.of(PartitionsChanged.class).size();
      }
      figures.accept(FabricRow.atMost("false_failure_" + nodes, wrong, "words", 0));
      figures.accept(FabricRow.plain("false_failure_partitions_" + nodes, partitions, "words"));
    }
  }

  /** Two sites, 250 ms from each other, where everybody probes everybody. */
  static void far(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.probedMeshes()) {
      int half = Math.max(10, nodes / 2);
      boolean large = nodes > 20;
      Simulation sim =
          mesh(sizes, 2 * half)
              .latency((from, to) -> from.index() < half == to.index() < half ? MS / 2 : 125 * MS)
              .jitter(10 * MS);
      sim.run(60 * SECOND).probeAll(large ? 1 : 2).run(30 * SECOND);
      StateLog log = new StateLog(sim);
      // Where many probe many, a minute is a million probes.
      int minutes = large ? Math.max(1, sizes.minutes() / 5) : sizes.minutes();
      sim.run(minutes * 60L * SECOND);
      long unheard =
          sim.nodes().stream()
              .filter(node ->
                  node.fabric().detector().watched().stream()
                      .anyMatch(peer -> !isHeard(node, peer)))
              .count();
      figures.accept(
          FabricRow.atMost("far_named_" + 2 * half, log.words().size() + unheard, "words", 0));
      SimulatedNode victim = sim.node(half + half / 2);
      victim.powerOff();
      long others = 2L * half - 1;
      long took =
          sim.runUntil(
              () -> sim.holdsFor(victim.name(), MemberState.FAILED) == others,
              60 * SECOND,
              MS * 50);
      figures.accept(
          FabricRow.atMost(
              "far_detected_" + 2 * half,
              took < 0 ? 60 : (double) took / SECOND,
              "s",
              FAR_DETECTED_SECONDS));
    }
  }

  private static boolean isHeard(SimulatedNode node, String peer) {
    Hearing hearing = node.fabric().detector().hearing(peer);
    return hearing == null || hearing == Hearing.HEARD;
  }
}
