package io.llamamesh.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class WatchAgesTest {
  private final AtomicLong now = new AtomicLong();
  private final WatchAges ages = new WatchAges(now::get);

  @Test
  void theOldestIsTheMostSilent() {
    ages.recordActivity("pods");
    ages.recordActivity("nodes");
    now.set(Duration.ofSeconds(10).toNanos());
    ages.recordActivity("pods");

    assertThat(ages.oldest()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void openingAgainIsNoSignOfLife() {
    ages.recordOpening("pods");
    now.set(Duration.ofSeconds(10).toNanos());
    ages.recordOpening("pods");

    assertThat(ages.oldest()).isEqualTo(Duration.ofSeconds(10));
    ages.recordActivity("pods");
    assertThat(ages.oldest()).isZero();
  }

  @Test
  void withoutWatchesNothingIsOld() {
    ages.recordActivity("pods");
    now.set(1);
    ages.clear();

    assertThat(ages.oldest()).isZero();
  }
}
