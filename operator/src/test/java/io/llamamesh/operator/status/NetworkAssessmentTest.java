package io.llamamesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.FabricReport.Direction;
import io.llamamesh.results.FabricReport.Kind;
import io.llamamesh.results.FabricReport.Partition;
import io.llamamesh.results.FabricReport.Unreachable;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.Cause;
import io.llamamesh.results.MeshReport.Silent;
import io.llamamesh.results.MeshReport.Store;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NetworkAssessmentTest {
  private static final Instant START = Instant.parse("2026-11-30T12:00:00Z");
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Set<String> NODES = Set.of("n1", "n2", "n3", "n4", "n5", "n6");

  private static final FabricPorts PORTS = new FabricPorts(8100, 8101);

  private final NetworkAssessment assessment = new NetworkAssessment();

  @BeforeEach
  void configure() {
    assessment.configure(INTERVAL, NODES, PORTS);
  }

  @Test
  void aNodeThatTheFabricNamesIsUnreachableWhileWindowsAreStillWell() {
    MeshReport report = assess(5, Verdict.HEALTHY, gone(4, "n3"));

    assertThat(report.verdict()).isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(report.message())
        .isEqualTo(
            "n3 is heard by no other agent since 2026-11-30T12:00:04Z: down, or cut off from all");
  }

  @Test
  void aPartitionIsNamedWithItsSidesAndItsWay() {
    assertThat(assess(5, Verdict.HEALTHY, split(4, Direction.BOTH)).message())
        .isEqualTo("{n1, n2} <-x-> {n5, n6} via {n3, n4} since 2026-11-30T12:00:04Z");
    assertThat(assess(6, Verdict.HEALTHY, split(4, Direction.A_TO_B)).message())
        .startsWith("{n1, n2} -x-> {n5, n6}");
    assertThat(assess(7, Verdict.HEALTHY, split(4, Direction.B_TO_A)).verdict())
        .isEqualTo(Verdict.PARTITIONED);
  }

  @Test
  void aCutOfUdpAloneIsNoPartitionAndSaysWhatToLetThrough() {
    Partition cut =
        new Partition(List.of("n1", "n2"), List.of("n6"), List.of(), Direction.A_TO_B, at(4), true);
    MeshReport report =
        assess(5, Verdict.HEALTHY, new FabricReport(3, at(4), List.of(), List.of(cut)));

    assertThat(report.verdict()).isEqualTo(Verdict.PROBES_BLOCKED);
    assertThat(report.message())
        .isEqualTo(
            "{n1, n2} -x-> {n6} since 2026-11-30T12:00:04Z, UDP only, TCP passes: let UDP to ports"
                + " 8100 and 8101 and its answers pass to {n6}");
    FabricReport both =
        new FabricReport(
            3, at(6), List.of(), List.of(cut, split(6, Direction.BOTH).partitions().getFirst()));
    assertThat(assess(7, Verdict.HEALTHY, both).verdict()).isEqualTo(Verdict.PARTITIONED);
  }

  @Test
  void aBlockedPortOfTheFabricIsTheAgentsMatterAndNotTheNetworks() {
    FabricReport blocked =
        new FabricReport(
            3, at(4), List.of(), List.of(), List.of(new FabricReport.Blocked("n3", at(4))));

    assertThat(condition(5, blocked, "AgentsReady").getStatus())
        .as("an agent that starts has no link for a moment")
        .isEqualTo("True");
    Condition agents = condition(15, blocked, "AgentsReady");
    assertThat(agents.getStatus()).isEqualTo("False");
    assertThat(agents.getReason()).isEqualTo("FabricBlocked");
    assertThat(agents.getMessage())
        .isEqualTo(
            "n3 answers probes and has no link of the fabric: TCP port 8101 passes neither to it nor"
                + " from it to other nodes. Open it in firewalls between the nodes, in one direction"
                + " at least, or free it where the agent's log says that it is taken");
    assertThat(condition(16, blocked, "NetworkHealthy").getStatus()).isEqualTo("True");
    assertThat(condition(20, clear(), "AgentsReady").getReason())
        .as("it may have its links by turns")
        .isEqualTo("FabricBlocked");
    assertThat(condition(46, clear(), "AgentsReady").getStatus()).isEqualTo("True");
    assessment.configure(INTERVAL, Set.of("n1", "n2"), PORTS);
    condition(50, blocked, "AgentsReady");
    assertThat(condition(70, blocked, "AgentsReady").getStatus())
        .as("a node that leaves, or is no member")
        .isEqualTo("True");
  }

  private Condition condition(int second, FabricReport fabric, String type) {
    NetworkView view =
        assessment.assess(
            new NetworkView.Known(report(at(second), Verdict.HEALTHY).withFabric(fabric)),
            at(second));
    return MeshConditions.of(MeshStates.of(List.of(), view), List.of()).stream()
        .filter(each -> each.type().equals(type))
        .map(each ->
            new ConditionBuilder()
                .withStatus(each.status().text())
                .withReason(each.reason())
                .withMessage(each.message())
                .build())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void ofThousandsOfNodesTheMessageNamesAFew() {
    List<String> many = IntStream.range(0, 5_000).mapToObj(i -> "node-" + i).toList();
    assessment.configure(INTERVAL, Set.copyOf(many), PORTS);
    List<Unreachable> all = many.stream().map(n -> new Unreachable(n, START, Kind.NODE)).toList();
    List<Partition> splits =
        IntStream.range(0, 20)
            .mapToObj(i ->
                new Partition(
                    many.subList(i, 2_000),
                    many.subList(2_000, 4_000),
                    many.subList(4_000, 4_016),
                    Direction.BOTH,
                    START))
            .toList();

    MeshReport report = assess(5, Verdict.HEALTHY, new FabricReport(3, START, all, splits));

    assertThat(report.message())
        .hasSizeLessThan(1024)
        .contains("and 1995 more", "and 17 more partitions", "and 4995 more are heard by no");
  }

  @Test
  void aNodeOfWhichOnlyTheAgentIsDownIsNotUnreachable() {
    FabricReport agent =
        new FabricReport(3, at(4), List.of(new Unreachable("n3", at(4), Kind.AGENT)), List.of());

    assertThat(assess(5, Verdict.HEALTHY, agent).verdict()).isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void whoLeavesOrIsNoMemberIsNotNamed() {
    assessment.configure(INTERVAL, Set.of("n1", "n2", "n4", "n5"), PORTS);

    assertThat(assess(5, Verdict.HEALTHY, gone(4, "n3")).verdict()).isEqualTo(Verdict.HEALTHY);
    assertThat(assess(6, Verdict.HEALTHY, split(4, Direction.BOTH)).message())
        .startsWith("{n1, n2} <-x-> {n5} via {n4} since");
    assessment.configure(INTERVAL, Set.of("n1", "n2"), PORTS);
    assertThat(assess(7, Verdict.HEALTHY, split(4, Direction.BOTH)).verdict())
        .isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void afterTheFaultItsWordIsHeldUntilTheWindowsOfItHaveBeenJudged() {
    assertThat(assess(5, Verdict.HEALTHY, gone(4, "n3")).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);

    MeshReport held = assess(8, Verdict.HEALTHY, clear());
    assertThat(held.verdict()).isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(held.message()).contains("No longer so");
    assertThat(assess(27, Verdict.NODE_LOSS, clear()).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(assess(28, Verdict.NODE_LOSS, clear()).verdict()).isEqualTo(Verdict.NODE_LOSS);
    assertThat(assess(40, Verdict.HEALTHY, clear()).verdict()).isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void whoReturnsIsNoPartitionForTheMomentInWhichItFindsItsLinks() {
    assess(5, Verdict.HEALTHY, gone(4, "n3"));
    FabricReport returning =
        new FabricReport(
            3,
            at(20),
            List.of(),
            List.of(
                new Partition(
                    List.of("n1", "n2"), List.of("n3"), List.of(), Direction.BOTH, at(20))));

    assertThat(assess(20, Verdict.HEALTHY, returning).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(assess(22, Verdict.HEALTHY, returning).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(assess(23, Verdict.HEALTHY, returning).verdict())
        .as("it lasts")
        .isEqualTo(Verdict.PARTITIONED);
    assertThat(assess(24, Verdict.HEALTHY, split(24, Direction.BOTH)).verdict())
        .isEqualTo(Verdict.PARTITIONED);
  }

  @Test
  void anotherPartitionIsNamedAtOnceWhoeverIsUnreachable() {
    assess(5, Verdict.HEALTHY, gone(4, "n3"));

    assertThat(assess(6, Verdict.HEALTHY, split(6, Direction.BOTH)).verdict())
        .isEqualTo(Verdict.PARTITIONED);
  }

  @Test
  void whereNoAgentIsWatchedItsLastWordIsHeldAsLongAsWindowsNeed() {
    assess(5, Verdict.HEALTHY, gone(4, "n3"));

    FabricReport unwatched =
        new FabricReport(0, at(4), List.of(new Unreachable("n4", at(4), Kind.NODE)), List.of());
    assertThat(assess(6, Verdict.HEALTHY, unwatched).message()).startsWith("n3 is heard");
    assertThat(assess(45, Verdict.HEALTHY, null).verdict()).isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(assess(46, Verdict.HEALTHY, null).verdict()).isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void whatEndedWhileNobodyWasHeardIsNotSaidAgain() {
    assertThat(assess(5, Verdict.HEALTHY, gone(4, "n3")).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);
    NetworkView nobody = new NetworkView.Unknown("NoScraper", "no scraper answers");
    assertThat(assessment.assess(nobody, at(10))).isEqualTo(nobody);
    assertThat(assessment.assess(nobody, at(3_600))).isEqualTo(nobody);

    assertThat(assess(3_601, Verdict.HEALTHY, clear()).verdict()).isEqualTo(Verdict.HEALTHY);
  }

  @Test
  void windowsThatBeganAfterwardsAndAreWellRefuteIt() {
    assertThat(assess(5, Verdict.HEALTHY, gone(4, "n3")).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(assess(44, Verdict.HEALTHY, gone(4, "n3")).verdict())
        .isEqualTo(Verdict.NODE_UNREACHABLE);
    assertThat(assess(45, Verdict.HEALTHY, gone(4, "n3")).verdict()).isEqualTo(Verdict.HEALTHY);
    // Also when it says so from another time on.
    assertThat(assess(46, Verdict.HEALTHY, gone(46, "n3")).verdict()).isEqualTo(Verdict.HEALTHY);
    // Another node is another matter, and so is the same one after it was well.
    assertThat(assess(50, Verdict.HEALTHY, gone(49, "n3", "n4")).message()).startsWith("n4 is");
    assess(51, Verdict.HEALTHY, clear());
    assertThat(assess(52, Verdict.HEALTHY, gone(52, "n3")).message()).startsWith("n3 is");
  }

  @Test
  void whereItsHostRefusesProbesOnlyItsAgentIsDown() {
    MeshReport refused =
        new MeshReport(
            "m",
            at(14),
            Verdict.TARGETS_SILENT,
            "n3 refuses all 5 sources",
            new Totals(6, 6, 30, 0, 0.0, 0.1, 0.4),
            List.of(),
            List.of(),
            List.of(new Silent("n3", Cause.REFUSED, 5, 5)),
            new Store(Store.State.NOT_CONFIGURED, null, null, 0));
    assess(5, Verdict.HEALTHY, gone(4, "n3"));

    NetworkView view =
        assessment.assess(new NetworkView.Known(refused.withFabric(gone(4, "n3"))), at(14));

    assertThat(((NetworkView.Known) view).report().verdict()).isEqualTo(Verdict.TARGETS_SILENT);
  }

  @Test
  void aScraperThatDoesNotAnswerIsSaidAsEver() {
    NetworkView.Unknown unknown = new NetworkView.Unknown("ScraperUnreachable", "no answer");

    assertThat(assessment.assess(unknown, at(1))).isEqualTo(unknown);
  }

  /** Lags, lengths, changes of scrapers as they come; what is true shows once and ends once. */
  @ParameterizedTest
  @ValueSource(ints = {2, 10, 30})
  void howeverTheTwoSourcesInterleaveTheVerdictChangesOnceAndBackOnce(int interval) {
    for (long seed = 1; seed <= 400; seed++) {
      Run run = new Run(Duration.ofSeconds(interval), seed);
      List<Verdict> verdicts = run.play();
      List<Verdict> changes = changes(verdicts);
      String what = "seed " + seed + ": " + changes;
      if (run.isSeenByFabric()) {
        assertThat(changes).as(what).hasSizeBetween(3, 4);
        assertThat(changes.get(1)).as(what).isEqualTo(Verdict.NODE_UNREACHABLE);
        assertThat(run.noticedAfter()).as(what).isLessThan(4_000);
        // None comes back after another one took its place, but that all is well at the end.
        assertThat(changes.subList(0, changes.size() - 1)).as(what).doesNotHaveDuplicates();
      }
      assertThat(changes.getFirst()).as(what).isEqualTo(Verdict.HEALTHY);
      assertThat(changes.getLast()).as(what).isEqualTo(Verdict.HEALTHY);
      if (changes.size() > 1) {
        assertThat(changes.subList(1, changes.size() - 1)).as(what).doesNotContain(Verdict.HEALTHY);
      }
    }
  }

  private static List<Verdict> changes(List<Verdict> verdicts) {
    List<Verdict> changes = new ArrayList<>();
    for (Verdict verdict : verdicts) {
      if (changes.isEmpty() || changes.getLast() != verdict) {
        changes.add(verdict);
      }
    }
    return changes;
  }

  /** One fault of n3, and what fabric, windows and scrapers make of it. Times in milliseconds. */
  private static final class Run {
    private static final int STEP = 100;

    private final RandomGenerator random;
    private final int interval;
    private final int from;
    private final int to;
    private final int foundAfter;
    private final int clearAfter;
    private final int lag;
    private final int unwatchedFrom;
    private final int unwatchedTo;
    private final NetworkAssessment assessment = new NetworkAssessment();
    private int noticed = -1;

    Run(Duration interval, long seed) {
      random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
      this.interval = Math.toIntExact(interval.toMillis());
      from = random.nextInt(60_000, 90_000);
      to = from + random.nextInt(300, random.nextBoolean() ? 8_000 : 150_000);
      foundAfter = random.nextInt(800, 1_700);
      clearAfter = random.nextInt(200, 3_000);
      // Agents close a window two or three seconds after it; scrapers fetch and analyse it.
      lag = random.nextInt(3_000, 8_000);
      unwatchedFrom = random.nextInt(50_000, 200_000);
      unwatchedTo = unwatchedFrom + random.nextInt(0, 8_000);
      assessment.configure(interval, NODES, PORTS);
    }

    boolean isSeenByFabric() {
      boolean unwatched = unwatchedFrom < from + 4_000 && unwatchedTo > from;
      return to - from > foundAfter + 2_500 && !unwatched;
    }

    int noticedAfter() {
      return noticed - from;
    }

    List<Verdict> play() {
      List<Verdict> verdicts = new ArrayList<>();
      int next = 0;
      int made = 0;
      for (int now = 0; now < to + 6 * interval + 60_000; now += STEP) {
        if (now < next) {
          continue;
        }
        next = now + random.nextInt(STEP, 2_000);
        // A report takes its time, but is never older than one that came before.
        made = Math.max(made, now - random.nextInt(0, 400));
        MeshReport report = report(START.plusMillis(made), windows(made)).withFabric(fabric(made));
        NetworkView view = assessment.assess(new NetworkView.Known(report), START.plusMillis(now));
        Verdict verdict = ((NetworkView.Known) view).report().verdict();
        if (noticed < 0 && verdict != Verdict.HEALTHY) {
          noticed = now;
        }
        verdicts.add(verdict);
      }
      return verdicts;
    }

    private @Nullable FabricReport fabric(int made) {
      if (made >= unwatchedFrom && made < unwatchedTo) {
        return random.nextBoolean() ? null : FabricReport.clear(0, START);
      }
      boolean said = to - from > foundAfter && made >= from + foundAfter && made < to + clearAfter;
      return said
          ? new FabricReport(
              3,
              START,
              List.of(new Unreachable("n3", START.plusMillis(from + foundAfter), Kind.NODE)),
              List.of())
          : FabricReport.clear(3, START);
    }

    /** What three pooled windows show: all of them gone, some loss, or too little to tell. */
    private Verdict windows(int made) {
      int end = (made - lag) / interval * interval;
      int lost = Math.min(end, to) - Math.max(end - 3 * interval, from);
      if (lost >= 3 * interval) {
        return Verdict.NODE_UNREACHABLE;
      }
      return lost > 3 * interval / 50 ? Verdict.NODE_LOSS : Verdict.HEALTHY;
    }
  }

  private MeshReport assess(int second, Verdict windows, @Nullable FabricReport fabric) {
    NetworkView view =
        assessment.assess(
            new NetworkView.Known(report(at(second), windows).withFabric(fabric)), at(second));
    return ((NetworkView.Known) view).report();
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  private static FabricReport clear() {
    return FabricReport.clear(3, START);
  }

  private static FabricReport gone(int since, String... nodes) {
    return new FabricReport(
        3,
        at(since),
        List.of(nodes).stream().map(n -> new Unreachable(n, at(since), Kind.NODE)).toList(),
        List.of());
  }

  private static FabricReport split(int since, Direction direction) {
    return new FabricReport(
        3,
        at(since),
        List.of(),
        List.of(
            new Partition(
                List.of("n2", "n1"),
                List.of("n5", "n6"),
                List.of("n3", "n4"),
                direction,
                at(since))));
  }

  private static MeshReport report(Instant time, Verdict verdict) {
    return new MeshReport(
        "m",
        time,
        verdict,
        verdict == Verdict.HEALTHY ? "" : "windows' words",
        new Totals(6, 6, 30, 0, 0.0, 0.1, 0.4),
        List.of(),
        List.of(),
        new Store(Store.State.NOT_CONFIGURED, null, null, 0));
  }
}
