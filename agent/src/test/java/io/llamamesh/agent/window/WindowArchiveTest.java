package io.llamamesh.agent.window;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.llamamesh.agent.collector.TestWindows;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowArchiveTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void memoryIsBoundedWhateverTheRetentionAndWhatIsForgottenIsCounted() {
    WindowArchive archive = new WindowArchive("boot");
    PairResult pair =
        new PairResult(
            Map.of(), new int[Tally.all().size()], null, Double.NaN, List.of(), PathFacts.NONE);
    int pairs = 1000;

    for (int i = 1; i <= 100; i++) {
      archive.publish(
          new ClosedWindow(i, i * SECOND, Collections.nCopies(pairs, pair), List.of()),
          i * SECOND,
          3600 * SECOND);
    }

    int each = archive.newest().orElseThrow().bytes();
    assertThat(archive.size()).isEqualTo((int) (WindowArchive.MAX_BYTES / each)).isLessThan(100);
    assertThat(archive.evicted()).isEqualTo(100 - archive.size());
    assertThat(archive.published()).isEqualTo(100);
  }

  @Test
  void manySourcePortsTakeFewerWindowsIntoTheSameMemory() {
    WindowArchive few = new WindowArchive("boot");
    WindowArchive many = new WindowArchive("boot");

    for (int i = 1; i <= 300; i++) {
      few.publish(TestWindows.measured(i, 64, 4), i, 3600 * SECOND);
      many.publish(TestWindows.measured(i, 64, 256), i, 3600 * SECOND);
    }

    assertThat(few.size()).isEqualTo(300);
    assertThat(few.evicted()).isZero();
    assertThat(many.size()).isBetween(15, 30);
    assertThat(many.after(0, 1000).windows().stream().mapToLong(ClosedWindow::bytes).sum())
        .isLessThanOrEqualTo(WindowArchive.MAX_BYTES);
    assertThat(many.evicted()).isEqualTo(300 - many.size());
    assertThat(many.newest().orElseThrow().sequence()).isEqualTo(300);
  }

  @ParameterizedTest
  @CsvSource({"64, 4", "64, 256", "1000, 1"})
  void theEstimateIsAboutWhatTheJvmTakes(int pairs, int ports) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    TestWindows.measured(1, 1, ports); // so that nothing is allocated for classes that are loaded
    long before = threads.getCurrentThreadAllocatedBytes();

    ClosedWindow window = TestWindows.measured(1, pairs, ports);

    // What making it leaves behind is in there, too: a list beside the one that is kept.
    double allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(window.bytes() / allocated).isBetween(0.6, 1.4);
  }

  @Test
  void whatNobodyReadIsCounted() {
    WindowArchive archive = new WindowArchive("boot");
    assertThat(archive.unread()).isZero();
    for (int i = 1; i <= 5; i++) {
      archive.publish(window(i, i * SECOND), i * SECOND, 2 * SECOND);
    }
    assertThat(archive.unread()).isEqualTo(3);

    archive.markRead(4);

    assertThat(archive.unread()).isEqualTo(1);
  }

  @Test
  void aWindowLargerThanTheBoundIsStillKept() {
    WindowArchive archive = new WindowArchive("boot");
    PairResult pair =
        new PairResult(
            Map.of(), new int[Tally.all().size()], null, Double.NaN, List.of(), PathFacts.NONE);

    archive.publish(
        new ClosedWindow(
            1,
            SECOND,
            Collections.nCopies((int) (WindowArchive.MAX_BYTES / pair.bytes()) + 1, pair),
            List.of()),
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
