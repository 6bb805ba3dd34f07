package io.llamamesh.scraper.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DirectionsTest {
  private static final int SENT = 480;
  private static final long SLOP = Directions.slop(SENT, 30, 0);

  @Test
  void whereTheReflectorCountedNothingAllWasLostOnTheWayThere() {
    assertThat(Directions.infer(lost(SENT), 0, 0, SLOP)).isEqualTo(new Directions(SENT - SLOP, 0));
  }

  @Test
  void whereTheReflectorCountedAllOfThemTheyWereLostOnTheWayBack() {
    assertThat(Directions.infer(lost(SENT), SENT, 0, SLOP))
        .isEqualTo(new Directions(0, SENT - SLOP));
  }

  @Test
  void inBetweenWhatWasNotReflectedWasLostThere() {
    assertThat(Directions.infer(lost(SENT), 180, 0, SLOP))
        .isEqualTo(new Directions(300 - SLOP, 180 - SLOP));
  }

  @Test
  void aFewProbesAtTheEdgesProveNothing() {
    for (long lost = 1; lost <= SLOP; lost++) {
      for (long reflected = SENT - SLOP; reflected <= SENT + SLOP; reflected++) {
        Directions told = Directions.infer(lost(lost), reflected, 0, SLOP);
        assertThat(told.forward() + told.back()).as("%d, %d", lost, reflected).isZero();
      }
    }
  }

  @Test
  void probesOfSomebodyUnknownMayBeOurs() {
    assertThat(Directions.infer(lost(SENT), 0, SENT, SLOP)).isEqualTo(new Directions(0, 0));
    assertThat(Directions.infer(lost(SENT), 0, 80, SLOP))
        .isEqualTo(new Directions(SENT - 80 - SLOP, 0));
  }

  @Test
  void moreThanWasSentIsNoViewOfTheSameProbes() {
    assertThat(Directions.infer(lost(SENT), SENT + SLOP + 1, 0, SLOP))
        .isEqualTo(new Directions(0, 0));
  }

  @Test
  void whatTheProberKnowsByItselfStays() {
    Cell sum = new Cell(30, SENT, SENT - 100, 100, 0, 30, 20, 1, 1, 0);

    assertThat(Directions.infer(sum, SENT - 80, 0, SLOP)).isEqualTo(new Directions(80 - SLOP, 20));
    assertThat(Directions.infer(sum, 0, 0, SLOP)).isEqualTo(new Directions(30, 20));
  }

  @Test
  void clocksThatAreApartMakeTheEdgesWider() {
    assertThat(Directions.slop(160, 10, 0)).isLessThan(Directions.slop(160, 10, 500));
    assertThat(Directions.slop(160, 10, -500)).isEqualTo(Directions.slop(160, 10, 500));
    assertThat(Directions.slop(160, 10, 10_000)).isGreaterThanOrEqualTo(2 * 160);
  }

  /** Probe by probe, with windows that are apart and losses that begin and end in them. */
  @ParameterizedTest
  @ValueSource(ints = {0, 20, 400})
  void noDirectionExceedsWhatWasLost(int apartMillis) {
    SplittableRandom random = new SplittableRandom(17L + apartMillis);
    int told = 0;
    for (int i = 0; i < 3_000; i++) {
      Run run = new Run(random, apartMillis);
      Directions directions =
          Directions.infer(run.sum(), run.reflected, 0, Directions.slop(run.sent, 10, apartMillis));

      assertThat(directions.forward()).as("run %d", i).isBetween(0L, run.there);
      assertThat(directions.back()).as("run %d", i).isBetween(0L, run.back);
      told += directions.forward() + directions.back() > 0 ? 1 : 0;
    }
    assertThat(told).isGreaterThan(1_500);
  }

  /** A window of ten seconds at the prober, and what the reflector counts in its own. */
  private static final class Run {
    private static final int MILLIS = 10_000;

    private long sent;
    private long received;
    private long there;
    private long back;
    private long late;
    private long reflected;

    Run(SplittableRandom random, int apartMillis) {
      int every = random.nextInt(20, 200);
      int flight = random.nextInt(80);
      int shift = random.nextInt(-apartMillis, apartMillis + 1);
      int from = random.nextInt(-MILLIS, MILLIS);
      int to = from + random.nextInt(3 * MILLIS);
      double lostThere = random.nextInt(3) / 2.0;
      double lostBack = random.nextInt(3) / 2.0;
      for (int at = -MILLIS; at < 2 * MILLIS; at += every) {
        boolean ours = at >= 0 && at < MILLIS;
        int arrives = at + flight + shift;
        boolean faulty = at >= from && at < to;
        boolean isLostThere = faulty && random.nextDouble() < lostThere;
        boolean isLostBack = !isLostThere && faulty && random.nextDouble() < lostBack;
        boolean isLate = !isLostThere && !isLostBack && random.nextInt(50) == 0;
        reflected += !isLostThere && arrives >= 0 && arrives < MILLIS ? 1 : 0;
        if (ours) {
          sent++;
          there += isLostThere ? 1 : 0;
          back += isLostBack ? 1 : 0;
          late += isLate ? 1 : 0;
        }
      }
      received = sent - there - back - late;
    }

    Cell sum() {
      return new Cell(10, sent, received, there + back, 0, 0, 0, 1, 1, 0);
    }
  }

  private static Cell lost(long lost) {
    return new Cell(30, SENT, SENT - lost, lost, 0, 0, 0, Double.NaN, Double.NaN, Double.NaN);
  }
}
