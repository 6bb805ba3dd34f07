package io.llamamesh.registry.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.registry.directory.Registration;
import io.llamamesh.registry.directory.RegistrationReader;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.RegistryListener;
import io.llamamesh.registry.directory.RegistrySettings;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StateFileTest {
  private static Registry registry() {
    return new Registry(
        RegistrySettings.DEFAULT,
        () -> 0,
        () -> LocalDateTime.of(2026, 11, 29, 5, 40),
        RegistryListener.NONE);
  }

  private static void register(Registry registry, String seen, String name) throws Exception {
    Registration registration =
        RegistrationReader.read(
            """
            {"port":8100,"keepalive":300.5,"group":"wän","instance":"secret-%s","extra":[1,{"a":null}],
            "tags":{"probe_shortname":"%s","version":"1","n":7}}\
            """
                .formatted(name, name)
                .getBytes(UTF_8),
            RegistrySettings.DEFAULT);
    registry.register(registration, InetAddress.ofLiteral(seen));
  }

  @Test
  void whatWasSavedIsThereAgainByteForByte(@TempDir Path folder) throws Exception {
    Registry before = registry();
    register(before, "198.51.100.1", "a");
    register(before, "2001:db8::2", "b");
    try (StateFile file = StateFile.open(folder.resolve("new"))) {
      file.saveIfChanged(before);
    }
    Registry after = registry();
    try (StateFile file = StateFile.open(folder.resolve("new"))) {
      file.load(after);
    }
    assertThat(new String(after.list(), UTF_8)).isEqualTo(new String(before.list(), UTF_8));
    assertThat(after.save()).isEqualTo(before.save());
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("new/registry.json"))))
        .isEqualTo("rw-------");
  }

  @Test
  void renewalsWriteNothing(@TempDir Path folder) throws Exception {
    Registry registry = registry();
    register(registry, "198.51.100.1", "a");
    try (StateFile file = StateFile.open(folder)) {
      file.saveIfChanged(registry);
      Path written = folder.resolve("registry.json");
      Files.delete(written);
      register(registry, "198.51.100.1", "a");
      file.saveIfChanged(registry);
      assertThat(written).doesNotExist();
      register(registry, "198.51.100.1", "c");
      file.saveIfChanged(registry);
      assertThat(written).exists();
    }
  }

  @Test
  void twoRegistriesDoNotShareAFolder(@TempDir Path folder) throws Exception {
    StateFile first = StateFile.open(folder);
    assertThatThrownBy(() -> StateFile.open(folder))
        .hasMessageContaining("belongs to another registry", "--state-dir");
    first.close();
    StateFile.open(folder).close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{\"version\":2,\"entries\":[]}",
        "{\"version\":1}",
        "{\"version\":1,\"entries\":[null]}"
      })
  void whatCannotBeReadIsSetAside(String content, @TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("registry.json"), content);
    Registry registry = registry();
    try (StateFile file = StateFile.open(folder)) {
      file.load(registry);
      assertThat(registry.counts().probes()).isZero();
      assertThat(folder.resolve("registry.json.bad")).hasContent(content);
      register(registry, "198.51.100.1", "a");
      file.saveIfChanged(registry);
    }
    assertThat(folder.resolve("registry.json")).exists();
  }

  @Test
  void anEntryThatMayNoLongerBeHereIsLeftOutAndTheRestStays(@TempDir Path folder) throws Exception {
    Files.writeString(
        folder.resolve("registry.json"),
        """
        {"version":1,"entries":[
        {"seen":"198.51.100.1","create_date":"x","registration":{"port":8100,"group":"a"}},
        {"seen":"198.51.100.2","create_date":"x","registration":{"port":8100,"ip":"8.8.8.8"}},
        {"seen":null},
        {"seen":"198.51.100.4","create_date":"x","registration":[1]},
        {"seen":"no address","create_date":"x","registration":{"port":8100}},
        {"seen":"198.51.100.3","create_date":"x","registration":{"port":0}}]}\
        """);
    Registry registry = registry();
    try (StateFile file = StateFile.open(folder)) {
      file.load(registry);
    }
    assertThat(registry.counts().probes()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void aDamagedFileNeverStopsTheStart(long seed, @TempDir Path folder) throws Exception {
    Registry before = registry();
    for (int i = 1; i < 20; i++) {
      register(before, "198.51.100." + i, "p" + i);
    }
    Path file = folder.resolve("registry.json");
    try (StateFile state = StateFile.open(folder)) {
      state.saveIfChanged(before);
    }
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      byte[] bad = java.util.Arrays.copyOf(good, 1 + random.nextInt(good.length));
      for (int i = 0; i < 3; i++) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, bad);
      Registry after = registry();
      try (StateFile state = StateFile.open(folder)) {
        state.load(after);
      }
      assertThat(after.counts().probes()).isBetween(0, 19);
    }
  }
}
