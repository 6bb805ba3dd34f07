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
    ages.heard("pods");
    ages.heard("nodes");
    now.set(Duration.ofSeconds(10).toNanos());
    ages.heard("pods");

    assertThat(ages.oldest()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void openingAgainIsNoSignOfLife() {
    ages.opening("pods");
    now.set(Duration.ofSeconds(10).toNanos());
    ages.opening("pods");

    assertThat(ages.oldest()).isEqualTo(Duration.ofSeconds(10));
    ages.heard("pods");
    assertThat(ages.oldest()).isZero();
  }

  @Test
  void withoutWatchesNothingIsOld() {
    ages.heard("pods");
    now.set(1);
    ages.clear();

    assertThat(ages.oldest()).isZero();
  }
}
