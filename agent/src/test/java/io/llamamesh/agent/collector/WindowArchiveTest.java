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
    PairResult pair = new PairResult(Map.of(), new int[Outcome.COUNT], null, Double.NaN, List.of());
    int pairs = 1000;

    for (int i = 1; i <= 100; i++) {
      archive.publish(
          new ClosedWindow(i, i * SECOND, Collections.nCopies(pairs, pair), List.of()),
          3600 * SECOND);
    }

    assertThat(archive.size()).isEqualTo(WindowArchive.MAX_ROWS / (pairs + 1));
    assertThat(archive.evicted()).isEqualTo(100 - archive.size());
    assertThat(archive.published()).isEqualTo(100);
  }

  @Test
  void aWindowLargerThanTheBoundIsStillKept() {
    WindowArchive archive = new WindowArchive("boot");
    PairResult pair = new PairResult(Map.of(), new int[Outcome.COUNT], null, Double.NaN, List.of());

    archive.publish(
        new ClosedWindow(
            1, SECOND, Collections.nCopies(WindowArchive.MAX_ROWS + 1, pair), List.of()),
        SECOND);

    assertThat(archive.size()).isEqualTo(1);
  }
}
