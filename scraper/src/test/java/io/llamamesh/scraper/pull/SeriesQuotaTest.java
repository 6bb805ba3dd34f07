package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.testing.Points;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SeriesQuotaTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");

  private final SeriesQuota quota = new SeriesQuota();

  private static List<Point> pairs(int from, int to) {
    List<Point> points = new ArrayList<>();
    for (int i = from; i < to; i++) {
      points.add(Points.pair("n1", "x-" + i, START, 10, 1, 1));
    }
    return points;
  }

  @Test
  void whatASoundAgentHasIsTakenForEver() {
    List<Point> window = new ArrayList<>(pairs(0, 1_000));
    for (int i = 0; i < 1_000; i++) {
      for (int port = 0; port < 8; port++) {
        window.add(Points.path("n1", "x-" + i, START, 25_000 + port, 10, 1));
      }
      window.add(Points.reflected("x-" + i, "n1", START, 10));
    }

    for (int minute = 0; minute < 300; minute++) {
      assertThat(quota.admitted(window, START.plusSeconds(60L * minute))).isSameAs(window);
    }
  }

  @Test
  void pairsThatAreMadeUpWithoutEndAreLeftOutAndThoseOfBeforeAreNot() {
    List<Point> own = pairs(0, 64);
    assertThat(quota.admitted(own, START)).hasSize(64);
    int taken = 0;

    for (int page = 1; page <= 40; page++) {
      taken +=
          quota
              .admitted(pairs(10_000 * page, 10_000 * page + 10_000), START.plusSeconds(page))
              .size();
      assertThat(quota.admitted(own, START.plusSeconds(page))).hasSize(64);
    }

    // Of 400,000 numbers of 32 bits a few are the same as one that is known.
    assertThat(taken).isBetween(SeriesQuota.MAX_PAIRS - 64, SeriesQuota.MAX_PAIRS + 100);
  }

  /** By the hashes of Java's strings all of these were one series, and none was ever too many. */
  @Test
  void tagsThatWereMadeToCollideAreDifferentSeries() {
    int taken = 0;
    for (int page = 0; page < 4; page++) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < 1 << 15; i++) {
        points.add(
            Points.with(
                Points.pair("n1", Points.sameHash(i), START, 10, 1, 1),
                "group",
                Points.sameHash(page)));
      }
      taken += quota.admitted(points, START).size();
    }

    assertThat(taken).isBetween(SeriesQuota.MAX_PAIRS, SeriesQuota.MAX_PAIRS + 100);
  }

  @Test
  void afterAnHourOrTwoOthersMayCome() {
    var _ = quota.admitted(pairs(0, 50_000), START);
    List<Point> next = pairs(60_000, 61_000);
    assertThat(quota.admitted(next, START.plusSeconds(60)).size()).isLessThan(100);

    assertThat(quota.admitted(next, START.plusSeconds(3_700))).hasSize(1_000);
  }

  @Test
  void whatIsLeftOutIsCountedOnceHoweverOftenItIsRead() {
    PullCounters counters = new PullCounters();
    PageAdmission admission = new PageAdmission(counters, () -> START, PointRights.ALL);
    Page page = new Page(pairs(0, SeriesQuota.MAX_PAIRS + 10_000), null, false, null, 0);

    Page admitted = admission.admit(page);
    long excess = counters.excess();

    assertThat(excess).isBetween(9_900L, 10_000L);
    assertThat(admission.admitUncounted(page).points()).isEqualTo(admitted.points());
    assertThat(counters.excess()).isEqualTo(excess);
  }

  @Test
  void sourcePortsTakeNoPlaceOfPairs() {
    List<Point> ports = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      ports.add(Points.path("n1", "x", START, i, 10, 1));
    }
    assertThat(quota.admitted(ports, START).size())
        .isBetween(SeriesQuota.MAX_PATHS, SeriesQuota.MAX_PATHS + 200);

    assertThat(quota.admitted(pairs(0, 1_000), START)).hasSize(1_000);
  }
}
