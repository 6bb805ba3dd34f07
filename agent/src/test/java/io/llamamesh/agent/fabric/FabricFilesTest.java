package io.llamamesh.agent.fabric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.store.MvStorage;
import io.llamamesh.fabric.store.Storage;
import io.llamamesh.fabric.store.StorageException;
import io.llamamesh.fabric.store.StoreService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FabricFilesTest {

  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

  @TempDir private Path folder;

  private FabricFiles at(Instant time) {
    return new FabricFiles(folder, InstantSource.fixed(time));
  }

  @Test
  void theIncarnationIsThereAfterwards() throws IOException {
    assertThat(at(NOW).incarnation()).isZero();
    at(NOW).storeIncarnation(1_800_000_001L);
    assertThat(at(NOW).incarnation()).isEqualTo(1_800_000_001L);
    assertThat(folder.resolve(FabricFiles.INCARNATION + ".part")).doesNotExist();
  }

  @Test
  void withoutAFolderItGrowsFromLifeToLifeOfOneProcess() throws IOException {
    FabricFiles files = new FabricFiles(null, InstantSource.fixed(NOW));
    files.storeIncarnation(7);
    assertThat(files.incarnation()).isEqualTo(7);
    files.storeMembers(members(3));
    files.close();
    assertThat(files.members()).isEmpty();
  }

  @Test
  void aDamagedStoreIsSetAsideOnce() throws Exception {
    byte[] noise = new byte[20_000];
    new Random(1).nextBytes(noise);
    Files.write(folder.resolve(FabricFiles.STORE), noise);
    StoreService.Disk disk = at(NOW).storeDisk();
    assertThatThrownBy(disk::open)
        .isInstanceOfSatisfying(
            StorageException.class, damage -> assertThat(damage.isDamaged()).isTrue());
    disk.setAside();
    assertThat(folder.resolve(FabricFiles.STORE_DAMAGED)).hasBinaryContent(noise);
    Storage opened = disk.open();
    assertThat(opened.load()).isEqualTo(Storage.Contents.EMPTY);
    ((MvStorage) opened).close();
  }

  @Test
  void membersComeBackOlderByTheTimeBetween() {
    try (FabricFiles files = at(NOW)) {
      files.storeMembers(members(200));
    }
    List<AgedAd> found = at(NOW.plusSeconds(90)).members();
    assertThat(found).hasSize(200);
    assertThat(found.getFirst().ad()).isEqualTo(members(1).getFirst().ad());
    assertThat(found).extracting(AgedAd::ageMillis).containsOnly(90_000L + 5);
    assertThat(at(NOW.minusSeconds(90)).members())
        .as("by a clock that was put back")
        .extracting(AgedAd::ageMillis)
        .containsOnly(5L);
  }

  @Test
  void damagedFilesAreTakenForMissing() throws IOException {
    try (FabricFiles files = at(NOW)) {
      files.storeMembers(members(20));
    }
    byte[] whole = Files.readAllBytes(folder.resolve(FabricFiles.MEMBERS));
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(folder.resolve(FabricFiles.MEMBERS), java.util.Arrays.copyOf(whole, length));
      assertThat(at(NOW).members()).isEmpty();
    }
    Files.writeString(folder.resolve(FabricFiles.INCARNATION), "not a number");
    assertThat(at(NOW).incarnation()).isZero();
  }

  private static List<AgedAd> members(int count) {
    List<AgedAd> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      members.add(
          new AgedAd(
              new LinkStateAd(
                  "n" + i,
                  "192.0.2.1:8101",
                  1_800_000_000L,
                  1 + i,
                  LinkStateAd.Status.MEMBER,
                  List.of("m"),
                  List.of(),
                  List.of(),
                  2),
              5));
    }
    return members;
  }
}
