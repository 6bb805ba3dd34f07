package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.Notification.FabricBlocked;
import io.llamamesh.fabric.Notification.MemberChanged;
import io.llamamesh.fabric.Notification.WrongIdentity;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateMessage;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.partition.Partition;
import io.llamamesh.fabric.partition.Partition.Direction;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.Simulation.Cut;
import io.llamamesh.fabric.sim.Simulation.Way;
import io.llamamesh.fabric.sim.Sizes;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What went wrong with membership elsewhere, each as a case of ours. */
class KnownTrapsSimulationTest {

  private static final long MINUTE = 60 * SECOND;

  /** A clock that was far ahead and is right again locks nobody out. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aNodeWhoseClockWasAheadIsUpAtOnceWithTheRightClock(long seed) {
    Simulation sim = new Simulation(seed).nodes(10, 3);
    sim.node("n3").clockAhead(280_000_000L);
    together(sim);
    long ahead = sim.node("n3").fabric().incarnation();
    sim.nodes().forEach(SimulatedNode::keep);
    sim.nodes().forEach(SimulatedNode::kill);
    sim.node("n3").emptyFolder();
    sim.node("n3").clockAhead(0);

    sim.node("n3").start();
    sim.run(10 * SECOND);
    assertThat(sim.node("n3").fabric().incarnation()).isLessThan(ahead);
    sim.nodes().forEach(SimulatedNode::start);
    sim.run(3 * SECOND);
    long took = sim.runUntil(() -> sim.holdsFor("n3", MemberState.UP) == 9, 3 * SECOND, 50 * MS);

    assertThat(took).isNotNegative();
    assertThat(sim.node("n3").fabric().incarnation()).isGreaterThan(ahead);
    sim.node("n3").keep();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(incarnationOf(node, "n3")).isEqualTo(sim.node("n3").fabric().incarnation());
    }
  }

  /** Evidence is bound to an identity, not to an address. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whoAnswersAtADeadNodesAddressIsNotTheDeadNode(long seed) {
    Simulation sim = new Simulation(seed).nodes(8, 3);
    List<FabricPeer> contacts = List.of(sim.node("n1").peer(), sim.node("n2").peer());
    sim.probeAll(5);
    together(sim);
    StateLog log = new StateLog(sim);

    SimulatedNode other = sim.add("n9", sim.node("n7").peer().address(), contacts);
    sim.node("n7").powerOff();
    other.start();
    sim.run(1_500 * MS);

    assertThat(sim.holdsFor("n7", MemberState.FAILED)).isGreaterThanOrEqualTo(7);
    sim.run(5 * SECOND);
    assertThat(sim.holdsFor("n7", MemberState.FAILED)).isGreaterThanOrEqualTo(7);
    // The newcomer has heard of n7 before it was named, or knows only that it is not there.
    assertThat(other.fabric().state("n7")).isIn(MemberState.ABSENT, MemberState.FAILED);
    assertThat(sim.holdsFor("n9", MemberState.UP)).isEqualTo(7);
    sim.run(MINUTE);
    assertThat(log.down(name -> !name.equals("n7"))).isEmpty();
    assertThat(sim.holdsFor("n7", MemberState.FAILED)).isGreaterThanOrEqualTo(7);
    for (Object word : log.of(WrongIdentity.class)) {
      assertThat(word.toString()).contains("expected=n7, found=n9");
    }
    assertThat(sim.components()).hasSize(1);
  }

  /** A restart that is faster than the detector. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void aRestartFasterThanTheDetectorIsNoFailure(long seed) {
    Simulation sim = new Simulation(seed).nodes(10, 3).probeAll(5);
    together(sim);
    StateLog log = new StateLog(sim);
    Map<String, Set<String>> before = neighbors(sim);

    sim.node("n5").powerOff(); // neither FIN nor RST
    sim.run(150 * MS);
    sim.node("n5").start();
    long took =
        sim.runUntil(
            () ->
                sim.agreesOnWhoIsUp()
                    && sim.running().stream()
                        .allMatch(node ->
                            incarnationOf(node, "n5") == sim.node("n5").fabric().incarnation()),
            3 * SECOND,
            50 * MS);
    assertThat(took).isNotNegative();
    sim.run(10 * SECOND);

    assertThat(log.down(name -> name.equals("n5"))).isEmpty();
    assertThat(log.down()).isEmpty();
    assertThat(sim.node("n5").fabric().overlay().degree()).isPositive();
    // Links between others stay, but for the few that make room for the newcomer.
    int closed = 0;
    for (Map.Entry<String, Set<String>> each : before.entrySet()) {
      for (String peer : each.getValue()) {
        boolean others = !each.getKey().equals("n5") && !peer.equals("n5");
        closed += others && !sim.node(each.getKey()).fabric().overlay().isNeighbor(peer) ? 1 : 0;
      }
    }
    assertThat(closed / 2).isLessThanOrEqualTo(7);
  }

  /** Two that dial each other in the same moment get one link. */
  @Test
  void twoThatDialEachOtherAtOnceHaveExactlyOneLink() {
    for (int seed = 0; seed < Sizes.of(1_000, 10_000); seed++) {
      Simulation sim = new Simulation(seed).jitter(seed % 2 == 0 ? 0 : MS);
      FabricPeer one = new FabricPeer("n1", "192.0.2.1:8101");
      FabricPeer two = new FabricPeer("n2", "192.0.2.2:8101");
      sim.add("n1", one.address(), List.of(two)).start();
      sim.add("n2", two.address(), List.of(one)).start();
      sim.node("n1").dial(two, 1_000, 0);
      sim.node("n2").dial(one, 1_000, 0);

      sim.run(12 * SECOND);

      assertThat(sim.node("n1").fabric().overlay().isNeighbor("n2")).as("seed %d", seed).isTrue();
      assertThat(sim.node("n2").fabric().overlay().isNeighbor("n1")).as("seed %d", seed).isTrue();
      assertThat(sim.node("n1").openLinks()).as("seed %d", seed).isEqualTo(1);
      assertThat(sim.node("n2").openLinks()).as("seed %d", seed).isEqualTo(1);
    }
  }

