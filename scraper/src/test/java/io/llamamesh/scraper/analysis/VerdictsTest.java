package io.llamamesh.scraper.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.MeshReport.Kind;
import io.llamamesh.results.MeshReport.Silent;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.MatrixView.NodeInfo;
import io.llamamesh.scraper.matrix.PairSeries;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is dead or unmeasured never looks healthy, and what is called loss is the network's. */
final class VerdictsTest {
  private static final long NOW = 1_000_000_000L;
  private static final double NONE = Double.NaN;
  private static final int SENT = 160;

  /** What a pair's windows are alike. */
  private enum Kept {
    WELL(SENT, SENT, 0, 0, SENT, 0, 0),
    LOST(SENT, 0, SENT, 0, SENT, 0, 0),
    HALF_LOST(SENT, SENT / 2, SENT / 2, 0, SENT, 0, 0),
    REFUSED(SENT, 0, 0, SENT, SENT, 0, 0),
    /** The host's kernel limits how often it says so. */
    MOSTLY_REFUSED(SENT, 0, SENT / 4, SENT - SENT / 4, SENT, 0, 0),
    CORRUPT(SENT, 0, 0, 0, SENT, 0, 0),
    UNSENT(0, 0, 0, 0, SENT, 0, 0),
    SKIPPED(0, 0, 0, 0, SENT, SENT, 0),
    SLOW(SENT, SENT, 0, 0, SENT, 0, 0),
    SUPPRESSED(SENT, 0, 0, 0, SENT, 0, SENT);

    private final int sent;
    private final int received;
    private final int lost;
    private final int refused;
    private final int due;
    private final int skipped;
    private final int suppressed;

    Kept(int sent, int received, int lost, int refused, int due, int skipped, int suppressed) {
      this.sent = sent;
      this.received = received;
      this.lost = lost;
      this.refused = refused;
      this.due = due;
      this.skipped = skipped;
      this.suppressed = suppressed;
    }

    private Cell cell(long end) {
      double quick = this == SLOW ? 200 : 0.1;
      double rtt = received > 0 ? quick : NONE;
      return new Cell(
          end, sent, received, lost, refused, 0, 0, rtt, rtt, NONE, due, skipped, 0, suppressed);
    }
  }

  /** Nodes in zones, all with an agent, and who is what to whom. */
  private static final class Mesh {
    private final List<String> nodes;
    private final Map<String, NodeInfo> infos = new HashMap<>();
    private final Map<String, PairSeries> pairs = new HashMap<>();
    private Set<String> silent = Set.of();
    private @Nullable Instant lastAnswer;
    private @Nullable String moved;

    Mesh(int size, Function<Integer, String> zoneOf) {
      nodes = IntStream.rangeClosed(1, size).mapToObj(i -> "node-" + i).toList();
      for (int i = 0; i < size; i++) {
        infos.put(nodes.get(i), new NodeInfo(nodes.get(i), zoneOf.apply(i), ""));
      }
      nodes.forEach(
          a -> nodes.stream().filter(b -> !a.equals(b)).forEach(b -> is(a, b, Kept.WELL)));
    }

    Mesh(int size) {
      this(size, i -> "");
    }

    Mesh is(String source, String destination, Kept kept) {
      return is(source, destination, "default", kept, 3);
    }

    Mesh is(String source, String destination, String port, Kept kept, int windows) {
      List<Cell> cells =
          IntStream.range(0, windows)
              .mapToObj(i -> kept.cell(NOW - 10L * (windows - 1 - i)))
              .toList();
      pairs.put(
          source + ">" + destination + " " + port,
          new PairSeries(source, destination, port, "IPv4", cells, List.of()));
      return this;
    }

    /** Between all nodes. */
    Mesh all(String port, Kept kept, int windows) {
      nodes.forEach(a ->
          nodes.stream().filter(b -> !a.equals(b)).forEach(b -> is(a, b, port, kept, windows)));
      return this;
    }

    /** Both ways between two sides. */
    Mesh cut(Kept kept, List<String> side, String... others) {
      for (String a : side) {
        for (String b : others) {
          is(a, b, kept);
          is(b, a, kept);
        }
      }
      return this;
    }

    /** Everybody probes it, which has no agent. */
    Mesh target(String name, Kept kept) {
      nodes.forEach(node -> is(node, name, kept));
      return this;
    }

