package io.llamamesh.agent.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llamamesh.agent.collector.TestWindows;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WindowFilesTest {

  @TempDir private Path folder;

  @Test
  void aNextLifeGoesOnWithTheWindowsAndTheirNumbering() throws IOException {
    String bootId;
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 3);
      bootId = files.archive().bootId();
    }

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().bootId()).isEqualTo(bootId);
      assertThat(files.archive().published()).isEqualTo(3);
      List<ClosedWindow> windows = files.archive().after(0, 10).windows();
      assertThat(windows).extracting(ClosedWindow::sequence).containsExactly(1L, 2L, 3L);
      PairResult pair = windows.getFirst().pairs().getFirst();
      assertThat(pair.tags()).containsEntry("dst_ip", "127.0.0.12");
      assertThat(pair.count(Outcome.RECEIVED)).isEqualTo(10);
      assertThat(pair.residenceNanos()).isEqualTo(10_000);
      assertThat(pair.paths()).containsExactly(new PairResult.Path(25000, 10, 10, 0, 100_004.5));
      assertThat(pair.rtt())
          .isEqualTo(new PairResult.Rtt(100_004.5, 100_000, 100_004, 100_008, 100_009, 100_009, 5));
    }
  }

  @Test
  void afterAnUncleanEndTheNumberingHasAnotherNameSoThatNoNumberIsUsedTwice() throws IOException {
    String bootId;
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 3);
      bootId = files.archive().bootId();
    }
    Files.delete(folder.resolve("ended-cleanly"));

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().bootId()).isNotEqualTo(bootId);
      assertThat(files.archive().after(0, 10).windows()).hasSize(3);
    }
  }

  @Test
  void aCleanEndWithoutWindowsSaysNothingOfTheLifeAfterIt() throws IOException {
    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().published()).isZero();
    }
    String crashed;
    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(folder.resolve("ended-cleanly")).doesNotExist();
      TestWindows.publish(files.archive(), 1);
      crashed = files.archive().bootId();
    }
    Files.delete(folder.resolve("ended-cleanly"));

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().bootId()).isNotEqualTo(crashed);
    }
  }

  @Test
  void aWindowIsOnDiskSoonAfterItIsPublished() throws IOException {
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 1);

      await().until(() -> Files.exists(folder.resolve("window-1")));
    }
  }

  @Test
  void aDamagedFileCostsOnlyWhatLiesBeforeIt() throws IOException {
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 4);
    }
    Files.write(folder.resolve("window-2"), new byte[] {1, 2, 3});

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().after(0, 10).windows())
          .extracting(ClosedWindow::sequence)
          .containsExactly(3L, 4L);
      assertThat(folder.resolve("window-2")).doesNotExist();
    }
  }

  @Test
  void afterTwoUncleanEndsAllThatIsRetainedIsStillThereAndNoFileIsLeftBehind() throws IOException {
    for (int life = 1; life <= 3; life++) {
      try (WindowFiles files = WindowFiles.open(folder)) {
        TestWindows.publish(files.archive(), 3);
      }
      Files.delete(folder.resolve("ended-cleanly"));
    }
    Files.delete(folder.resolve("window-4"));
    Files.write(folder.resolve("new-window-99"), new byte[] {1});

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().after(0, 20).windows())
          .extracting(ClosedWindow::sequence)
          .containsExactly(5L, 6L, 7L, 8L, 9L);
      assertThat(folder.resolve("window-3")).doesNotExist();
      assertThat(folder.resolve("new-window-99")).doesNotExist();
    }
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenOnceThatIsPossible() throws IOException {
    Path obstacle = folder.resolve("new-window-2");
    try (WindowFiles files = WindowFiles.open(folder)) {
      Files.createDirectory(obstacle);
      TestWindows.publish(files.archive(), 3);
      await().until(() -> Files.exists(folder.resolve("window-1")));
      assertThat(folder.resolve("window-2")).doesNotExist();

      Files.delete(obstacle);

      await().until(() -> Files.exists(folder.resolve("window-3")));
      assertThat(folder.resolve("window-2")).exists();
    }
  }

  @Test
  void withoutAFolderNothingIsWrittenAndEachLifeHasItsOwnNumbering() throws IOException {
    try (WindowFiles one = WindowFiles.open(null);
        WindowFiles other = WindowFiles.open(null)) {
      assertThat(one.archive().bootId()).isNotEqualTo(other.archive().bootId());
    }
  }

  @Test
  void windowsOfAnEarlierLifeShareTheirTagsAsThoseOfThisOneDo() throws IOException {
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 3);
    }

    try (WindowFiles files = WindowFiles.open(folder)) {
      List<ClosedWindow> windows = files.archive().after(0, 10).windows();
      assertThat(windows).hasSize(3);
      assertThat(windows.getLast().pairs().getFirst().tags())
          .isSameAs(windows.getFirst().pairs().getFirst().tags());
    }
  }

  @Test
  void whatMemoryHasNoRoomForIsNotLeftOnTheDisk() throws IOException {
    int windows = 25;
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 1);
    }
    for (int i = 2; i <= windows; i++) {
      Files.write(
          folder.resolve("window-" + i), WindowCodec.write("boot", TestWindows.large(i, 3000)));
    }

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().size()).isBetween(2, windows - 1);
      long oldest = files.archive().oldest();
      assertThat(folder.resolve("window-" + oldest)).exists();
      for (long gone = 1; gone < oldest; gone++) {
        assertThat(folder.resolve("window-" + gone)).doesNotExist();
      }
    }
  }

  @Test
  void aFileThatIsLongerThanAnyWindowIsNotRead() throws IOException {
    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 1);
    }
    try (RandomAccessFile huge = new RandomAccessFile(folder.resolve("window-2").toFile(), "rw")) {
      huge.setLength(1L << 40);
    }

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().published()).isEqualTo(1);
      assertThat(folder.resolve("window-2")).doesNotExist();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"window-2", "window-99", "new-window-4", "ended-cleanly"})
  void aFolderWhereAFileBelongsIsLeftThereAndWhatFollowsGoesOn(String name) throws IOException {
    Files.createDirectories(folder.resolve(name).resolve("not-empty"));

    try (WindowFiles files = WindowFiles.open(folder)) {
      TestWindows.publish(files.archive(), 5);
      await().until(() -> Files.exists(folder.resolve("window-5")));
      assertThat(files.archive().size()).isEqualTo(5);
    }

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().after(0, 10).windows())
          .extracting(ClosedWindow::sequence)
          .contains(5L);
      assertThat(folder.resolve(name)).isDirectory();
    }
  }

  @Test
  void aPipeWhereAWindowBelongsIsNotReadFrom() throws Exception {
    Process made = new ProcessBuilder("mkfifo", folder.resolve("window-1").toString()).start();
    assumeTrue(made.waitFor() == 0, "no named pipes can be made here");

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().size()).isZero();
    }
  }

  @Test
  void aLinkWhereAWindowBelongsIsNotFollowed() throws IOException {
    Path elsewhere = Files.write(folder.resolve("secret"), new byte[] {1, 2, 3});
    Files.createSymbolicLink(folder.resolve("window-1"), elsewhere);

    try (WindowFiles files = WindowFiles.open(folder)) {
      assertThat(files.archive().size()).isZero();
    }

    assertThat(elsewhere).hasBinaryContent(new byte[] {1, 2, 3});
  }
}
