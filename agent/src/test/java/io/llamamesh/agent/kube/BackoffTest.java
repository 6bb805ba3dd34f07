package io.llamamesh.agent.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private static final int AGENTS = 1000;
  private static final int OUTAGE_SECONDS = 60;

  private static Backoff standard(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    return new Backoff(
        ConfigMapWatch.Timing.STANDARD.firstPause(),
        ConfigMapWatch.Timing.STANDARD.longestPause(),
        random);
  }

  private record Attempt(long atMillis, Backoff of) {}

  @Test
  void anApiThatIsAwayForAMinuteMeetsNoStormBeforeOrAfter() {
    PriorityQueue<Attempt> due =
        new PriorityQueue<>((a, b) -> Long.compare(a.atMillis, b.atMillis));
    for (int i = 0; i < AGENTS; i++) {
      Backoff backoff = standard(i);
      due.add(new Attempt(backoff.afterFailure(), backoff)); // all lose their watch at time 0
    }

    int[] requests = new int[OUTAGE_SECONDS + 40];
    int back = 0;
    while (!due.isEmpty()) {
      Attempt next = due.remove();
      int second = (int) (next.atMillis / 1000);
      requests[second]++;
      if (second < OUTAGE_SECONDS) {
        due.add(new Attempt(next.atMillis + next.of.afterFailure(), next.of));
      } else {
        back++;
      }
    }

    assertThat(back).isEqualTo(AGENTS);
    assertThat(Arrays.stream(requests).max().orElseThrow()).isLessThan(AGENTS);
    assertThat(Arrays.stream(requests, 5, requests.length).max().orElseThrow())
        .isLessThan(AGENTS / 4);
    // The return, spread over the longest pause: nobody later, and no second with many.
    assertThat(Arrays.stream(requests, OUTAGE_SECONDS, requests.length).max().orElseThrow())
        .isLessThan(AGENTS / 6);
    assertThat(Arrays.stream(requests, OUTAGE_SECONDS + 21, requests.length).sum()).isZero();
    assertThat(Arrays.stream(requests, 0, OUTAGE_SECONDS).sum()).isLessThan(14 * AGENTS);
  }

  @Test
  void whenToComeBackIsObeyedWithinReasonAndNotToTheSecond() {
    Backoff backoff = standard(1);
    assertThat(backoff.afterRefusal(Duration.ofSeconds(7))).isBetween(7_000L, 10_500L);
    assertThat(backoff.afterRefusal(Duration.ofDays(1))).isBetween(30_000L, 45_000L);
    assertThat(standard(2).afterRefusal(Duration.ofSeconds(10)))
        .isNotEqualTo(standard(3).afterRefusal(Duration.ofSeconds(10)));
  }

  @Test
  void aSuccessMakesTheNextFailureTheFirst() {
    Backoff backoff = standard(1);
    for (int i = 0; i < 20; i++) {
      assertThat(backoff.afterFailure()).isBetween(0L, 20_000L);
    }
    backoff.reset();
    assertThat(backoff.afterFailure()).isBetween(200L, 2_000L);
  }

  @Test
  void aChangeIsKnownWithinAMinuteThoughTheConnectionIsHalfOpen() {
    ConfigMapWatch.Timing timing = ConfigMapWatch.Timing.STANDARD;
    Duration connecting = Duration.ofSeconds(5);
    assertThat(timing.watchTo().plus(timing.slack()).plus(timing.firstPause()).plus(connecting))
        .isLessThan(Duration.ofSeconds(60));
    assertThat(timing.watchTo()).isGreaterThan(timing.watchFrom().plusSeconds(5));
  }
}
