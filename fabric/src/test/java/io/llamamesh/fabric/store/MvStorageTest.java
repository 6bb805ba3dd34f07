package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MvStorageTest {

  @Test
  void aNewFileIsEmptyAndWhatIsWrittenIsThereWhenItIsOpenedAgain(@TempDir Path folder)
      throws StorageException {
    String file = folder.resolve("store").toString();
    try (MvStorage storage = MvStorage.open(file)) {
      assertThat(storage.load()).isEqualTo(Storage.Contents.EMPTY);
      storage.write(new Storage.Batch(7, 5, Map.of("a", new byte[] {1}), List.of()));
      storage.write(new Storage.Batch(8, 7, Map.of("b", new byte[] {2}), List.of("a")));
    }
    try (MvStorage storage = MvStorage.open(file)) {
      Storage.Contents contents = storage.load();
      assertThat(contents.life()).isEqualTo(8);
      assertThat(contents.settledLife()).isEqualTo(7);
      assertThat(contents.records()).containsOnlyKeys("b");
      assertThat(contents.records().get("b")).containsExactly(2);
    }
  }

  @Test
  void aFileInUseADamagedOneAndAFolderAreNamed(@TempDir Path folder)
      throws StorageException, IOException {
    String used = folder.resolve("used").toString();
    MvStorage storage = MvStorage.open(used);
    assertThatThrownBy(() -> MvStorage.open(used))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(used)
        .hasMessageContaining("lock");
    storage.close();
    Path damaged = folder.resolve("damaged");
    byte[] noise = new byte[20_000];
    new Random(1).nextBytes(noise);
    Files.write(damaged, noise);
    assertThatThrownBy(() -> MvStorage.open(damaged.toString()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(damaged.toString());
    assertThatThrownBy(() -> MvStorage.open(folder.toString()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(folder.toString());
  }

  @Test
  void aFileThatIsDamagedAnywhereIsReadAndWrittenOrCalledDamaged(@TempDir Path folder)
      throws StorageException, IOException {
    Path whole = folder.resolve("whole");
    try (MvStorage storage = MvStorage.open(whole.toString())) {
      for (int i = 0; i < 100; i++) {
        storage.write(new Storage.Batch(1, 1, Map.of("k" + i, new byte[100]), List.of()));
      }
    }
    byte[] bytes = Files.readAllBytes(whole);
    Random random = new Random(11);
    int damages = 0;
    for (int trial = 0; trial < 60; trial++) {
      byte[] damaged = bytes.clone();
      int from = random.nextInt(damaged.length);
      int end = Math.min(damaged.length, from + (1 << random.nextInt(14)));
      for (int i = from; i < end; i++) {
        damaged[i] = (byte) random.nextInt(256);
      }
      Path file = Files.write(folder.resolve("trial-" + trial), damaged);
      try (MvStorage storage = MvStorage.open(file.toString())) {
        storage.load().records().forEach((key, record) -> assertThat(record).isNotNull());
        storage.write(new Storage.Batch(2, 1, Map.of("new", new byte[] {1}), List.of()));
        assertThat(storage.load().records()).containsKey("new");
      } catch (StorageException e) {
        assertThat(e.isDamaged()).as("trial %d: %s", trial, e).isTrue();
        damages++;
      }
    }
    assertThat(damages).isPositive();
  }

  @Test
  void aFileStaysSmallHoweverOftenItIsWritten() throws StorageException {
    SimulatedDisk.clear();
    String file = SimulatedDisk.path("small");
    try (MvStorage storage = MvStorage.open(file)) {
      for (int i = 0; i < 5_000; i++) {
        byte[] record = new byte[1_000];
        record[0] = (byte) i;
        storage.write(new Storage.Batch(1, 1, Map.of("k" + i % 20, record), List.of()));
      }
      assertThat(SimulatedDisk.size(file)).isLessThan(512 << 10);
      assertThat(storage.load().records()).hasSize(20);
    }
  }

  @Test
  void afterAFailedWriteTheNextOneOpensTheFileAnew() throws StorageException {
    SimulatedDisk.clear();
    MvStorage storage = MvStorage.open(SimulatedDisk.path("failing"));
    storage.write(new Storage.Batch(1, 1, Map.of("a", new byte[] {1}), List.of()));
    SimulatedDisk.dieAfter(0);
    assertThatThrownBy(
            () -> storage.write(new Storage.Batch(2, 1, Map.of("b", new byte[] {2}), List.of())))
        .isInstanceOf(StorageException.class);
    SimulatedDisk.dieAfter(Integer.MAX_VALUE);
    storage.write(new Storage.Batch(3, 1, Map.of("c", new byte[] {3}), List.of()));
    assertThat(storage.load().records()).containsOnlyKeys("a", "c");
    assertThat(storage.load().life()).isEqualTo(3);
  }
}
