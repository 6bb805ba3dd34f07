package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SkewCorrectionTest {
  private static final Instant END = Instant.parse("2026-11-20T09:00:10Z");
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private final SkewCorrection correction = new SkewCorrection();

  @Test
  void aClockThatIsAnHourAheadIsPutRightByWholeWindows() {
    assertThat(time(END.plusSeconds(3_600), Duration.ofMillis(3_601_200))).isEqualTo(END);
    assertThat(correction.residual()).isEqualTo(Duration.ofMillis(1_200));
  }

  @Test
  void aClockThatIsBehindIsPutRightToo() {
    assertThat(time(END.minusSeconds(60), Duration.ofSeconds(-59))).isEqualTo(END);
  }

  @Test
  void aClockThatIsALittleOffIsLeftAlone() {
    assertThat(time(END, Duration.ofSeconds(6))).isEqualTo(END);
  }

  @Test
  void aMeasurementThatWaversDoesNotMoveTheSameWindow() {
    Instant first = time(END.plusSeconds(20), Duration.ofMillis(15_200));
    Instant second = time(END.plusSeconds(20), Duration.ofMillis(14_800));

    assertThat(second).isEqualTo(first);
  }

  @Test
  void aClockThatWasSetIsFollowed() {
    time(END.plusSeconds(3_600), Duration.ofHours(1));

    assertThat(time(END, Duration.ofMillis(3))).isEqualTo(END);
  }

  private Instant time(Instant labelled, Duration skew) {
    Point point = Points.pair("a", "b", labelled, 1, 0, 1);
    return correction
        .correct(new Page(List.of(point), null, false, skew, 0), INTERVAL)
        .points()
        .getFirst()
        .time();
  }
}