    /** Its agent answers nobody, and publishes nothing. */
    Mesh dead(String name, Kept kept) {
      nodes.stream()
          .filter(node -> pairs.containsKey(node + ">" + name + " default"))
          .forEach(node -> is(node, name, kept));
      pairs.keySet().removeIf(key -> key.startsWith(name + ">"));
      return silent(name);
    }

    Mesh silent(String... names) {
      Set<String> all = new HashSet<>(silent);
      all.addAll(List.of(names));
      silent = all;
      return this;
    }

    /** Known at another address as well, where nobody answers. */
    Mesh moved(String name) {
      moved = name;
      return this;
    }

    /** Nothing of it is read. */
    Mesh unread(String... names) {
      for (String name : names) {
        pairs.keySet().removeIf(key -> key.startsWith(name + ">"));
      }
      return silent(names);
    }

    MeshReport report() {
      List<PairSeries> all = new ArrayList<>(pairs.values());
      all.sort(null);
      List<AgentHealth> agents = new ArrayList<>();
      nodes.forEach(node ->
          agents.add(new AgentHealth(node, "", !silent.contains(node), lastAnswer, null, null, 0)));
      if (moved != null) {
        agents.add(new AgentHealth(moved, "192.0.2.9:8100", false, null, null, "no answer", 0));
      }
      MeshReport.Store store =
          new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);
      return new Analysis("default", Limits.DEFAULT)
          .analyse(
              new MatrixView(10, NOW, all, infos),
              agents,
              store,
              Instant.ofEpochSecond(NOW),
              Analysis.Past.NONE)
          .report();
    }
  }

  @Test
  void anAgentThatMovedIsNotSilentAtTheAddressThatItHad() {
    MeshReport healthy = new Mesh(3).moved("node-1").report();

    assertThat(healthy.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(healthy.message()).doesNotContain("silent");
    assertThat(healthy.totals().agents()).isEqualTo(3);
    assertThat(healthy.totals().agentsReporting()).isEqualTo(3);

    // Nor does that excuse what is lost on the way to it.
    Mesh lossy = new Mesh(3).is("node-2", "node-1", Kept.LOST).is("node-3", "node-1", Kept.LOST);
    MeshReport before = lossy.report();
    MeshReport after = lossy.moved("node-1").report();
    assertThat(after.verdict()).isEqualTo(before.verdict()).isNotEqualTo(Verdict.HEALTHY);
    assertThat(after.message()).isEqualTo(before.message());
  }

  @Test
  void aTargetWhoseHostRefusesAllIsNamedAndNotHealthy() {
    MeshReport report = new Mesh(3).target("edge-a", Kept.REFUSED).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).isEqualTo("edge-a refuses all 3 sources");
    assertThat(report.silent()).containsExactly(new Silent("edge-a", Cause.REFUSED, 3, 3));
    assertThat(report.suspects().getFirst().name()).isEqualTo("edge-a");
    assertThat(report.totals().lossPercent()).isZero();
    assertThat(report.totals().badPairs()).isZero();
  }

  @Test
  void aHostThatRefusesFewerProbesThanArriveIsStillOneThatRefuses() {
    MeshReport report = new Mesh(3).target("edge-a", Kept.MOSTLY_REFUSED).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.totals().lossPercent()).isZero();
  }

  @Test
  void aReflectorThatRefusesSomeIsNamedWithHowMany() {
    MeshReport report =
        new Mesh(3).target("edge-a", Kept.WELL).is("node-1", "edge-a", Kept.REFUSED).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).isEqualTo("edge-a refuses 1 of its 3 sources");
  }

  @Test
  void answersThatCannotBeUsedAreNoHealthEither() {
    MeshReport report = new Mesh(3).target("edge-a", Kept.CORRUPT).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).isEqualTo("edge-a has no usable answer for all 3 sources");
  }

  @Test
  void whoCannotSendIsNamedItself() {
    MeshReport report =
        new Mesh(3)
            .is("node-1", "node-2", Kept.UNSENT)
            .is("node-1", "node-3", Kept.UNSENT)
            .report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).isEqualTo("node-1 cannot send to all 2 destinations");
  }

  @Test
  void aTargetThatLosesAllCountsAsTheNetworksLoss() {
    MeshReport report = new Mesh(3).target("edge-a", Kept.LOST).report();

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(report.suspects().getFirst().name()).isEqualTo("edge-a");
  }

  @Test
  void oneWindowOfRefusalsIsTooEarlyToSay() {
    Mesh mesh = new Mesh(2);
    mesh.is("node-1", "node-2", "default", Kept.REFUSED, 1);

    assertThat(mesh.report().verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(mesh.report().message())
        .isEqualTo(
            "none of 1 pairs stays above 1% loss or 50 ms p99; 1 more not judged, no probe of"
                + " theirs counts");
  }

  @Test
  void aDrainingPeerIsNoFault() {
    MeshReport report = new Mesh(12).dead("node-12", Kept.SUPPRESSED).report();

    assertThat(report.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(report.silent()).isEmpty();
    assertThat(report.message()).endsWith("; 1 of 12 agents is silent");
  }

  @Test
  void aDeadNodeIsNotCalledALossOfTheNetwork() {
    MeshReport report = new Mesh(6).dead("node-2", Kept.LOST).report();

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(report.message())
        .isEqualTo(
            "node-2 answers neither probes nor HTTP: the node or its agent is down, or it is cut"
                + " off; 1 of 6 agents is silent");
    assertThat(report.silent()).containsExactly(new Silent("node-2", Cause.UNREACHABLE, 5, 5));
    assertThat(report.suspects())
        .singleElement()
        .satisfies(suspect -> assertThat(suspect.name()).isEqualTo("node-2"));
    assertThat(report.worstPairs()).isEmpty();
    assertThat(report.totals().lossPercent()).isZero();
  }

  @Test
  void aHostThatRefusesIsUpAndOnlyItsAgentIsDown() {
    MeshReport report =
        new Mesh(6).dead("node-2", Kept.REFUSED).is("node-1", "node-2", Kept.LOST).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).isEqualTo("node-2 refuses all 5 sources; 1 of 6 agents is silent");
    assertThat(report.totals().lossPercent()).isZero();
  }

  @Test
  void aNodeThatReportsAndLosesAllIsTheNetworksLoss() {
    Mesh mesh = new Mesh(6).dead("node-2", Kept.LOST);
    mesh.silent = Set.of();

    assertThat(mesh.report().verdict()).isEqualTo(Verdict.NODE_LOSS);
  }

  @Test
  void anAgentThatAnswersTheScraperIsNotUnreachable() {
    Mesh mesh = new Mesh(6).dead("node-2", Kept.LOST);
    mesh.lastAnswer = Instant.ofEpochSecond(NOW - 5);

    assertThat(mesh.report().verdict()).isEqualTo(Verdict.NODE_LOSS);
  }

  @Test
  void aSilentAgentWhoseReflectorAnswersIsNoDeadNode() {
    MeshReport report = new Mesh(12).unread("node-2").report();

    assertThat(report.verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(report.message()).endsWith("; 1 of 12 agents is silent");
  }

  @Test
  void lossBesideADeadNodeIsNamedFirstAndTheDeadNodeToo() {
    MeshReport report =
        new Mesh(6).dead("node-2", Kept.LOST).is("node-3", "node-5", Kept.HALF_LOST).report();

    assertThat(report.verdict()).isEqualTo(Verdict.PAIR_LOSS);
    assertThat(report.message())
        .startsWith("1 of 25 pairs is bad: pair node-3>node-5, 50% loss; node-2 answers neither");
    assertThat(report.suspects())
        .extracting(MeshReport.Suspect::name)
        .containsExactly("node-3>node-5", "node-2");
    assertThat(report.totals().badPairs()).isEqualTo(1);
  }

  @Test
  void nodesOfAZoneThatAreGoneTogetherAreTheZonesLoss() {
    Mesh mesh = new Mesh(9, i -> "zone-" + i % 3);
    for (String node : List.of("node-1", "node-4", "node-7")) {
      mesh.dead(node, Kept.LOST);
    }

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.ZONE_LOSS);
    assertThat(report.suspects().getFirst().name()).isEqualTo("zone-0");
  }

  @Test
  void aTotalOutageBlamesNoZone() {
    Mesh mesh = new Mesh(9, i -> "zone-" + i % 3);
    mesh.nodes.forEach(
        a -> mesh.nodes.stream().filter(b -> !a.equals(b)).forEach(b -> mesh.is(a, b, Kept.LOST)));

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.MESH_LOSS);
    assertThat(report.suspects())
        .singleElement()
        .satisfies(suspect -> assertThat(suspect.kind()).isEqualTo(Kind.MESH));
    assertThat(report.message())
        .isEqualTo(
            "72 of 72 pairs are bad: the whole mesh, 72 of its 72 tested links, 100% loss; look for"
                + " what all have in common: a filter of the probes' port, keys, the core");
  }

  @Test
  void aTotalOutageOfOneZoneOrOfTwoUnequalOnesIsTheMeshs() {
    assertThat(new Mesh(9, i -> "eu").all("default", Kept.LOST, 3).report().verdict())
        .isEqualTo(Verdict.MESH_LOSS);
    assertThat(new Mesh(3, i -> i < 2 ? "a" : "b").all("default", Kept.LOST, 3).report().verdict())
        .isEqualTo(Verdict.MESH_LOSS);
  }

  @Test
  void manyTargetsThatAreLostAreNotTheMesh() {
    Mesh mesh = new Mesh(3);
    IntStream.range(0, 16).forEach(i -> mesh.target("edge-" + i, Kept.LOST));

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.PARTITIONED);
    assertThat(report.message()).contains("from node-1, node-2, node-3 to edge-0, ", ", one way");
  }

  @Test
  void aScraperThatIsCutOffCallsNobodyElseDead() {
    Mesh mesh = new Mesh(6);
    mesh.unread("node-2", "node-3", "node-4", "node-5", "node-6");
    mesh.nodes.stream()
        .filter(node -> !node.equals("node-1"))
        .forEach(node -> mesh.is("node-1", node, Kept.LOST));

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(report.suspects().getFirst().name()).isEqualTo("node-1");
  }

  @Test
  void aSourceThatKnowsNothingDoesNotKeepADeadNodeAlive() {
    for (Kept nothing : List.of(Kept.SKIPPED, Kept.SUPPRESSED, Kept.UNSENT)) {
      Mesh mesh = new Mesh(6).dead("node-2", Kept.LOST).is("node-1", "node-2", nothing);

      assertThat(mesh.report().silent())
          .as(nothing.name())
          .anySatisfy(silent -> assertThat(silent.cause()).isEqualTo(Cause.UNREACHABLE));
    }
  }

  @Test
  void aDeadNodeIsNamedBesideALossOfAllOthers() {
    Mesh mesh = new Mesh(6).all("default", Kept.HALF_LOST, 3).dead("node-2", Kept.LOST);

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.MESH_LOSS);
    assertThat(report.message()).contains("node-2 answers neither probes nor HTTP");
  }

  @Test
  void silenceOfOneClassNamesTheClass() {
    MeshReport report = new Mesh(3).all("jumbo", Kept.UNSENT, 3).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).contains("cannot send to", ", only in class jumbo");
  }

  @Test
  void slowPairsAreNamedBesideSilentNodes() {
    MeshReport report =
        new Mesh(3).all("default", Kept.SLOW, 3).target("edge-a", Kept.REFUSED).report();

    assertThat(report.verdict()).isEqualTo(Verdict.TARGETS_SILENT);
    assertThat(report.message()).contains("edge-a refuses", "; 6 pairs are above 50 ms p99");
  }

  @Test
  void whereNoProbeCountsYetNothingIsHealthy() {
    MeshReport report = new Mesh(3).all("default", Kept.REFUSED, 1).report();

    assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
  }

  @Test
  void twoSidesOfWhichSomeStillHearEachOtherAreNotPartitioned() {
    Mesh mesh =
        new Mesh(10)
            .cut(
                Kept.LOST,
                List.of("node-1", "node-2", "node-3", "node-4"),
                "node-7",
                "node-8",
                "node-9",
                "node-10")
            .is("node-1", "node-7", Kept.WELL)
            .is("node-7", "node-1", Kept.WELL);

    assertThat(mesh.report().verdict()).isEqualTo(Verdict.BLOCK_LOSS);
  }

  @Test
  void twoSidesThatDoNotHearEachOtherAreNamedAndWhoHearsBoth() {
    Mesh mesh =
        new Mesh(8).cut(Kept.LOST, List.of("node-4", "node-5"), "node-6", "node-7", "node-8");

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.PARTITIONED);
    assertThat(report.message())
        .isEqualTo(
            "12 of 56 pairs are bad: between node-4, node-5 and node-6, node-7, node-8, both ways,"
                + " all 12 of its tested links, 100% loss; node-1, node-2, node-3 reach both");
    assertThat(report.suspects())
        .singleElement()
        .satisfies(suspect -> {
          assertThat(suspect.kind()).isEqualTo(Kind.BLOCK);
          assertThat(suspect.name()).isEqualTo("node-4,node-5 | node-6,node-7,node-8");
        });
  }

  @Test
  void halfOfTheLossBetweenTwoSidesIsNoPartition() {
    Mesh mesh =
        new Mesh(8).cut(Kept.HALF_LOST, List.of("node-4", "node-5"), "node-6", "node-7", "node-8");

    assertThat(mesh.report().verdict()).isEqualTo(Verdict.BLOCK_LOSS);
  }

  @Test
  void aNodeThatSomeReachIsNotUnreachable() {
    Mesh mesh = new Mesh(8).cut(Kept.LOST, List.of("node-4"), "node-6", "node-7", "node-8");

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.PARTITIONED);
    assertThat(report.suspects())
        .singleElement()
        .satisfies(
            suspect -> assertThat(suspect.name()).isEqualTo("node-4 | node-6,node-7,node-8"));
  }

  @Test
  void twoNodesThatLoseAllTheySendAreNotASide() {
    Mesh mesh = new Mesh(8);
    for (String dead : List.of("node-1", "node-2")) {
      mesh.nodes.stream()
          .filter(node -> !node.equals(dead))
          .forEach(node -> mesh.is(dead, node, Kept.LOST));
    }

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(report.suspects())
        .extracting(MeshReport.Suspect::name)
        .containsExactly("node-1", "node-2");
  }

  @Test
  void aZoneThatIsCutOffIsStillTheZone() {
    Mesh mesh = new Mesh(9, i -> "zone-" + i % 3);
    mesh.cut(
        Kept.LOST,
        List.of("node-1", "node-4", "node-7"),
        "node-2",
        "node-3",
        "node-5",
        "node-6",
        "node-8",
        "node-9");

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.ZONE_LOSS);
    assertThat(report.suspects().getFirst().name()).isEqualTo("zone-0");
  }

  @Test
  void aMeshThatFewReportOfIsIncomplete() {
    Mesh mesh = new Mesh(30);
    mesh.unread(mesh.nodes.subList(3, 30).toArray(String[]::new));

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
    assertThat(report.message())
        .isEqualTo("none of 87 pairs stays above 1% loss or 50 ms p99; 27 of 30 agents are silent");
  }

  @Test
  void aMeshOfWhichMuchWasSkippedIsIncomplete() {
    Mesh mesh = new Mesh(4);
    mesh.nodes.stream()
        .filter(node -> !node.equals("node-1"))
        .forEach(node -> mesh.is("node-1", node, Kept.SKIPPED));

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.INCOMPLETE);
    assertThat(report.message())
        .contains("none of 9 pairs", "; 3 more not judged, no probe of theirs counts");
  }

  @Test
  void aFaultOfOneClassNamesTheClass() {
    Mesh mesh = new Mesh(6);
    mesh.nodes.forEach(a ->
        mesh.nodes.stream()
            .filter(b -> !a.equals(b))
            .forEach(
                b -> mesh.is(a, b, "voice", a.equals("node-1") ? Kept.HALF_LOST : Kept.WELL, 3)));

    MeshReport report = mesh.report();

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(report.message())
        .isEqualTo(
            "5 of 30 pairs are bad: node node-1 egress, all 5 of its tested links, 50% loss, only"
                + " in class voice");
    assertThat(report.worstPairs())
        .allSatisfy(pair -> assertThat(pair.port()).isEqualTo("voice"))
        .allSatisfy(pair -> assertThat(pair.family()).isEqualTo("IPv4"));
  }

  @Test
  void aPairThatIsBadInTwoClassesIsOneBadPair() {
    MeshReport report =
        new Mesh(6)
            .is("node-1", "node-2", Kept.HALF_LOST)
            .is("node-1", "node-2", "voice", Kept.HALF_LOST, 3)
            .report();

    assertThat(report.totals().badPairs()).isEqualTo(1);
    assertThat(report.message()).startsWith("1 of 30 pairs is bad: pair node-1>node-2, 50% loss");
    assertThat(report.worstPairs()).hasSize(2);
    assertThat(
            report.worstPairs().stream()
                .map(MeshReport.PairReport::port)
                .collect(Collectors.toSet()))
        .containsExactlyInAnyOrder("default", "voice");
  }
}
