package io.llamamesh.agent.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WindowArchiveTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void memoryIsBoundedWhateverTheRetentionAndWhatIsForgottenIsCounted() {
    WindowArchive archive = new WindowArchive("boot");
    PairResult pair =
        new PairResult(
            Map.of(), new int[Outcome.COUNT], null, Double.NaN, List.of(), PathFacts.NONE);
    int pairs = 1000;

    for (int i = 1; i <= 100; i++) {
      archive.publish(
          new ClosedWindow(i, i * SECOND, Collections.nCopies(pairs, pair), List.of()),
          i * SECOND,
          3600 * SECOND);
    }

    assertThat(archive.size()).isEqualTo(WindowArchive.MAX_ROWS / (pairs + 1));
    assertThat(archive.evicted()).isEqualTo(100 - archive.size());
    assertThat(archive.published()).isEqualTo(100);
  }

  @Test
  void aWindowLargerThanTheBoundIsStillKept() {
    WindowArchive archive = new WindowArchive("boot");
    PairResult pair =
        new PairResult(
            Map.of(), new int[Outcome.COUNT], null, Double.NaN, List.of(), PathFacts.NONE);

    archive.publish(
        new ClosedWindow(
            1, SECOND, Collections.nCopies(WindowArchive.MAX_ROWS + 1, pair), List.of()),
        SECOND,
        SECOND);

    assertThat(archive.size()).isEqualTo(1);
  }

  @Test
  void aWindowIsKeptForItsTimeWhateverTheWallClockSays() {
    WindowArchive archive = new WindowArchive("boot");
    archive.publish(window(1, 100 * SECOND), 0, 60 * SECOND);
    archive.publish(window(2, 9_000 * SECOND), 50 * SECOND, 60 * SECOND);
    assertThat(archive.after(0, 9).windows())
        .extracting(ClosedWindow::sequence)
        .containsExactly(1L, 2L);

    archive.publish(window(3, 50 * SECOND), 61 * SECOND, 60 * SECOND);

    assertThat(archive.after(0, 9).windows())
        .extracting(ClosedWindow::sequence)
        .containsExactly(2L, 3L);
  }

  @Test
  void whatAnEarlierLifeLeftIsKeptForItsTimeFromTheFirstWindowOfThisOn() {
    WindowArchive archive =
        new WindowArchive("boot", List.of(window(7, SECOND), window(8, 2 * SECOND)));
    archive.publish(window(9, 9_000 * SECOND), 1_000_000 * SECOND, 60 * SECOND);
    assertThat(archive.size()).isEqualTo(3);

    archive.publish(window(10, 9_061 * SECOND), 1_000_061 * SECOND, 60 * SECOND);

    assertThat(archive.after(0, 9).windows())
        .extracting(ClosedWindow::sequence)
        .containsExactly(10L);
  }

  private static ClosedWindow window(long sequence, long end) {
    return new ClosedWindow(sequence, end, List.of(), List.of());
  }
}
