package io.llamamesh.bench.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;

import io.llamamesh.bench.figures.Figure;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.Notification.MemberChanged;
import io.llamamesh.fabric.partition.Partition;
import io.llamamesh.fabric.partition.Partition.Direction;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Simulation.Cut;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Partitions: named with their sides, nobody called failed for them, and healed again. */
final class PartitionRows {

  private static final double NAMED_SECONDS = 3;
  private static final double HEALED_SECONDS = 60;
  private static final int NEVER = 120;
  private static final int SMALL = 8;
  private static final int ROUNDS = 5;

  private PartitionRows() {}

  private enum Kind {
    BOTH_WAYS,
    ONE_WAY
  }

  /** Two groups that do not reach each other, while a third reaches all. */
  static void asymmetric(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.probedMeshes()) {
      int all = Math.max(SMALL, nodes);
      for (Kind kind : Kind.values()) {
        double longest = 0;
        int wrong = 0;
        for (int round = 0; round < (all > SMALL + 2 ? 1 : ROUNDS); round++) {
          AsymmetricCut cut = new AsymmetricCut(sizes.seed() + round, all, kind);
          longest = Math.max(longest, cut.secondsUntilNamed());
          wrong += cut.failures();
        }
        String name = (kind == Kind.ONE_WAY ? "one_way_" : "asymmetric_") + all;
        figures.accept(FabricRow.atMost(name + "_named", longest, "s", NAMED_SECONDS));
        figures.accept(FabricRow.atMost(name + "_failed", wrong, "words", 0));
      }
    }
    masterless(sizes, figures);
  }

  /** Nobody of the rest reaches the first three. */
  private static void masterless(FabricSizes sizes, Consumer<Figure> figures) {
    int wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Simulation sim = probing(sizes.seed() + round, SMALL);
      StateLog log = new StateLog(sim);
      sim.cut((from, to, way) -> from.index() < 3 != to.index() < 3);
      sim.run(30 * SECOND);
      wrong +=
          (int)
              log.of(MemberChanged.class).stream()
                  .filter(word ->
                      word.notification() instanceof MemberChanged changed
                          && changed.after() == MemberState.FAILED)
                  .count();
    }
    figures.accept(FabricRow.atMost("cut_from_all_masters_failed", wrong, "words", 0));
  }

  private static Simulation probing(long seed, int nodes) {
    Simulation sim = new Simulation(seed).nodes(nodes, 3);
    sim.startAll(nodes <= 10 ? 5 * SECOND : 20 * SECOND).run(40 * SECOND);
    return sim.probeAll(5).run(nodes <= 10 ? 20 * SECOND : 5 * SECOND);
  }

  /** Of a mesh two and three eighths. */
  private static final class AsymmetricCut {
    private final Simulation sim;
    private final StateLog log;
    private final List<String> west;
    private final List<String> east;
    private final Direction direction;

    AsymmetricCut(long seed, int nodes, Kind kind) {
      sim = probing(seed, nodes);
      log = new StateLog(sim);
      west = names(3 * nodes / 8, 5 * nodes / 8);
      east = names(5 * nodes / 8, nodes);
      direction = kind == Kind.BOTH_WAYS ? Direction.BOTH : direction();
      Set<String> from = Set.copyOf(west);
      Set<String> to = Set.copyOf(east);
      if (kind == Kind.BOTH_WAYS) {
        sim.partition(from, to);
      } else {
        sim.cut((a, b, way) -> from.contains(a.name()) && to.contains(b.name()));
      }
    }

    private List<String> names(int from, int to) {
      Set<String> names = new TreeSet<>();
      for (int i = from; i < to; i++) {
        names.add(sim.node(i).name());
      }
      return List.copyOf(names);
    }

    /** Side A is the one whose first name is less. */
    private Direction direction() {
      return isWestFirst() ? Direction.A_TO_B : Direction.B_TO_A;
    }

    private boolean isWestFirst() {
      return west.getFirst().compareTo(east.getFirst()) < 0;
    }

    /** Seconds until all nodes name exactly these sides. */
    double secondsUntilNamed() {
      List<String> a = isWestFirst() ? west : east;
      List<String> b = isWestFirst() ? east : west;
      long took =
          sim.runUntil(
              () -> sim.nodes().stream().allMatch(node -> isExact(node, a, b)),
              NEVER * SECOND,
              50 * MS);
      sim.run(3 * SECOND);
      return took < 0 ? NEVER : (double) took / SECOND;
    }

    private boolean isExact(SimulatedNode node, List<String> a, List<String> b) {
      List<Partition> found = node.fabric().partitions();
      return found.size() == 1
          && found.getFirst().sideA().equals(a)
          && found.getFirst().sideB().equals(b)
          && found.getFirst().direction() == direction;
    }

    int failures() {
      return log.down().size();
    }
  }

  /** Two parts for a while, and then one mesh again. */
  static void heal(FabricSizes sizes, Consumer<Figure> figures) {
    for (int nodes : sizes.meshes()) {
      Simulation sim = new Simulation(sizes.seed()).nodes(nodes, 3);
      sim.startAll(nodes <= 10 ? 5 * SECOND : 20 * SECOND).run(60 * SECOND);
      Set<String> side = new HashSet<>();
      Set<String> other = new HashSet<>();
      for (SimulatedNode node : sim.nodes()) {
        // Two of the contacts here, one there.
        (node.index() % 5 < 3 && node.index() != 2 ? side : other).add(node.name());
      }
      Cut cut = sim.partition(side, other);
      List<Set<String>> sides = new ArrayList<>(List.of(side, other));
      long apart =
          sim.runUntil(
              () -> Set.copyOf(sim.components()).equals(Set.copyOf(sides)) && isSplit(sim, side),
              NEVER * SECOND,
              SECOND / 4);
      figures.accept(
          FabricRow.atMost(
              "heal_two_components_" + nodes,
              apart < 0 ? NEVER : (double) apart / SECOND,
              "s",
              HEALED_SECONDS));
      int minutes = nodes <= 10 ? 30 : Math.min(30, sizes.minutes());
      sim.run(minutes * 60L * SECOND);
      sim.heal(cut);
      long healed =
          sim.runUntil(
              () -> sim.components().size() == 1 && sim.agreesOnWhoIsUp(),
              NEVER * SECOND,
              SECOND / 4);
      figures.accept(
          FabricRow.atMost(
              "heal_one_component_" + nodes,
              healed < 0 ? NEVER : (double) healed / SECOND,
              "s",
              HEALED_SECONDS));
    }
  }

  /** True when each side holds exactly itself for up. */
  private static boolean isSplit(Simulation sim, Set<String> side) {
    int others = sim.nodes().size() - side.size();
    return sim.nodes().stream()
        .allMatch(
            node -> node.fabric().upCount() == (side.contains(node.name()) ? side.size() : others));
  }
}
