package io.llamamesh.fabric;

import static io.llamamesh.fabric.sim.Simulation.MS;
import static io.llamamesh.fabric.sim.Simulation.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateAdTable;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Incarnation;
import io.llamamesh.fabric.sim.SimulatedNode;
import io.llamamesh.fabric.sim.Simulation;
import io.llamamesh.fabric.sim.StateLog;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A member that has the mesh's key and lies. */
class HostileMemberSimulationTest {

  private static final String LIAR = "n8";

  private enum Forgery {
    LEAVING,
    ALONE,
    FORGOTTEN,
    GREATEST_LIFE
  }

  private static Simulation mesh(long seed) {
    Simulation sim = new Simulation(seed).nodes(8, 3).probeAll(5);
    sim.startAll(5 * SECOND).run(60 * SECOND);
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
    return sim;
  }

  private static void say(Simulation sim, List<LinkStateAd> ads) {
    SimulatedNode liar = sim.node(LIAR);
    List<AgedAd> aged = ads.stream().map(ad -> new AgedAd(ad, 0)).toList();
    for (FabricPeer peer : liar.fabric().overlay().neighbors()) {
      liar.send(liar.fabric().linkTo(peer.name()), new Ads(aged));
    }
  }

  private static LinkStateAd forged(LinkStateAd real, Forgery forgery) {
    return new LinkStateAd(
        real.node(),
        forgery == Forgery.LEAVING ? real.address() : "192.0.2.8:8101",
        forgery == Forgery.GREATEST_LIFE
            ? Incarnation.MAX
            : real.incarnation() + (forgery == Forgery.FORGOTTEN ? 5 : 0),
        forgery == Forgery.FORGOTTEN ? LinkStateAd.FORGOTTEN_SEQUENCE : real.sequence() + 1_000,
        switch (forgery) {
          case LEAVING -> Status.LEAVING;
          case FORGOTTEN -> Status.FORGOTTEN;
          default -> Status.MEMBER;
        },
        List.of(),
        List.of(),
        List.of(),
        0);
  }

