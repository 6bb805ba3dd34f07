package io.llamamesh.e2e.row;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContinuityTest {
  private static final Instant BEGIN = Instant.parse("2026-11-29T12:00:00Z");
  private static final Duration WINDOW = Duration.ofSeconds(10);

  @Test
  void windowsOneAfterTheOtherAreWell() {
    Continuity seen = seen(windows(0, 10, 20, 30, 40, 50, 60));

    assertThat(seen.missing()).isEmpty();
    assertThat(seen.duplicated()).isEmpty();
  }

  @Test
  void aWindowThatIsNotThereIsLost() {
    assertThat(seen(windows(0, 10, 20, 40, 50, 60)).missing())
        .containsExactly("a>b: nothing from 2026-11-29T12:00:20Z to 2026-11-29T12:00:40Z");
  }

  @Test
  void theFirstAndTheLastMustBeThereToo() {
    assertThat(seen(windows(20, 30, 40, 50, 60)).missing()).hasSize(1);
    assertThat(seen(windows(0, 10, 20, 30, 40)).missing()).hasSize(1);
  }

  @Test
  void aWindowThatIsThereTwiceIsDoubled() {
    assertThat(seen(windows(0, 10, 20, 20, 30, 40, 50, 60)).duplicated()).hasSize(1);
    assertThat(seen(windows(0, 10, 20, 23, 30, 40, 50, 60)).duplicated()).hasSize(1);
  }

  @Test
  void whatIsOutsideOfTheTimeDoesNotCount() {
    assertThat(seen(windows(-40, 0, 10, 20, 30, 40, 50, 60, 90)).missing()).isEmpty();
  }

  private static Continuity seen(List<Instant> times) {
    return Continuity.of(Map.of("a>b", times), WINDOW, BEGIN, BEGIN.plusSeconds(60));
  }

  private static List<Instant> windows(int... seconds) {
    List<Instant> times = new ArrayList<>();
    for (int each : seconds) {
      times.add(BEGIN.plusSeconds(each));
    }
    return times;
  }
}
