package io.llamamesh.scraper.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.util.DoubleComparator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MatrixTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final Matrix matrix = new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get);

  @Test
  void poolsTheLastWindowsOfAPair() {
    put("a", "b", 10, 100, 1, 1.0);
    put("a", "b", 20, 100, 0, 2.0);
    put("a", "b", 30, 100, 2, 3.0);
    put("a", "b", 40, 100, 0, 2.0);

    Cell pooled = matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled();

    assertThat(pooled.sent()).isEqualTo(300);
    assertThat(pooled.lost()).isEqualTo(2);
    assertThat(pooled.rttP99()).isEqualTo(6.0);
    assertThat(pooled.rttP50()).isCloseTo(2.33, within(0.02));
    assertThat(pooled.end()).isEqualTo(START.plusSeconds(40).getEpochSecond());
  }

  @Test
  void anAgentThatStampsAheadHidesNobodysWindows() {
    now.set(START.plusSeconds(34));
    for (int end : new int[] {10, 20, 30}) {
      matrix.put("n1", List.of(Points.pair("n1", "n2", START.plusSeconds(end), 100, 50, 1)));
    }
    for (int ahead = 0; ahead <= 60; ahead++) {
      matrix.put(
          "liar", List.of(Points.pair("liar", "n1", START.plusSeconds(34 + ahead), 100, 0, 1)));
    }

    assertThat(matrix.view(WindowSelection.last(3)).pairs())
        .filteredOn(pair -> pair.source().equals("n1"))
        .singleElement()
        .satisfies(pair -> assertThat(pair.pooled(3).sent()).isEqualTo(300));
  }

  @Test
  void whenOurClockIsSetBackTheNextWindowsAreJudgedAgain() {
    now.set(START.plusSeconds(3_000));
    matrix.put("n1", List.of(Points.pair("n1", "n2", START.plusSeconds(3_000), 100, 0, 1)));
    for (int end : new int[] {10, 20, 30}) {
      now.set(START.plusSeconds(end + 4));
      matrix.put("n1", List.of(Points.pair("n1", "n2", START.plusSeconds(end), 100, 50, 1)));
    }

    assertThat(matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled(3).lost())
        .isEqualTo(150);
  }

  @Test
  void anAgentOfManyPairsDoesNotDecideHowLongAWindowIs() {
    now.set(START.plusSeconds(34));
    for (String agent : List.of("n1", "n2", "n3")) {
      for (int end : new int[] {10, 20, 30}) {
        matrix.put(agent, List.of(Points.pair(agent, "n4", START.plusSeconds(end), 100, 1, 1)));
      }
    }
    for (int end = 25; end < 30; end++) {
      List<Point> many = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        many.add(Points.pair("liar", "x-" + i, START.plusSeconds(end), 100, 0, 1));
      }
      matrix.put("liar", many);
    }

    assertThat(matrix.intervalSeconds()).isEqualTo(10);
  }

  /** Without an order of keys each put of such a name looks through all of them: minutes. */
  @Test
  @Timeout(30)
  void namesThatAllHaveOneHashCostNoMoreThanOthers() {
    List<Point> points = new ArrayList<>();
    now.set(START.plusSeconds(30));
    for (int i = 0; i < 1 << 14; i++) {
      points.add(Points.pair("a", Points.sameHash(i), START.plusSeconds(10), 10, 1, 1));
    }
    Matrix wide =
        new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get, 1 << 20, 1L << 32);

    for (int round = 0; round < 4; round++) {
      wide.put("a", points);
    }

    assertThat(wide.size()).isEqualTo(1 << 14);
    assertThat(wide.pooled(WindowSelection.last(3)).pairs()).hasSize(1 << 14);
  }

  @Test
  void aWindowWhoseAnswersAllStalledIsDataWithoutAnRtt() {
    Instant end = START.plusSeconds(10);
    now.set(end);
    Map<String, Double> fields = new LinkedHashMap<>();
    for (String name : List.of(Fields.SENT, Fields.RECEIVED, Fields.STALLED)) {
      fields.put(name, 160.0);
    }
    fields.put(Fields.LOST, 0.0);
    matrix.put("a", List.of(new Point(Point.RAW_STATS, end, Points.tags("a", "b"), fields)));

    Cell pooled = matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled();
    assertThat(pooled.received()).isEqualTo(160);
    assertThat(pooled.lossPercent()).isZero();
    assertThat(pooled.rttP99()).isNaN();

    put("a", "b", 20, 100, 0, 2.0);
    Cell both = matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled();
    assertThat(both.received()).isEqualTo(260);
    assertThat(both.rttP50()).isCloseTo(2.0, within(0.01));
    assertThat(both.rttP99()).isCloseTo(4.0, within(0.01));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0",
    "100, 1, 1",
    "6.25, 16, 1",
    "0.78125, 128, 1",
    "33.33333333333333, 3, 1",
    "3, 100, 3"
  })
  void aPercentageWithoutCountsIsOfTheFewestProbesThatMakeIt(double loss, int sent, int lost) {
    Instant end = START.plusSeconds(10);
    now.set(end);
    Map<String, Double> fields = Map.of(Fields.LOSS, loss, Fields.RTT, 0.5);
    matrix.put("a", List.of(new Point(Point.RAW_STATS, end, Points.tags("a", "b"), fields)));

    Cell pooled = matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled();

    assertThat(pooled.sent()).isEqualTo(sent);
    assertThat(pooled.lost()).isEqualTo(lost);
    assertThat(pooled.received()).isEqualTo(sent - lost);
    assertThat(pooled.lossPercent()).isCloseTo(loss, within(1e-6));
    assertThat(Double.isNaN(pooled.rttP50())).isEqualTo(loss == 100);
  }

  @Test
  void whatWasDueAndNotSentIsKeptWhenWindowsBecomeMinutes() {
    Map<String, Double> fields = new LinkedHashMap<>();
    fields.put(Fields.DUE, 160.0);
    fields.put(Fields.SKIPPED, 30.0);
    fields.put(Fields.SEND_ERROR, 10.0);
    fields.put(Fields.SENT, 120.0);
    fields.put(Fields.RECEIVED, 120.0);
    fields.put(Fields.LOST, 0.0);
    fields.put(Fields.STALLED, 7.0);
    for (int window = 1; window <= 90; window++) {
      Instant end = START.plusSeconds(10L * window);
      now.set(end);
      matrix.put("a", List.of(new Point(Point.RAW_STATS, end, Points.tags("a", "b"), fields)));
    }

    List<Cell> cells = matrix.history("a", "b").getFirst().cells();
    assertThat(cells).hasSizeLessThan(90);
    assertThat(cells.stream().mapToLong(Cell::due).sum()).isEqualTo(90 * 160);
    assertThat(cells.stream().mapToLong(Cell::skipped).sum()).isEqualTo(90 * 30);
    assertThat(cells.stream().mapToLong(Cell::stalled).sum()).isEqualTo(90 * 7);
    assertThat(cells.stream().mapToLong(Cell::sendErrors).sum()).isEqualTo(90 * 10);

    Cell pooled = matrix.pooled(WindowSelection.last(3)).pairs().getFirst().last();
    assertThat(pooled.due()).isEqualTo(3 * 160);
    assertThat(pooled.skipped()).isEqualTo(3 * 30);
    assertThat(pooled.stalled()).isEqualTo(3 * 7);
  }

  @Test
  void readingAWindowTwiceChangesNothing() {
    put("a", "b", 10, 100, 1, 1.0);
    put("a", "b", 10, 100, 1, 1.0);

    assertThat(matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled().sent())
        .isEqualTo(100);
  }

  @Test
  void windowsThatComeOutOfOrderAreSorted() {
    put("a", "b", 30, 3, 0, 1.0);
    put("a", "b", 10, 1, 0, 1.0);
    put("a", "b", 20, 2, 0, 1.0);

    assertThat(matrix.view(WindowSelection.last(3)).pairs().getFirst().cells())
        .extracting(Cell::sent)
        .containsExactly(1L, 2L, 3L);
  }

  @Test
  void anHourThatComesAtOnceIsFoldedAsItComes() {
    now.set(START.plusSeconds(3_600));
    for (int second = 10; second <= 3_600; second += 10) {
      put("a", "b", second, 10, 0, 1.0);
    }

    assertThat(matrix.history("a", "b").getFirst().cells())
        .hasSize(50 + 60)
        .extracting(Cell::sent)
        .containsOnly(60L, 10L);
  }

  @Test
  void agentsCaughtUpWithOneAfterTheOtherAreCountedInEveryWindow() {
    now.set(START.plusSeconds(3_600));
    for (String source : List.of("a", "b", "c")) {
      for (int second = 310; second <= 3_600; second += 10) {
        put(source, "d", second, 10, 0, 1.0);
      }
      now.set(now.get().plusSeconds(61));
    }

    assertThat(matrix.windows().values()).extracting(WindowSum::series).containsOnly(3);
    assertThat(matrix.windows().values().stream().mapToLong(WindowSum::sent).sum())
        .isEqualTo(3 * 330 * 10);
  }

  @Test
  void anAgentThatMakesUpPairsTakesItsShareAndNoOthers() {
    Matrix bounded =
        new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get, 1_000_000, 8 << 20);
    now.set(START.plusSeconds(600));
    for (int page = 0; page < 5; page++) {
      Instant end = START.plusSeconds(10L * page + 10);
      List<Point> madeUp = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        madeUp.add(Points.pair("evil-" + page, "x-" + i, end, 10, 0, 1.0));
      }
      bounded.put("evil", "evil", madeUp, Duration.ZERO);
      for (int agent = 0; agent < 20; agent++) {
        List<Point> points = new ArrayList<>();
        for (int peer = 0; peer < 20; peer++) {
          points.add(Points.pair("n" + agent, "n" + peer, end, 10, 0, 1.0));
        }
        bounded.put("n" + agent, points);
      }
    }

    for (int agent = 0; agent < 20; agent++) {
      for (int peer = 0; peer < 20; peer++) {
        assertThat(bounded.history("n" + agent, "n" + peer).getFirst().cells()).hasSize(5);
      }
    }
    assertThat(bounded.size()).isBetween(500, 4_000);
    assertThat(bounded.historyBytes()).isLessThan((8 << 20) / 4);
    assertThat(bounded.ignored()).isGreaterThan(90_000);
  }

  @Test
  void anAgentThatPublishesEverySecondOfManyPairsIsBoundedToo() {
    Matrix bounded =
        new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get, 1_000_000, 8 << 20);
    now.set(START.plusSeconds(600));
    for (int second = 1; second <= 600; second++) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        points.add(Points.pair("evil", "x-" + i, START.plusSeconds(second), 10, 0, 1.0));
      }
      bounded.put("evil", points);
    }

    assertThat(bounded.historyBytes()).isLessThan((8 << 20) / 8 + (64 << 10));
  }

  @Test
  void whereMemoryIsShortHistoriesAreShorterAndTheNewestWindowsAreThere() {
    Matrix bounded =
        new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get, 1_000_000, 1_500_000);
    for (int window = 1; window <= 360; window++) {
      Instant end = START.plusSeconds(10L * window);
      now.set(end.plusSeconds(5));
      for (int agent = 0; agent < 40; agent++) {
        List<Point> points = new ArrayList<>();
        for (int peer = 0; peer < 20; peer++) {
          points.add(Points.pair("n" + agent, "n" + peer, end, 10, 0, 1.0));
        }
        bounded.put("n" + agent, points);
      }
    }

    assertThat(bounded.retainedSeconds()).isLessThan(3_600);
    assertThat(bounded.historyBytes()).isLessThanOrEqualTo(1_500_000);
    assertThat(bounded.view(WindowSelection.last(3)).pairs())
        .hasSize(800)
        .allSatisfy(pair -> assertThat(pair.cells()).hasSize(3));
    assertThat(bounded.ignored()).isZero();
  }

  @Test
  void namesThatAnAgentMakesUpForReflectorsAreFew() {
    ReflectorJoin join = new ReflectorJoin();

    for (int page = 0; page < 10; page++) {
      join.begin("evil", 0);
      for (int i = 0; i < 10_000; i++) {
        join.addReflected("evil", Points.reflected("n1", "x-" + page + "-" + i, START, 10));
      }
      join.join(START.getEpochSecond());
    }

    assertThat(join.size()).isLessThanOrEqualTo(50);
  }

  @ParameterizedTest
  @CsvSource({"10000, 40", "1000, 40", "250, 4", "80, 4", "20, 1"})
  void theMoreSourcePortsLoseTheFewerWindowsOfThemAreHeld(long many, int windows) {
    Matrix bounded = new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get, many);
    now.set(START.plusSeconds(400));
    // 20 pairs of 4 ports: 80 of a window.
    for (int window = 1; window <= 40; window++) {
      for (int source = 0; source < 20; source++) {
        String name = "n" + source;
        Instant end = START.plusSeconds(10L * window);
        List<Point> points = new ArrayList<>();
        points.add(Points.pair(name, "d", end, 100, 10, 1.0));
        for (int port = 0; port < 4; port++) {
          points.add(Points.path(name, "d", end, 25_000 + port, 25, port == 0 ? 10 : 0));
        }
        bounded.put(name, points);
        matrix.put(name, points);
      }
    }

    long held = 0;
    for (int source = 0; source < 20; source++) {
      PairHistory few = bounded.history("n" + source, "d").getFirst();
      PairHistory all = matrix.history("n" + source, "d").getFirst();
      assertThat(few.cells()).isEqualTo(all.cells()).hasSize(40);
      assertThat(all.paths()).hasSize(40);
      assertThat(few.paths().size()).isLessThanOrEqualTo(windows);
      // Of a window all that is held is right.
      few.paths()
          .forEach((end, ports) -> assertThat(all.paths().get(end)).containsAllEntriesOf(ports));
      held += few.paths().values().stream().mapToLong(NavigableMap::size).sum();
    }
    assertThat(held).isBetween(Math.min(many, 240), Math.min(3_200, 3 * many + 80));
    assertThat(held + bounded.ignored()).isEqualTo(40 * 80);
    if (many >= 250) {
      WindowSelection judged = WindowSelection.last(3);
      assertThat(bounded.view(judged).pairs()).isEqualTo(matrix.view(judged).pairs());
    }
  }

  @Test
  void pairsThatLostOnceTakeNoRoomForSourcePortsOnceThatIsOld() {
    Matrix bounded = new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get, 400);
    for (int pair = 0; pair < 400; pair++) {
      Instant end = START.plusSeconds(10L * pair);
      now.set(end);
      put(bounded, "n" + pair, end);
    }

    for (int window = 400; window < 440; window++) {
      Instant end = START.plusSeconds(10L * window);
      now.set(end);
      put(bounded, "lossy", end);
    }

    assertThat(bounded.ignored()).isZero();
    assertThat(bounded.history("lossy", "d").getFirst().paths()).hasSize(40);
  }

  private static void put(Matrix matrix, String source, Instant end) {
    matrix.put(
        source,
        List.of(
            Points.pair(source, "d", end, 100, 1, 1.0),
            Points.path(source, "d", end, 25_000, 25, 1)));
  }

  @Test
  void poolingWhereTheCellsAreIsPoolingTheirCopies() {
    Random random = new Random(7);
    now.set(START.plusSeconds(3_600));
    for (int second = 10; second <= 3_600; second += 10) {
      for (String source : List.of("a", "b", "c")) {
        if (random.nextInt(10) > 0) {
          put(source, "d", second, 100, random.nextInt(3), random.nextInt(1, 50));
        }
      }
    }

    for (int windows : new int[] {1, 3, 60, 80, 1_000}) {
      List<PairSeries> copied = matrix.view(WindowSelection.last(windows)).pairs();
      List<PairSeries> pooled = matrix.pooled(WindowSelection.last(windows)).pairs();
      assertThat(pooled).hasSameSizeAs(copied);
      for (int i = 0; i < pooled.size(); i++) {
        Cell expected = copied.get(i).pooled();
        Cell cell = pooled.get(i).pooled();
        assertThat(pooled.get(i).windows()).isEqualTo(copied.get(i).windows());
        assertThat(cell)
            .usingRecursiveComparison()
            .withComparatorForType(new DoubleComparator(1e-6), Double.class)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void keepsMinutesBeyondTenMinutesAndForgetsBeyondTheRetention() {
    for (int second = 10; second <= 7_200; second += 10) {
      put("a", "b", second, 10, 0, 1.0);
    }

    List<Cell> cells = matrix.history("a", "b").getFirst().cells();

    assertThat(cells.stream().mapToLong(Cell::sent).filter(sent -> sent == 60).count())
        .isBetween(48L, 50L);
    assertThat(cells.stream().mapToLong(Cell::sent).filter(sent -> sent == 10).count())
        .isBetween(60L, 67L);
    assertThat(cells.getFirst().end())
        .isGreaterThanOrEqualTo(now.get().minusSeconds(3_660).getEpochSecond());
  }

  @Test
  void aWindowThatIsAlreadyPartOfAMinuteIsNotCountedAgain() {
    for (int second = 10; second <= 1_200; second += 10) {
      put("a", "b", second, 10, 0, 1.0);
    }
    long before = sum();

    put("a", "b", 60, 10, 0, 1.0);

    assertThat(sum()).isEqualTo(before);
    assertThat(matrix.ignored()).isEqualTo(1);
  }

  @Test
  void aWindowFromTheFutureDoesNotMakeTheOthersStale() {
    put("a", "b", 10, 100, 0, 1.0);
    matrix.put("c", List.of(Points.pair("c", "b", START.plusSeconds(86_400), 100, 0, 1.0)));

    assertThat(matrix.view(WindowSelection.last(3)).pairs())
        .extracting(PairSeries::source)
        .containsExactly("a");
    assertThat(matrix.ignored()).isEqualTo(1);
  }

  @Test
  void aPairOfTwoGroupsIsOnePair() {
    Point point = Points.pair("a", "b", START, 100, 1, 1.0);
    matrix.put("a", List.of(point, Points.with(point, Point.Tags.GROUP, "other")));

    List<PairSeries> pairs = matrix.view(WindowSelection.last(3)).pairs();

    assertThat(pairs).hasSize(1);
    assertThat(pairs.getFirst().pooled().sent()).isEqualTo(200);
    assertThat(pairs.getFirst().cells()).hasSize(1);
  }

  @Test
  void bothAddressFamiliesAreTwoSeries() {
    Point point = Points.pair("a", "b", START, 100, 1, 1.0);
    matrix.put("a", List.of(point, Points.with(point, Point.Tags.DST_IP, "fd00::2")));

    assertThat(matrix.view(WindowSelection.last(3)).pairs())
        .extracting(PairSeries::family)
        .containsExactly("IPv4", "IPv6");
  }

  @Test
  void aNodeHasTheAddressThatItsNewestWindowsName() {
    Point old =
        Points.with(Points.pair("a", "b", START, 100, 0, 1.0), Point.Tags.DST_IP, "10.0.0.2");
    Point moved =
        Points.with(
            Points.pair("a", "b", START.plusSeconds(10), 100, 0, 1.0),
            Point.Tags.DST_IP,
            "10.0.0.9");
    Point otherFamily = Points.with(moved, Point.Tags.DST_IP, "fd00::2");

    matrix.put("a", List.of(old));
    matrix.put("a", List.of(moved, otherFamily));
    assertThat(address("b")).isEqualTo("10.0.0.9");

    // Caught up with later.
    matrix.put("a", List.of(old));
    assertThat(address("b")).isEqualTo("10.0.0.9");
  }

  private String address(String node) {
    return matrix.view(WindowSelection.last(3)).nodes().get(node).address();
  }

  @Test
  void totalLossHasNoRtt() {
    put("a", "b", 10, 100, 100, 1.0);

    Cell pooled = matrix.view(WindowSelection.last(3)).pairs().getFirst().pooled();

    assertThat(pooled.lossPercent()).isEqualTo(100);
    assertThat(pooled.rttP50()).isNaN();
  }

  @Test
  void learnsTheIntervalFromTheWindows() {
    assertThat(matrix.intervalSeconds()).isEqualTo(10);
    put("a", "b", 2, 10, 0, 1.0);
    put("a", "b", 4, 10, 0, 1.0);

    assertThat(matrix.intervalSeconds()).isEqualTo(2);
  }

  @Test
  void showsTheMatrixAsItWasThen() {
    put("a", "b", 10, 100, 50, 1.0);
    for (int second = 20; second <= 100; second += 10) {
      put("a", "b", second, 100, 0, 1.0);
    }

    WindowSelection then = new WindowSelection(1, null, START.plusSeconds(10));

    assertThat(matrix.view(then).pairs().getFirst().pooled().lost()).isEqualTo(50);
  }

  @Test
  void sourcePortsArePooledOverTheSelectedWindows() {
    put("a", "b", 10, 100, 5, 1.0);
    put("a", "b", 20, 100, 5, 1.0);
    Instant first = START.plusSeconds(10);
    matrix.put(
        "a",
        List.of(
            Points.path("a", "b", first, 25_000, 50, 5),
            Points.path("a", "b", first, 25_001, 50, 0),
            Points.path("a", "b", START.plusSeconds(20), 25_000, 50, 5)));

    assertThat(matrix.view(WindowSelection.last(3)).pairs().getFirst().paths())
        .extracting(PathCell::sourcePort, PathCell::sent, PathCell::lost)
        .containsExactly(tuple(25_000, 100L, 10L), tuple(25_001, 50L, 0L));
  }

  private long sum() {
    return matrix.history("a", "b").getFirst().cells().stream().mapToLong(Cell::sent).sum();
  }

  private void put(
      String source, String destination, int second, long sent, long lost, double rtt) {
    Instant end = START.plusSeconds(second);
    if (end.isAfter(now.get())) {
      now.set(end);
    }
    matrix.put(source, List.of(Points.pair(source, destination, end, sent, lost, rtt)));
  }
}