  /** An eviction is no failure, and views do not fight. */
  @Test
  void thoseThatReachOneNodeOnlyTakeTurnsAtIt() {
    Simulation sim = new Simulation(1).nodes(30, 1);
    sim.cut((from, to, way) ->
        way == Way.LINKS
            && ((from.index() >= 10 && to.index() != 0)
                || (to.index() >= 10 && from.index() != 0)));
    sim.probeAll(2).startAll(10 * SECOND).run(2 * MINUTE);
    StateLog log = new StateLog(sim);
    Map<String, Long> changes = viewChanges(sim);
    int minutes = Sizes.of(4, 10);
    for (int i = 0; i < minutes * 60; i++) {
      sim.run(SECOND);
      assertThat(sim.greatestDegree()).isLessThanOrEqualTo(7);
    }

    assertCalm(sim, changes, minutes);
    assertThat(log.down()).isEmpty();
    assertThat(log.of(Notification.PartitionsChanged.class)).isEmpty();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().linkState().own().ad().unheard()).isEmpty();
    }
    // Each gets everything in its turn: a word of n30 is at n12, and one of n5 at n29.
    long n30 = sim.node("n30").fabric().linkState().own().ad().sequence();
    sim.run(2 * MINUTE);
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().linkState().table().get("n30").ad().sequence())
          .as("at %s", node)
          .isGreaterThanOrEqualTo(n30);
      assertThat(node.fabric().upCount()).as("at %s", node).isEqualTo(30);
    }
    Member guest =
        sim.node("n5").fabric().members().stream()
            .filter(member -> member.name().equals("n30"))
            .findFirst()
            .orElseThrow();
    assertThat(guest.neighbors().isEmpty() || guest.neighbors().equals(List.of("n1"))).isTrue();
  }

  @Test
  void freeNodesSettle() {
    Simulation sim = new Simulation(2).nodes(Sizes.of(60, 200), 3);
    sim.startAll(10 * SECOND).run(2 * MINUTE);
    StateLog log = new StateLog(sim);
    Map<String, Long> changes = viewChanges(sim);
    int minutes = Sizes.of(2, 10);

    sim.run(minutes * MINUTE);

    assertCalm(sim, changes, minutes);
    assertThat(log.words()).isEmpty();
  }

  /** One layer is down and the other is not. */
  @ParameterizedTest
  @ValueSource(strings = {"both", "to", "from"})
  void probesThatDoNotArriveFailNobodyWhileLinksWork(String which) {
    Simulation sim = new Simulation(3).nodes(8, 3).probeAll(5);
    together(sim);
    StateLog log = new StateLog(sim);
    sim.cut((from, to, way) ->
        way == Way.DATAGRAMS
            && ((!which.equals("from") && to.name().equals("n6"))
                || (!which.equals("to") && from.name().equals("n6"))));
    sim.run(5 * SECOND);
    List<Partition> named = sim.node("n1").fabric().partitions();
    int words = log.of(Notification.PartitionsChanged.class).size();

    sim.run(Sizes.of(2, 10) * MINUTE);

    assertThat(log.down()).isEmpty();
    assertThat(log.of(MemberChanged.class)).isEmpty();
    List<String> rest = List.of("n1", "n2", "n3", "n4", "n5", "n7", "n8");
    Direction direction =
        switch (which) {
          case "to" -> Direction.A_TO_B;
          case "from" -> Direction.B_TO_A;
          default -> Direction.BOTH;
        };
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions())
          .as("at %s", node)
          .containsExactly(new Partition(rest, List.of("n6"), direction, true, List.of(), 0));
    }
    assertThat(named).isEqualTo(sim.node("n1").fabric().partitions());
    assertThat(words).as("until it is whole").isLessThanOrEqualTo(8 * 5);
    assertThat(log.of(Notification.PartitionsChanged.class)).as("no flapping").hasSize(words);
  }

  /** The reverse: the fabric's port is filtered while probes arrive. */
  @Test
  void aFilteredPortIsNamedAndNobodyFailsForIt() {
    Simulation sim = new Simulation(4).nodes(8, 3).probeAll(5);
    together(sim);
    StateLog log = new StateLog(sim);
    Cut cut =
        sim.cut((from, to, way) ->
            way == Way.LINKS && (from.name().equals("n6") || to.name().equals("n6")));

    sim.run(MINUTE);

    assertThat(log.down()).isEmpty();
    assertThat(log.of(FabricBlocked.class).stream().filter(w -> !w.by().equals("n6")))
        .hasSize(7)
        .allSatisfy(
            word -> assertThat(word.notification()).isEqualTo(new FabricBlocked("n6", true)));
    assertThat(blocked(sim.node("n6"))).as("of others it knows nothing").containsExactly("n6");
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions()).as("at %s", node).isEmpty();
    }
    sim.heal(cut);
    assertThat(sim.runUntil(() -> sim.components().size() == 1, MINUTE, SECOND)).isNotNegative();
    sim.run(5 * SECOND);
    assertThat(sim.holdsFor("n6", MemberState.UP)).isEqualTo(7);
    assertThat(log.down()).isEmpty();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(blocked(node)).as("at %s", node).isEmpty();
    }
  }

  /** Nobody's collector probes it: it is up by the word of those who were asked to look at it. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whoIsVouchedForIsWatchedForAsLong(long seed) {
    Simulation sim = new Simulation(seed).nodes(8, 3);
    together(sim);
    StateLog log = new StateLog(sim);
    sim.cut((from, to, way) ->
        way == Way.LINKS && (from.name().equals("n6") || to.name().equals("n6")));
    sim.run(MINUTE);
    assertThat(log.down()).isEmpty();

    sim.node("n6").powerOff();

    assertThat(sim.runUntil(() -> sim.holdsFor("n6", MemberState.FAILED) == 7, MINUTE, 50 * MS))
        .isBetween(600 * MS, 3 * SECOND);
  }

  /** A firewall that has the probes' port open and was never told of the fabric's. */
  @Test
  void portsThatWereNeverOpenAreNamedByEachNodeItself() {
    Simulation sim = new Simulation(14).nodes(5, 5).probeAll(5);
    Cut cut = sim.cut((from, to, way) -> way == Way.LINKS);
    sim.startAll(SECOND).run(15 * SECOND);

    for (SimulatedNode node : sim.nodes()) {
      assertThat(blocked(node)).as("at %s", node).containsExactly(node.name());
      assertThat(node.fabric().partitions()).isEmpty();
    }
    sim.heal(cut);
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, MINUTE, SECOND)).isNotNegative();
    sim.run(2 * SECOND);
    for (SimulatedNode node : sim.nodes()) {
      assertThat(blocked(node)).as("at %s", node).isEmpty();
    }
  }

  /** Nothing of the fabric's port arrives, so that no answer to a probe has a name. */
  @Test
  void answersOfStrangersShowThatAPortIsBlockedAndSilenceDoesNot() {
    Simulation sim = new Simulation(15).nodes(2, 2);
    sim.node("n1").start();
    sim.run(30 * SECOND);
    assertThat(blocked(sim.node("n1"))).as("nobody answers: nobody is there").isEmpty();

    for (int i = 0; i < 10; i++) {
      sim.node("n1").fabric().probeAnsweredByStranger(sim.now());
      sim.run(SECOND);
    }
    assertThat(blocked(sim.node("n1"))).containsExactly("n1");
    sim.run(10 * SECOND);
    assertThat(blocked(sim.node("n1"))).isEmpty();
  }

  private static List<String> blocked(SimulatedNode at) {
    return at.fabric().members().stream()
        .filter(Member::isFabricBlocked)
        .map(Member::name)
        .toList();
  }

  /** Nor does what somebody accused who has left meanwhile and still runs. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whatThoseWhoLeaveAccuseCountsForNothing(long seed) {
    Simulation sim = new Simulation(seed).nodes(4, 4).probeAll(5);
    together(sim);
    StateLog log = new StateLog(sim);
    sim.partition(Set.of("n2"), Set.of("n3"));
    sim.cut((from, to, way) -> way == Way.LINKS && isPair(from, to, "n3", "n4"));
    sim.run(4 * SECOND);
    sim.node("n2").fabric().leave(sim.now());
    sim.run(2 * SECOND);
    assertThat(sim.node("n1").fabric().state("n2")).isEqualTo(MemberState.LEFT);

    // From now on n4 alone hears n3, by probes.
    sim.partition(Set.of("n1"), Set.of("n3"));
    sim.run(5 * SECOND);

    assertThat(log.down(name -> name.equals("n3"))).isEmpty();
    assertThat(sim.node("n1").fabric().state("n3")).isEqualTo(MemberState.UP);
  }

  private static boolean isPair(SimulatedNode from, SimulatedNode to, String one, String other) {
    return Set.of(from.name(), to.name()).equals(Set.of(one, other));
  }

  /** What a dead accuser said. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whatTheDeadAccusedCountsForNothing(long seed) {
    Simulation sim = new Simulation(seed).nodes(8, 3).probeAll(5);
    together(sim);
    StateLog log = new StateLog(sim);
    Set<String> accused = Set.of("n3", "n4", "n5");
    Cut cut = sim.partition(Set.of("n2"), accused);
    sim.run(4 * SECOND);
    assertThat(sim.node("n8").fabric().partitions()).isNotEmpty();

    sim.node("n2").powerOff();
    sim.run(3 * SECOND);

    for (SimulatedNode node : sim.running()) {
      assertThat(node.fabric().partitions()).as("at %s", node).isEmpty();
      assertThat(node.fabric().state("n2")).as("at %s", node).isEqualTo(MemberState.FAILED);
    }
    assertThat(log.down(name -> !name.equals("n2"))).isEmpty();
    sim.heal(cut);
    sim.node("n2").start();
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, MINUTE, SECOND)).isNotNegative();
    for (SimulatedNode node : sim.running()) {
      assertThat(node.fabric().partitions()).as("at %s", node).isEmpty();
    }
  }

  /** The word of leaving. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whoLeavesIsLeftAtAllWithinASecondThoughMuchIsLost(long seed) {
    Simulation sim = new Simulation(seed).loss(0.1).nodes(10, 3);
    together(sim);
    StateLog log = new StateLog(sim);
    leaveAndExit(sim, "n5");

    sim.run(SECOND);

    assertThat(sim.holdsFor("n5", MemberState.LEFT)).isEqualTo(9);
    sim.run(30 * SECOND);
    assertThat(log.down("n5"::equals)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whoLeavesIsLeftThoughItsProcessHardlyGetsAProcessor(long seed) {
    Simulation sim = new Simulation(seed).nodes(10, 3);
    together(sim);
    sim.loss(0.1)
        .scheduling((process, random) ->
            process.name().equals("n5") ? 50 * MS + random.nextLong(200 * MS) : 0)
        .run(20 * SECOND);
    StateLog log = new StateLog(sim);
    leaveAndExit(sim, "n5");

    sim.run(SECOND);

    assertThat(sim.holdsFor("n5", MemberState.LEFT)).isEqualTo(9);
    sim.run(30 * SECOND);
    assertThat(log.down("n5"::equals)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void twoThatLeaveAtOnceAndHaveOnlyEachOtherAreLeft(long seed) {
    Simulation sim = new Simulation(seed).nodes(10, 3);
    together(sim);
    // From now on n4 and n5 are linked to each other only.
    Set<String> pair = Set.of("n4", "n5");
    sim.cut((from, to, way) ->
        way == Way.LINKS && pair.contains(from.name()) != pair.contains(to.name()));
    sim.probeAll(5).run(20 * SECOND);
    StateLog log = new StateLog(sim);
    leaveAndExit(sim, "n4");
    leaveAndExit(sim, "n5");

    sim.run(SECOND);

    assertThat(sim.holdsFor("n4", MemberState.LEFT)).isEqualTo(8);
    assertThat(sim.holdsFor("n5", MemberState.LEFT)).isEqualTo(8);
    sim.run(30 * SECOND);
    assertThat(log.down(pair::contains)).isEmpty();
  }

  /** One node hears it so long after the power is lost: before anybody, between, or after all. */
  @ParameterizedTest
  @ValueSource(longs = {0, 400, 700, 800, 900, 1_000, 1_100, 3_000})
  void leavingWinsOverFailedInWhateverOrderTheyCome(long heardAfterMillis) {
    Simulation sim = new Simulation(5).nodes(10, 3);
    together(sim);
    LinkStateAd last = sim.node("n5").fabric().linkState().own().ad();
    sim.node("n5").powerOff();
    sim.run(heardAfterMillis * MS);
    LinkStateAd leaving =
        new LinkStateAd(
            "n5",
            last.address(),
            last.incarnation(),
            last.sequence() + 1,
            Status.LEAVING,
            last.neighbors(),
            List.of(),
            List.of(),
            0);
    sim.node("n1")
        .fabric()
        .receiveDatagram(
            sim.now(),
            sim.node("n5").peer(),
            new LinkStateMessage.Leaving(new AgedAd(leaving, heardAfterMillis)));
    sim.run(20 * MS);
    StateLog log = new StateLog(sim);

    sim.run(SECOND);

    assertThat(sim.holdsFor("n5", MemberState.LEFT)).isEqualTo(9);
    sim.run(30 * SECOND);
    assertThat(sim.holdsFor("n5", MemberState.LEFT)).isEqualTo(9);
    assertThat(log.down()).isEmpty();
  }

  @Test
  void whoSaidThatItLeavesAndDiesIsNamedAfterTwoMinutes() {
    Simulation sim = new Simulation(6).nodes(10, 3);
    together(sim);
    StateLog log = new StateLog(sim);
    sim.node("n5").fabric().leave(sim.now());
    sim.run(20 * SECOND);
    sim.node("n5").powerOff();

    sim.run(90 * SECOND);
    assertThat(log.down()).isEmpty();
    sim.run(30 * SECOND);
    assertThat(sim.holdsFor("n5", MemberState.FAILED)).isEqualTo(9);
  }

  @Test
  void anOldLeaveDoesNotCoverANewLife() {
    Simulation sim = new Simulation(7).nodes(10, 3);
    together(sim);
    leaveAndExit(sim, "n5");
    sim.run(2 * SECOND);
    sim.node("n5").start();
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, 10 * SECOND, 100 * MS)).isNotNegative();
    sim.run(5 * SECOND);

    sim.node("n5").powerOff();
    sim.run(1_500 * MS);

    assertThat(sim.holdsFor("n5", MemberState.FAILED)).isGreaterThanOrEqualTo(8);
  }

  /** A round trip that steps up. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aRoundTripThatStepsUpIsNoFailure(long seed) {
    long[] oneWay = {10 * MS};
    Simulation sim = new Simulation(seed).nodes(10, 3);
    sim.latency(
        (from, to) -> from.name().equals("n6") || to.name().equals("n6") ? oneWay[0] : MS / 2);
    sim.jitter(2 * MS);
    together(sim);
    StateLog log = new StateLog(sim);

    oneWay[0] = 300 * MS;
    sim.run(Sizes.of(2, 10) * MINUTE);

    assertThat(log.down()).isEmpty();
    assertThat(log.of(Notification.PartitionsChanged.class)).isEmpty();
    sim.node("n6").powerOff();
    sim.run(3 * SECOND);
    assertThat(sim.holdsFor("n6", MemberState.FAILED)).isEqualTo(9);
  }

  @Test
  void aNodeThatJoinsOverASlowLineIsNoFailure() {
    Simulation sim = new Simulation(8).nodes(10, 3);
    sim.latency(
        (from, to) -> from.name().equals("n6") || to.name().equals("n6") ? 300 * MS : MS / 2);
    sim.nodes().stream().filter(node -> !node.name().equals("n6")).forEach(SimulatedNode::start);
    sim.run(MINUTE);
    StateLog log = new StateLog(sim);

    sim.node("n6").start();
    sim.run(Sizes.of(2, 10) * MINUTE);

    assertThat(log.down()).isEmpty();
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
  }

  /** What is forgotten here is not brought back by somebody who was away. */
  @ParameterizedTest
  @ValueSource(ints = {1, 25})
  void aDeletedNodeStaysForgotten(int hours) {
    Simulation sim = new Simulation(9).nodes(10, 3);
    together(sim);
    sim.node("n4").keep();
    List<AgedAd> old = sim.node("n4").kept();
    Cut away = sim.partition(Set.of("n4"), names(sim, "n4"));
    sim.run(MINUTE);
    sim.node("n9").powerOff();
    sim.run(10 * SECOND);
    sim.node("n1").fabric().forget(sim.now(), "n9");
    sim.run(MINUTE);
    for (SimulatedNode node : sim.running()) {
      if (!node.name().equals("n4")) {
        assertThat(node.fabric().state("n9")).isEqualTo(MemberState.FORGOTTEN);
        assertThat(node.fabric().members()).noneMatch(member -> member.name().equals("n9"));
      }
    }
    StateLog log = new StateLog(sim);

    // The hours themselves are skipped: what n4 brings back is as old as it would be by then.
    long passed = hours * 3_600_000L;
    sim.node("n4").kill();
    sim.node("n4")
        .kept(old.stream().map(ad -> new AgedAd(ad.ad(), ad.ageMillis() + passed)).toList());
    if (hours > 24) {
      // The others have forgotten that they have forgotten.
      for (SimulatedNode node : sim.running()) {
        node.keep();
        node.kill();
        node.kept(node.kept().stream().filter(ad -> !ad.ad().node().equals("n9")).toList());
      }
    }
    sim.heal(away);
    sim.nodes().stream().filter(node -> !node.name().equals("n9")).forEach(SimulatedNode::start);
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, MINUTE, SECOND)).isNotNegative();
    sim.run(MINUTE);

    for (SimulatedNode node : sim.running()) {
      assertThat(node.fabric().members())
          .as("at %s", node)
          .noneMatch(member -> member.name().equals("n9"));
    }
    assertThat(log.words())
        .noneMatch(word ->
            word.notification() instanceof MemberChanged changed
                && changed.name().equals("n9")
                // What n4 reads from its disk is not news yet.
                && !(word.by().equals("n4") && changed.after() == MemberState.ABSENT)
                && changed.after() != MemberState.FORGOTTEN);

    sim.node("n9").start();
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, 10 * SECOND, 100 * MS)).isNotNegative();
  }

  // Helpers.

  private static void together(Simulation sim) {
    sim.startAll(5 * SECOND);
    BooleanSupplier done = () -> sim.components().size() == 1 && sim.agreesOnWhoIsUp();
    assertThat(sim.runUntil(done, MINUTE, SECOND)).as("together").isNotNegative();
    sim.run(20 * SECOND);
  }

  /** SIGTERM: the agent ends when it may, at the latest after a second. */
  private static void leaveAndExit(Simulation sim, String name) {
    SimulatedNode node = sim.node(name);
    Fabric fabric = node.fabric();
    sim.listen((by, notification) -> {
      if (by == node
          && notification instanceof Notification.LeavingKnown
          && node.fabric() == fabric) {
        sim.at(sim.now(), node::exit);
      }
    });
    fabric.leave(sim.now());
    sim.at(
        sim.now() + SECOND,
        () -> {
          if (node.isRunning() && node.fabric() == fabric) {
            node.exit();
          }
        });
  }

  private static long incarnationOf(SimulatedNode at, String node) {
    return at.fabric().linkState().table().get(node) == null
        ? 0
        : at.fabric().linkState().table().get(node).incarnation();
  }

  private static Map<String, Set<String>> neighbors(Simulation sim) {
    Map<String, Set<String>> neighbors = new HashMap<>();
    for (SimulatedNode node : sim.nodes()) {
      List<String> names = new ArrayList<>();
      node.fabric().overlay().neighbors().forEach(peer -> names.add(peer.name()));
      neighbors.put(node.name(), Set.copyOf(names));
    }
    return neighbors;
  }

  private static Map<String, Long> viewChanges(Simulation sim) {
    Map<String, Long> changes = new HashMap<>();
    for (SimulatedNode node : sim.nodes()) {
      changes.put(node.name(), node.fabric().overlay().viewChanges());
    }
    return changes;
  }

  private static void assertCalm(Simulation sim, Map<String, Long> before, int minutes) {
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().overlay().viewChanges() - before.get(node.name()))
          .as("changes of view at %s", node)
          .isLessThanOrEqualTo(minutes);
    }
  }

  private static Set<String> names(Simulation sim, String except) {
    Set<String> names = new HashSet<>();
    sim.nodes().forEach(node -> names.add(node.name()));
    names.remove(except);
    return names;
  }
}