  /** What is said in another's name is taken back by that one. */
  @ParameterizedTest
  @EnumSource(Forgery.class)
  void whatIsForgedOfAnotherCountsUntilItHearsOfItOnly(Forgery forgery) {
    Simulation sim = mesh(21);
    StateLog log = new StateLog(sim);
    say(sim, List.of(forged(sim.node("n3").fabric().linkState().own().ad(), forgery)));

    sim.run(3 * SECOND);

    assertThat(log.down()).isEmpty();
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().linkState().table().get("n3").ad().address())
          .as("at %s", node)
          .isEqualTo(sim.node("n3").peer().address());
      assertThat(node.fabric().state("n3")).as("at %s", node).isEqualTo(MemberState.UP);
    }
    sim.node("n3").powerOff();
    sim.run(1_500 * MS);
    assertThat(sim.holdsFor("n3", MemberState.FAILED)).isGreaterThanOrEqualTo(6);
  }

  /** Whom one accuses others look at; nobody is failed for it, and nobody is kept busy. */
  @Test
  void whoSaysThatItHearsNobodyFailsNobody() {
    Simulation sim = mesh(22);
    StateLog log = new StateLog(sim);
    long before = sim.node("n1").fabric().linkState().adsPublished();
    List<Unheard> all = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      all.add(new Unheard("n" + i, Hearing.SILENT, 5_000));
    }
    for (int i = 0; i < 100; i++) {
      LinkStateAd own = sim.node(LIAR).fabric().linkState().own().ad();
      say(
          sim,
          List.of(
              new LinkStateAd(
                  LIAR,
                  own.address(),
                  own.incarnation(),
                  own.sequence() + 1,
                  Status.MEMBER,
                  own.neighbors(),
                  all,
                  List.of(),
                  7)));
      sim.run(100 * MS);
    }

    assertThat(log.down()).isEmpty();
    assertThat(sim.node("n1").fabric().linkState().adsPublished() - before)
        .as("own ads in ten seconds")
        .isLessThanOrEqualTo(15);
    sim.run(40 * SECOND);
    assertThat(sim.agreesOnWhoIsUp()).isTrue();
    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().partitions()).as("at %s", node).isEmpty();
    }
  }

  /** Made-up members fill a bounded table, and those that are known are watched as before. */
  @Test
  void membersThatAreMadeUpNeitherFailAnybodyNorHideADeath() {
    Simulation sim = mesh(23);
    StateLog log = new StateLog(sim);
    for (int i = 0; i < 20; i++) {
      List<LinkStateAd> made = new ArrayList<>();
      for (int j = 0; j < 1_000; j++) {
        String name = "ghost-" + i + "-" + j;
        made.add(
            new LinkStateAd(
                name,
                "192.0.2.9:8101",
                1,
                1,
                Status.MEMBER,
                List.of(name + "-a"),
                List.of(),
                List.of(),
                1));
      }
      say(sim, made);
      sim.run(100 * MS);
    }
    sim.run(5 * SECOND);

    for (SimulatedNode node : sim.nodes()) {
      assertThat(node.fabric().linkState().table().entries())
          .as("at %s", node)
          .hasSizeLessThanOrEqualTo(LinkStateAdTable.MAX_NODES);
      assertThat(node.fabric().upCount()).as("at %s", node).isEqualTo(8);
    }
    assertThat(log.down()).isEmpty();
    sim.node("n3").powerOff();
    sim.run(1_500 * MS);
    assertThat(sim.holdsFor("n3", MemberState.FAILED)).isGreaterThanOrEqualTo(6);
  }

  private static LinkStateAd ad(
      LinkStateAd from, long lives, Status status, List<String> neighbors, List<String> vouched) {
    return new LinkStateAd(
        from.node(),
        from.address(),
        from.incarnation() + lives,
        status == Status.FORGOTTEN ? LinkStateAd.FORGOTTEN_SEQUENCE : from.sequence() + 1 + lives,
        status,
        neighbors,
        List.of(),
        vouched,
        7);
  }

  private static List<SimulatedNode> honest(Simulation sim, String dead) {
    return sim.nodes().stream()
        .filter(node -> !node.name().equals(LIAR) && !node.name().equals(dead))
        .toList();
  }

  /**
   * One member's word alone keeps nobody well: whoever it alone reaches is a side of a partition
   * within three seconds, whether it names links, vouches or makes up new lives.
   */
  @ParameterizedTest
  @ValueSource(strings = {"linked", "vouched", "new lives", "linked both ways in new lives"})
  void whoVouchesForTheDeadMakesThemASideOfAPartition(String lie) {
    Simulation sim = mesh(24);
    StateLog log = new StateLog(sim);
    sim.node("n5").powerOff();
    LinkStateAd last = sim.node("n5").fabric().linkState().own().ad();
    for (int i = 1; i <= 1_200; i++) {
      LinkStateAd own = sim.node(LIAR).fabric().linkState().own().ad();
      List<String> linked = new ArrayList<>(own.neighbors());
      linked.remove("n5");
      linked.add("n5");
      List<LinkStateAd> lies = new ArrayList<>();
      switch (lie) {
        case "linked" -> lies.add(ad(own, i, Status.MEMBER, linked, List.of()));
        case "vouched" -> lies.add(ad(own, i, Status.MEMBER, own.neighbors(), List.of("n5")));
        case "new lives" -> lies.add(ad(last, i, Status.MEMBER, List.of(), List.of()));
        default -> {
          lies.add(ad(own, i, Status.MEMBER, linked, List.of()));
          lies.add(ad(last, i, Status.MEMBER, List.of(LIAR), List.of()));
        }
      }
      say(sim, lies);
      sim.run(100 * MS);
      if (i >= 30) {
        for (SimulatedNode node : honest(sim, "n5")) {
          boolean isFailed = node.fabric().state("n5") == MemberState.FAILED;
          boolean isSide =
              node.fabric().partitions().stream()
                  .anyMatch(block ->
                      block.sideA().equals(List.of("n5")) || block.sideB().equals(List.of("n5")));
          assertThat(isFailed || isSide).as("at %s, after %d ms of lies", node, i * 100).isTrue();
        }
      }
    }
    assertThat(log.down(name -> !name.equals("n5") && !name.equals(LIAR))).isEmpty();
  }

  /** What is forgotten is for each node's own config to say, while that names it. */
  @Test
  void whoSaysThatADeadNodeIsForgottenHidesNoDeath() {
    Simulation sim = mesh(25);
    sim.node("n5").powerOff();
    sim.run(2 * SECOND);
    assertThat(sim.holdsFor("n5", MemberState.FAILED)).isEqualTo(7);
    LinkStateAd last = sim.node("n5").fabric().linkState().own().ad();
    say(sim, List.of(ad(last, 5, Status.FORGOTTEN, List.of(), List.of())));
    sim.run(30 * SECOND);
    assertThat(sim.holdsFor("n5", MemberState.FAILED)).isEqualTo(7);

    List<SimulatedNode> rest = sim.running();
    for (SimulatedNode node : rest) {
      node.probe(rest.stream().filter(other -> other != node).toList(), 5);
    }
    assertThat(sim.holdsFor("n5", MemberState.FORGOTTEN)).isEqualTo(7);
  }

  /** The same where it is said before the death, so that nobody is left to take it back. */
  @Test
  void whoIsForgottenByAWordJustBeforeItsDeathIsFailed() {
    Simulation sim = mesh(26);
    sim.node("n5").powerOff();
    LinkStateAd last = sim.node("n5").fabric().linkState().own().ad();
    say(sim, List.of(ad(last, 5, Status.FORGOTTEN, List.of(), List.of())));

    sim.run(1_500 * MS);

    assertThat(sim.holdsFor("n5", MemberState.FAILED)).isGreaterThanOrEqualTo(6);
  }

  /** However often it is said. */
  @Test
  void whoSaysThatADeadNodeLeavesHidesItForTwoMinutes() {
    Simulation sim = mesh(27);
    sim.node("n5").powerOff();
    LinkStateAd last = sim.node("n5").fabric().linkState().own().ad();
    for (int i = 1; i <= 240; i++) {
      say(sim, List.of(ad(last, i, Status.LEAVING, List.of(), List.of())));
      sim.run(SECOND);
      if (i >= 128) { // two minutes, and those in which nobody accuses who has left
        assertThat(sim.holdsFor("n5", MemberState.FAILED)).as("after %d s", i).isEqualTo(7);
      }
    }
    sim.node("n5").start();
    assertThat(sim.runUntil(sim::agreesOnWhoIsUp, 30 * SECOND, 100 * MS)).isNotNegative();
  }
}
