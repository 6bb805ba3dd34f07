package io.llamamesh.operator.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class StaleReportDetectorTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Duration INTERVAL = Duration.ofSeconds(10);

  private final StaleReportDetector clock = new StaleReportDetector();

  @Test
  void aReportThatStandsStillIsStaleAfterThreeWindows() {
    assertThat(isStale(0, 0)).isFalse();
    assertThat(isStale(2, 2)).isFalse();
    assertThat(isStale(2, 32)).isFalse();
    assertThat(isStale(2, 33)).isTrue();
    assertThat(isStale(34, 34)).isFalse();
  }

  @Test
  void aScraperWhoseClockIsAnHourBehindIsBelievedOnceItsReportsMove() {
    assertThat(isStale(-3600, 0)).isTrue();
    assertThat(isStale(-3598, 2)).isFalse();
    assertThat(isStale(-3568, 32)).isFalse();
  }

  @Test
  void oneThatIsAheadIsBelievedAtOnceButNotWhenItStops() {
    assertThat(isStale(3600, 0)).isFalse();
    assertThat(isStale(3600, 31)).isTrue();
  }

  private boolean isStale(int report, int now) {
    return clock.isStale(
        NOW.plusSeconds(report), Duration.ofSeconds(now).toNanos(), NOW.plusSeconds(now), INTERVAL);
  }
}
