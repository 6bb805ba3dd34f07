package io.llamamesh.bench.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.fabric.Notification.PartitionsChanged;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Ten nodes that probe each other: what a bad network and processes that stand still must not name.
 */
final class QuietRows {

  private static final int NODES = 10;
  private static final int PROBES = 5;
  private static final int REAL_EACH_MINUTES = 10;
  private static final double DETECTED_MILLIS = 1_500;

  private QuietRows() {}

  private static Simulation mesh(long seed) {
    return new Simulation(seed).nodes(NODES, 3).probeAll(PROBES).startAll(5 * SECOND);
  }

  private static long named(List<StateLog.Word> words) {
    return words.stream()
        .map(StateLog.Word::notification)
        .filter(said -> said instanceof PartitionsChanged(var blocks) && !blocks.isEmpty())
        .count();
  }

  /**
   * An hour of 5 % loss and 50 ms of jitter, with one power failure each ten minutes, for each
   * seed.
   */
  static void hour(FabricSizes sizes, Consumer<Figure> figures) {
    long wrong = 0;
    long partitions = 0;
    List<Long> detected = new ArrayList<>();
    for (int round = 0; round < sizes.hours(); round++) {
      Simulation sim = mesh(sizes.seed() + round).loss(0.05).jitter(50 * MS);
      sim.run(80 * SECOND);
      StateLog log = new StateLog(sim);
      Random random = new Random(sizes.seed() + round);
      int left = sizes.minutes();
      while (left > 0) {
        int quiet = Math.min(REAL_EACH_MINUTES, left);
        left -= quiet;
        sim.run(quiet * 60L * SECOND);
        wrong += log.down().size();
        partitions += named(log.words());
        log.clear();
        SimulatedNode victim = sim.node(random.nextInt(NODES));
        long from = sim.now();
        victim.powerOff();
        sim.run(30 * SECOND);
        detected.addAll(knew(log, victim, from));
        wrong += log.down(name -> !name.equals(victim.name())).size();
        partitions += named(log.words());
        victim.start();
        sim.run(60 * SECOND);
        log.clear();
      }
    }
    Collections.sort(detected);
    figures.accept(FabricRow.plain("hour_seeds", sizes.hours(), "hours"));
    figures.accept(FabricRow.atMost("hour_wrong_" + NODES, wrong, "words", 0));
    figures.accept(FabricRow.atMost("hour_partitions_" + NODES, partitions, "words", 0));
    figures.accept(
        FabricRow.atMost(
            "hour_detection_p90_" + NODES,
            detected.get((int) Math.ceil(detected.size() * 0.9) - 1),
            "ms",
            DETECTED_MILLIS));
  }

  /** When each of the others knew, in milliseconds; an hour for those that did not. */
  private static List<Long> knew(StateLog log, SimulatedNode victim, long from) {
    Map<String, Long> knew = new HashMap<>();
    for (StateLog.Word word : log.down(victim.name()::equals)) {
      knew.putIfAbsent(word.by(), (word.at() - from) / MS);
    }
    List<Long> millis = new ArrayList<>(knew.values());
    millis.addAll(Collections.nCopies(NODES - 1 - millis.size(), 3_600_000L));
    return millis;
  }

  /** A process that stands still for two to five seconds: unreachable, and no partition. */
  static void pauses(FabricSizes sizes, Consumer<Figure> figures) {
    long wrong = 0;
    long partitions = 0;
    for (int round = 0; round < sizes.trials(); round += 10) {
      Simulation sim = mesh(sizes.seed() + round);
      sim.run(60 * SECOND);
      StateLog log = new StateLog(sim);
      Random random = new Random(sizes.seed() + round);
      for (int i = 0; i < 10; i++) {
        SimulatedNode paused = sim.node(random.nextInt(NODES));
        paused.pause(2 * SECOND + random.nextLong(3 * SECOND));
        sim.run(20 * SECOND);
        wrong += log.down(name -> !name.equals(paused.name())).size();
        partitions += named(log.words());
        log.clear();
      }
    }
    figures.accept(FabricRow.atMost("pauses_wrong_" + NODES, wrong, "words", 0));
    figures.accept(FabricRow.atMost("pauses_partitions_" + NODES, partitions, "words", 0));
  }
}
