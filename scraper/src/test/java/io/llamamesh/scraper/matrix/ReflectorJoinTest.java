package io.llamamesh.scraper.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llamamesh.results.Point;
import io.llamamesh.results.Point.Fields;
import io.llamamesh.results.Point.Tags;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Points of two agents come in; which way a>b lost its probes is in its cells. */
final class ReflectorJoinTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");
  private static final int SENT = 160;

  /** The edges of one window of ten seconds with 16 probes a second. */
  private static final long SLOP = Directions.slop(SENT, 10, 0);

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final Matrix matrix = new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), now::get);

  @Test
  void whatTheOtherSideNeverCountedWasLostOnTheWayThere() {
    for (int second = 10; second <= 50; second += 10) {
      a(second, second > 20 ? SENT : 0);
      b(second, second > 20 ? 0 : SENT);
    }

    assertThat(directions()).containsExactly(none(), none(), there(), there(), there());
    assertThat(pooled().forwardLost()).isGreaterThan(3 * SENT - 2 * SLOP);
  }

  @Test
  void whatTheOtherSideSentBackWasLostOnTheWayBack() {
    for (int second = 10; second <= 50; second += 10) {
      b(second, SENT);
      a(second, second > 20 ? SENT : 0);
    }

    assertThat(directions()).containsExactly(none(), none(), back(), back(), back());
  }

  @Test
  void anIcmpTargetAtANodesAddressClaimsItNotAndIsMarked() {
    for (int second = 10; second <= 50; second += 10) {
      Point ping =
          Points.with(
              Points.with(
                  Points.pair("a", "ping-of-b", at(second), SENT, 0, 1), Tags.DST_IP, address("b")),
              Tags.METHOD,
              "icmp");
      put("a", List.of(ping, Points.pair("a", "b", at(second), SENT, second > 20 ? SENT : 0, 1)));
      b(second, second > 20 ? 0 : SENT);
    }

    assertThat(directions()).containsExactly(none(), none(), there(), there(), there());
    Map<String, MatrixView.NodeInfo> nodes = matrix.view(WindowSelection.last(3)).nodes();
    assertThat(nodes.get("ping-of-b")).extracting(MatrixView.NodeInfo::method).isEqualTo("icmp");
    assertThat(nodes.get("b")).extracting(MatrixView.NodeInfo::method).isEqualTo("");
  }

  @Test
  void inBetweenBothDirectionsAreFound() {
    for (int second = 10; second <= 30; second += 10) {
      a(second, SENT);
      b(second, 60);
    }

    assertThat(pair().get(1).forwardLost()).isEqualTo(100 - SLOP);
    assertThat(pair().get(1).returnLost()).isEqualTo(60 - SLOP);
  }

  @Test
  void aSilentAgentProvesNothing() {
    for (int second = 10; second <= 80; second += 10) {
      a(second, second > 30 ? SENT : 0);
      if (second <= 30) {
        b(second, SENT);
      }
    }

    assertThat(pooled().lost()).isEqualTo(3 * SENT);
    assertThat(directions()).containsOnly(none());
  }

  @Test
  void anAgentWithoutReflectorCountsProvesNothing() {
    for (int second = 10; second <= 40; second += 10) {
      a(second, SENT);
      put("b", List.of(Points.pair("b", "a", at(second), SENT, 0, 1)));
    }

    assertThat(directions()).containsOnly(none());
  }

  @Test
  void aMissingCountIsZeroOnceTheAgentPublishedReflectorCounts() {
    b(10, SENT);
    a(10, 0);
    for (int second = 20; second <= 40; second += 10) {
      a(second, SENT);
      put("b", List.of(Points.pair("b", "a", at(second), SENT, 0, 1)));
    }

    assertThat(directions()).containsExactly(none(), there(), there(), there());
  }

  @Test
  void anOutsideTargetProvesNothing() {
    for (int second = 10; second <= 40; second += 10) {
      put("a", List.of(Points.pair("a", "fra-edge", at(second), SENT, SENT, 1)));
      b(second, SENT);
    }

    assertThat(matrix.history("a", "fra-edge").getFirst().cells())
        .allSatisfy(cell -> assertThat(Directions.knownToProber(cell)).isEqualTo(none()));
  }

  @Test
  void ofTwoSourcesThatShareAnAddressNoDirectionIsFound() {
    for (int second = 10; second <= 40; second += 10) {
      put(
          "c",
          List.of(
              Points.with(
                  Points.pair("c", "b", at(second), SENT, 0, 1), Tags.SRC_IP, address("a"))));
      a(second, SENT);
      b(second, SENT);
    }

    assertThat(directions()).containsOnly(none());
  }

  @Test
  void ofTwoTargetsAtOneAddressNoDirectionIsFound() {
    for (int second = 10; second <= 40; second += 10) {
      put(
          "a",
          List.of(
              Points.pair("a", "b", at(second), SENT, SENT, 1),
              Points.with(
                  Points.pair("a", "b-outside", at(second), SENT, 0, 1),
                  Tags.DST_IP,
                  address("b"))));
      b(second, SENT);
    }

    assertThat(directions()).containsOnly(none());
  }

  @Test
  void whereSomebodyUnknownProbesAsMuchItMayBeTheSourceByAnotherAddress() {
    for (int second = 10; second <= 40; second += 10) {
      a(second, SENT);
      put(
          "b",
          List.of(
              Points.with(Points.reflected("a", "b", at(second), SENT), Tags.SRC_IP, "192.0.2.77"),
              Points.pair("b", "a", at(second), SENT, 0, 1)));
    }

    assertThat(directions()).containsOnly(none());
  }

  @Test
  void aNodeIsKnownByTheAddressAtWhichItIsProbedToo() {
    for (int second = 10; second <= 40; second += 10) {
      put(
          "a",
          List.of(
              Points.with(
                  Points.pair("a", "b", at(second), SENT, SENT, 1), Tags.SRC_IP, "127.0.1.1")));
      b(second, SENT);
    }

    assertThat(directions()).containsExactly(none(), back(), back(), back());
  }

  @Test
  void anAgentThatStartedInAWindowProvesNothingOfIt() {
    a(10, 0);
    a(20, 0);
    a(30, SENT);
    b(30, 0);
    a(40, SENT);
    b(40, 0);

    assertThat(directions()).containsExactly(none(), none(), none(), there());
  }

  @Test
  void anAgentThatStalledOrDiedInAWindowProvesNothingOfIt() {
    for (int second = 10; second <= 30; second += 10) {
      a(second, SENT);
      put(
          "b",
          List.of(
              Points.reflected("a", "b", at(second), 0),
              Points.pair("b", "a", at(second), second == 20 ? SENT / 2 : SENT, 0, 1)));
    }

    assertThat(directions()).containsExactly(none(), none(), there());
  }

  @Test
  void aWindowOfASteppedClockProvesNothing() {
    for (int second = 10; second <= 40; second += 10) {
      a(second, SENT);
      Instant end = at(second).plusMillis(second == 20 ? 1 : 0);
      put("b", List.of(Points.reflected("a", "b", end, 0), Points.pair("b", "a", end, SENT, 0, 1)));
    }

    assertThat(directions()).containsExactly(none(), none(), none(), there());
  }

  @Test
  void classesAreCountedTogetherAndNotTakenForOneAnother() {
    for (int second = 10; second <= 30; second += 10) {
      threeClasses(second);
      // One class came through, of the two others half.
      b(second, 2 * SENT);
    }

    for (PairHistory history : matrix.history("a", "b")) {
      assertThat(Directions.knownToProber(history.cells().getLast())).isEqualTo(none());
    }
  }

  @Test
  void theSumOfAllClassesGivesEachOfThem() {
    for (int second = 10; second <= 30; second += 10) {
      threeClasses(second);
      b(second, SENT);
    }

    for (PairHistory history : matrix.history("a", "b")) {
      Cell last = history.cells().getLast();
      assertThat(last.forwardLost()).isGreaterThanOrEqualTo(last.lost() - SLOP);
      assertThat(last.returnLost()).isZero();
    }
  }

  /** One class lost nothing, two all. */
  private void threeClasses(int second) {
    Point lossy = Points.pair("a", "b", at(second), SENT, SENT, 1);
    put(
        "a",
        List.of(
            lossy,
            Points.with(Points.pair("a", "b", at(second), SENT, 0, 1), Tags.PORT, "voice"),
            Points.with(lossy, Tags.PORT, "bulk")));
  }

  @Test
  void familiesAreCountedApart() {
    for (int second = 10; second <= 30; second += 10) {
      Point v6 =
          Points.with(
              Points.with(
                  Points.pair("a", "b", at(second), SENT, SENT, 1),
                  Tags.SRC_IP,
                  "fd00:0:0:0:0:0:0:a%eth0"),
              Tags.DST_IP,
              "fd00:0:0:0:0:0:0:b");
      put("a", List.of(Points.pair("a", "b", at(second), SENT, SENT, 1), v6));
      put(
          "b",
          List.of(
              Points.reflected("a", "b", at(second), 0),
              Points.with(
                  Points.reflected("a", "b", at(second), SENT), Tags.SRC_IP, "fd00:0:0:0:0:0:0:a"),
              Points.pair("b", "a", at(second), SENT, 0, 1)));
    }

    assertThat(matrix.history("a", "b"))
        .extracting(
            PairHistory::family, h -> Directions.knownToProber(h.cells().getLast()).forward() > 0)
        .containsExactly(tuple("IPv4", true), tuple("IPv6", false));
    assertThat(matrix.history("a", "b").getLast().cells().getLast().returnLost())
        .isGreaterThanOrEqualTo(SENT - SLOP);
  }

  @Test
  void threeWindowsProveWhatOneIsTooShortFor() {
    Matrix seconds = new Matrix(Duration.ofSeconds(1), Duration.ofHours(1), now::get);
    for (int second = 1; second <= 6; second++) {
      now.set(at(second));
      seconds.put("a", List.of(Points.pair("a", "b", at(second), 4, 4, 1)));
      seconds.put(
          "b",
          List.of(
              Points.reflected("a", "b", at(second), 0),
              Points.pair("b", "a", at(second), 4, 0, 1)));
      Cell last = seconds.view(WindowSelection.last(3)).pairs().getFirst().pooled();
      if (second == 2) {
        assertThat(last.forwardLost()).isZero();
      }
    }

    Cell last = seconds.view(WindowSelection.last(3)).pairs().getFirst().pooled();
    assertThat(last.forwardLost()).isBetween(12 - Directions.slop(12, 3, 0) - 3, 12L);
    assertThat(last.forwardLost()).isPositive();
  }

  @Test
  void clocksHalfAWindowApartProveLess() {
    for (int second = 10; second <= 40; second += 10) {
      a(second, SENT);
      matrix.put("b", ofB(second, 0), Duration.ofSeconds(5));
    }

    assertThat(pair())
        .allSatisfy(cell -> {
          assertThat(cell.forwardLost()).isLessThan(SENT - 5 * SLOP);
          assertThat(cell.returnLost()).isZero();
        });
    assertThat(pooled().forwardLost()).isPositive();
  }

  @Test
  void readingAWindowAgainForgetsNothing() {
    for (int second = 10; second <= 100; second += 10) {
      a(second, SENT);
      b(second, 0);
    }
    List<Directions> before = directions();

    for (int second = 10; second <= 100; second += 10) {
      a(second, SENT);
    }

    assertThat(directions()).isEqualTo(before);
  }

  /** Whatever agents say, the parts stay parts of what was lost, and what is known stays. */
  @Test
  void nothingThatAgentsSayMakesMoreOfTheLostThanThereAre() {
    SplittableRandom random = new SplittableRandom(5);
    for (int second = 10; second <= 3_000; second += 10) {
      now.set(at(second));
      for (String agent : random.nextBoolean() ? List.of("a", "b") : List.of("b", "a")) {
        if (random.nextInt(8) == 0) {
          continue;
        }
        int late = random.nextInt(10) == 0 ? second - 20 : second;
        matrix.put(agent, random(agent, agent.equals("a") ? "b" : "a", late, random));
      }
      for (PairSeries pair : matrix.view(WindowSelection.last(3)).pairs()) {
        for (Cell cell : pair.cells()) {
          assertThat(cell.forwardLost()).isNotNegative();
          assertThat(cell.returnLost()).isNotNegative();
          assertThat(cell.forwardLost() + cell.returnLost()).isLessThanOrEqualTo(cell.lost());
        }
      }
    }
  }

  private static List<Point> random(String us, String them, int second, SplittableRandom random) {
    List<Point> points = new ArrayList<>();
    points.add(Points.reflected(them, us, at(second), random.nextInt(2 * SENT)));
    for (String port : List.of("default", "voice")) {
      int lost = random.nextInt(4) == 0 ? SENT : random.nextInt(SENT + 1);
      Point pair = Points.with(Points.pair(us, them, at(second), SENT, lost, 1), Tags.PORT, port);
      Map<String, Double> fields = new LinkedHashMap<>(pair.fields());
      int there = random.nextInt(lost + 1);
      fields.put(Fields.FORWARD_LOST, Math.floor(there / 2.0));
      fields.put(Fields.RETURN_LOST, Math.floor((lost - there) / 2.0));
      points.add(new Point(pair.measurement(), pair.time(), pair.tags(), fields));
    }
    return points;
  }

  private void a(int second, int lost) {
    put("a", List.of(Points.pair("a", "b", at(second), SENT, lost, 1)));
  }

  private void b(int second, int reflected) {
    put("b", ofB(second, reflected));
  }

  private static List<Point> ofB(int second, int reflected) {
    List<Point> points = new ArrayList<>();
    if (reflected > 0) {
      points.add(Points.reflected("a", "b", at(second), reflected));
    }
    // Others probe it, too.
    points.add(
        Points.with(Points.reflected("c", "b", at(second), SENT), Tags.SRC_IP, address("b")));
    points.add(Points.pair("b", "a", at(second), SENT, 0, 1));
    return points;
  }

  private void put(String agent, List<Point> points) {
    Instant newest = points.getLast().time();
    now.set(now.get().isAfter(newest) ? now.get() : newest);
    matrix.put(agent, points);
  }

  private static String address(String node) {
    return String.valueOf(Points.tags(node, node).get(Tags.SRC_IP));
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  private List<Cell> pair() {
    return matrix.history("a", "b").getFirst().cells();
  }

  private Cell pooled() {
    return matrix.view(WindowSelection.last(3)).pairs().stream()
        .filter(pair -> pair.source().equals("a") && pair.destination().equals("b"))
        .findFirst()
        .orElseThrow()
        .pooled();
  }

  /** Per window: which way all but the edges went. */
  private List<Directions> directions() {
    return pair().stream()
        .map(cell -> new Directions(most(cell.forwardLost()), most(cell.returnLost())))
        .toList();
  }

  private static long most(long known) {
    return known >= SENT - SLOP ? 1 : known == 0 ? 0 : -1;
  }

  private static Directions none() {
    return new Directions(0, 0);
  }

  private static Directions there() {
    return new Directions(1, 0);
  }

  private static Directions back() {
    return new Directions(0, 1);
  }
}
