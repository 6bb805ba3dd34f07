package io.llamamesh.fabric.sim;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The same fault of one node many times over, and how long it took each of the others to know. */
public final class FaultTrials {

  /** What is done to a node, and how it comes back. */
  public enum Fault {
    /** Nothing of it arrives any more; it comes back in a new life. */
    POWER_LOST,
    /** Its process stands still and is continued. */
    STOPPED
  }

  /**
   * What came of trials.
   *
   * @param millis milliseconds after which each observer of each trial knew, ascending
   * @param missed observers that did not know after {@link #WATCHED}; they count as an hour
   * @param wrong what was said of members that had no fault
   */
  public record Outcome(List<Long> millis, int missed, List<StateLog.Word> wrong) {

    /** The time within which a share of the observers knew, in milliseconds. */
    public long percentile(double share) {
      return millis.get(Math.max(0, (int) Math.ceil(millis.size() * share) - 1));
    }

    /** All of several, as one. */
    public static Outcome together(List<Outcome> outcomes) {
      List<Long> millis = new ArrayList<>();
      List<StateLog.Word> wrong = new ArrayList<>();
      int missed = 0;
      for (Outcome outcome : outcomes) {
        millis.addAll(outcome.millis());
        wrong.addAll(outcome.wrong());
        missed += outcome.missed();
      }
      Collections.sort(millis);
      return new Outcome(millis, missed, wrong);
    }

    @Override
    public String toString() {
      return "p50 %d ms, p90 %d ms, max %d ms of %d"
          .formatted(percentile(0.5), percentile(0.9), millis.getLast(), millis.size());
    }
  }

  /** How long a trial is watched. */
  public static final long WATCHED = 6 * SECOND;

  private static final long HOUR_MILLIS = 3_600_000L;
  private static final long TOGETHER = 120 * SECOND;

  private final Simulation sim;
  private final Random random;
  private final StateLog log;
  private boolean inARow;

  /** Trials in a mesh whose nodes are started already, or will be. */
  public FaultTrials(Simulation sim, long seed) {
    this.sim = sim;
    this.random = new Random(seed);
    this.log = new StateLog(sim);
  }

  /** Mends a fault once all know of it, and strikes again once all are together. */
  public FaultTrials inARow() {
    inARow = true;
    return this;
  }

  /**
   * Runs trials, each with a node by chance.
   *
   * @throws IllegalStateException where the mesh does not find together before or after one
   */
  public Outcome run(int trials, Fault fault) {
    awaitTogether();
    sim.run(20 * SECOND);
    List<Long> millis = new ArrayList<>();
    List<StateLog.Word> wrong = new ArrayList<>();
    int missed = 0;
    for (int trial = 0; trial < trials; trial++) {
      SimulatedNode victim = sim.node(random.nextInt(sim.nodes().size()));
      sim.run(random.nextLong(SECOND));
      log.clear();
      long from = sim.now();
      strike(victim, fault);
      Map<String, Long> knew = new HashMap<>();
      sim.runUntil(() -> knows(victim, from, knew) && inARow, WATCHED, SECOND / 50);
      millis.addAll(knew.values());
      int unaware = sim.nodes().size() - 1 - knew.size();
      millis.addAll(Collections.nCopies(unaware, HOUR_MILLIS));
      missed += unaware;
      mend(victim, fault);
      awaitTogether();
      sim.run(inARow ? 0 : 5 * SECOND);
      wrong.addAll(log.down(name -> !name.equals(victim.name())));
    }
    Collections.sort(millis);
    return new Outcome(millis, missed, wrong);
  }

  /** Notes who knew when; true once all do. */
  private boolean knows(SimulatedNode victim, long from, Map<String, Long> knew) {
    for (StateLog.Word word : log.down(victim.name()::equals)) {
      if (!word.by().equals(victim.name())) {
        knew.putIfAbsent(word.by(), (word.at() - from) / MS);
      }
    }
    return knew.size() == sim.nodes().size() - 1;
  }

  private static void strike(SimulatedNode victim, Fault fault) {
    switch (fault) {
      case POWER_LOST -> victim.powerOff();
      case STOPPED -> victim.pause();
    }
  }

  private static void mend(SimulatedNode victim, Fault fault) {
    switch (fault) {
      case POWER_LOST -> victim.start();
      case STOPPED -> victim.resume();
    }
  }

  private void awaitTogether() {
    if (sim.runUntil(this::isTogether, TOGETHER, SECOND / 4) < 0) {
      throw new IllegalStateException(
          "not together after two minutes: " + sim.components().size() + " components");
    }
  }

  private boolean isTogether() {
    return sim.agreesOnWhoIsUp() && sim.components().size() == 1;
  }
}
