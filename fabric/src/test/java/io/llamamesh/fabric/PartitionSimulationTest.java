package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.partition.Partition;
import io.llamamesh.fabric.partition.Partition.Direction;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Simulation.Cut;
import io.llamamesh.fabric.sim.Sizes;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partitions are named with their sides, and nobody who lives is called failed. */
class PartitionSimulationTest {

  private static final Set<String> WEST = Set.of("a1", "a2");
  private static final Set<String> EAST = Set.of("a3", "a4", "a5");
  private static final Set<String> MASTERS = Set.of("m1", "m2", "m3");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void sidesOfAnAsymmetricPartitionAreExactWithinThreeSeconds(long seed) {
    Simulation sim = mastersAndAgents(seed, 5);
    StateLog log = new StateLog(sim);
    Cut cut = sim.partition(WEST, EAST);

    sim.run(3 * SECOND);

    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions())
          .as("at %s", node)
          .containsExactly(
              new Partition(
                  List.of("a1", "a2"),
                  List.of("a3", "a4", "a5"),
                  Direction.BOTH,
                  false,
                  List.of("m1", "m2", "m3"),
                  3));
    }
    sim.run(60 * SECOND);
    assertThat(log.down()).isEmpty();

    sim.heal(cut);
    assertThat(
            sim.runUntil(
                () -> sim.nodes().stream().allMatch(node -> node.fabric().partitions().isEmpty()),
                10 * SECOND,
                100 * MS))
        .as("healed")
        .isNotNegative();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void oneWayIsNamedWithItsDirection(long seed) {
    Simulation sim = mastersAndAgents(seed, 5);
    StateLog log = new StateLog(sim);
    sim.cut((from, to, way) -> WEST.contains(from.name()) && EAST.contains(to.name()));

    sim.run(3 * SECOND);

    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions())
          .as("at %s", node)
          .extracting(Partition::sideA, Partition::sideB, Partition::direction)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(
                  List.of("a1", "a2"), List.of("a3", "a4", "a5"), Direction.A_TO_B));
    }
    sim.run(30 * SECOND);
    assertThat(log.down()).isEmpty();
  }

  @Test
  void sidesOfALargeMeshAreExactOneWayToo() {
    int agents = Sizes.of(37, 197);
    Simulation sim = mastersAndAgents(6, agents);
    StateLog log = new StateLog(sim);
    Set<String> west = new TreeSet<>();
    Set<String> east = new TreeSet<>();
    for (int i = 1; i <= agents; i++) {
      (i <= agents / 3 ? west : east).add("a" + i);
    }
    sim.cut((from, to, way) -> west.contains(from.name()) && east.contains(to.name()));
    boolean isWestFirst = west.iterator().next().compareTo(east.iterator().next()) < 0;
    List<String> first = List.copyOf(isWestFirst ? west : east);
    List<String> second = List.copyOf(isWestFirst ? east : west);

    sim.run(3 * SECOND);

    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions())
          .as("at %s", node)
          .extracting(Partition::sideA, Partition::sideB, Partition::direction)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple(
                  first, second, isWestFirst ? Direction.A_TO_B : Direction.B_TO_A));
    }
    assertThat(log.down()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void agentsThatReachNoMasterAreNotFailed(long seed) {
    Simulation sim = mastersAndAgents(seed, 5);
    StateLog log = new StateLog(sim);
    Cut cut = sim.cut(between(MASTERS::contains));

    sim.run(30 * SECOND);

    assertThat(log.words())
        .noneMatch(word ->
            word.notification() instanceof Notification.MemberChanged changed
                && changed.after() == MemberState.FAILED);
    assertThat(sim.node("m1").fabric().state("a1")).isEqualTo(MemberState.CUT_OFF);
    sim.heal(cut);
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, 60 * SECOND, SECOND)).isNotNegative();
  }

  @Test
  void twoHalvesBecomeOneAgainAfterALongCut() {
    Simulation sim = mastersAndAgents(4, 7);
    Set<String> one = Set.of("m1", "m2", "a1", "a2", "a3", "a4");
    Cut cut = sim.cut(between(one::contains));
    sim.run(60 * SECOND);
    assertThat(sim.components()).containsExactlyInAnyOrder(one, Set.of("m3", "a5", "a6", "a7"));
    sim.run(Sizes.of(5, 30) * 60L * SECOND);
    assertThat(sim.components()).hasSize(2);

    sim.heal(cut);

    assertThat(
            sim.runUntil(
                () -> sim.components().size() == 1 && sim.agreesOnWhoIsUp(), 60 * SECOND, SECOND))
        .isNotNegative();
  }

  @Test
  void twoPartsOfALargeMeshBecomeOneAgain() {
    Simulation sim = new Simulation(7).nodes(Sizes.of(60, 200), 3);
    sim.startAll(20 * SECOND).run(60 * SECOND);
    Set<String> one = new HashSet<>();
    Set<String> other = new HashSet<>();
    for (SimulatedNode node : sim.nodes()) {
      (node.index() % 5 < 3 ? one : other).add(node.name());
    }
    Cut cut = sim.partition(one, other);
    sim.run(60 * SECOND);
    assertThat(sim.components()).containsExactlyInAnyOrder(one, other);
    sim.run(Sizes.of(2, 30) * 60L * SECOND);

    sim.heal(cut);

    assertThat(
            sim.runUntil(
                () -> sim.components().size() == 1 && sim.agreesOnWhoIsUp(), 60 * SECOND, SECOND))
        .isNotNegative();
  }

  @Test
  void aPairThatOthersReachIsNamedAsAPair() {
    Simulation sim = mastersAndAgents(5, 5);
    sim.partition(Set.of("a1"), Set.of("a4"));

    sim.run(3 * SECOND);

    assertThat(sim.node("m2").fabric().partitions())
        .singleElement()
        .satisfies(block -> {
          assertThat(block.sideA()).containsExactly("a1");
          assertThat(block.sideB()).containsExactly("a4");
          assertThat(block.viaCount()).isEqualTo(6);
        });
  }

  /** Those that lose it first do not name the others as those that still reach it. */
  @ParameterizedTest
  @ValueSource(ints = {3, 4, 6})
  void aNodeThatIsCutFromAllIsNoPartitionNeitherBeforeNorAfter(int nodes) {
    for (int seed = 1; seed <= Sizes.of(12, 100); seed++) {
      Simulation sim = new Simulation(seed).nodes(nodes, 3).probeAll(5);
      sim.startAll(SECOND).run(30 * SECOND);
      StateLog log = new StateLog(sim);
      Cut cut = sim.cut(between(Set.of("n1")::contains));
      sim.run(5 * SECOND);
      assertThat(sim.holdsFor("n1", MemberState.FAILED)).isEqualTo(nodes - 1L);
      sim.heal(cut);
      sim.run(20 * SECOND);

      assertThat(sim.agreesOnWhoIsUp()).as("seed %d", seed).isTrue();
      assertThat(log.of(Notification.PartitionsChanged.class)).as("seed %d", seed).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"both", "one"})
  void aPartitionThatHealsIsNotNamedAnewWithEveryRowThatIsTakenBack(String which) {
    for (int seed = 1; seed <= Sizes.of(12, 100); seed++) {
      Simulation sim = new Simulation(seed).nodes(3, 3).probeAll(5);
      sim.startAll(SECOND).run(30 * SECOND);
      Cut cut =
          sim.cut((from, to, way) ->
              (from.name().equals("n1") && to.name().equals("n2"))
                  || (which.equals("both") && from.name().equals("n2") && to.name().equals("n1")));
      sim.run(8 * SECOND);
      List<Partition> whole = sim.node("n3").fabric().partitions();
      assertThat(whole).hasSize(1);
      StateLog log = new StateLog(sim);
      sim.heal(cut);
      sim.run(15 * SECOND);

      assertThat(log.of(Notification.PartitionsChanged.class))
          .as("seed %d: one word of each, that it is over", seed)
          .hasSize(3)
          .allSatisfy(word ->
              assertThat(((Notification.PartitionsChanged) word.notification()).partitions())
                  .isEmpty());
      assertThat(log.down()).as("seed %d", seed).isEmpty();
    }
  }

  private static Predicate<SimulatedNode> in(Predicate<String> names) {
    return node -> names.test(node.name());
  }

  private static Cut between(Predicate<String> side) {
    return (from, to, way) -> in(side).test(from) != in(side).test(to);
  }

  private static Simulation mastersAndAgents(long seed, int agents) {
    Simulation sim = new Simulation(seed);
    List<FabricPeer> contacts = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      contacts.add(new FabricPeer("m" + i, "192.0.2." + i + ":8101"));
    }
    contacts.forEach(peer -> sim.add(peer.name(), peer.address(), contacts));
    for (int i = 1; i <= agents; i++) {
      sim.add("a" + i, "192.0.2." + (10 + i) + ":8101", contacts);
    }
    sim.probeAll(5).startAll(5 * SECOND).run(60 * SECOND);
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
    return sim;
  }
}
