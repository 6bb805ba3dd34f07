package io.llamamesh.agent.burst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LossIntervalTest {

  /** Values as R's {@code prop.test(x, n, correct = FALSE)} prints them. */
  @ParameterizedTest
  @CsvSource({
    "20, 100, 20, 13.3367, 28.8829",
    "0, 100, 0, 0, 3.6994",
    "100, 100, 100, 96.3006, 100",
    "1, 2000, 0.05, 0.0088, 0.2828",
    "0, 1, 0, 0, 79.3451"
  })
  void theEndsAreThoseOfWilsonsScore(int lost, int counted, double seen, double low, double high) {
    LossInterval interval = LossInterval.of(lost, counted);

    assertThat(interval.percent()).isEqualTo(seen, within(1e-9));
    assertThat(interval.low()).isEqualTo(low, within(5e-4));
    assertThat(interval.high()).isEqualTo(high, within(5e-4));
  }

  @Test
  void withoutAProbeNothingIsKnown() {
    LossInterval interval = LossInterval.of(0, 0);

    assertThat(interval.percent()).isNaN();
    assertThat(interval.contains(0) && interval.contains(100)).isTrue();
  }

  @Test
  void theTrueLossIsInsideNineteenTimesOfTwenty() {
    SplittableRandom random = new SplittableRandom(20);
    for (double loss : new double[] {0.005, 0.01, 0.2, 0.5, 0.99}) {
      int inside = 0;
      for (int trial = 0; trial < 2_000; trial++) {
        int lost = 0;
        for (int probe = 0; probe < 1_000; probe++) {
          lost += random.nextDouble() < loss ? 1 : 0;
        }
        inside += LossInterval.of(lost, 1_000).contains(100 * loss) ? 1 : 0;
      }
      assertThat(inside / 2_000.0).as("loss %s", loss).isBetween(0.92, 0.99);
    }
  }
}
