package io.llamamesh.registry.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.registry.directory.RegistrationReader;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.RegistryListener;
import io.llamamesh.registry.directory.RegistrySettings;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class StateSaverTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path folder;

  private final Registry registry =
      new Registry(
          RegistrySettings.DEFAULT,
          () -> 0,
          () -> LocalDateTime.of(2026, 11, 29, 5, 40),
          RegistryListener.NONE);

  private long register(String name) throws Exception {
    String body = "{\"port\":8100,\"tags\":{\"probe_name\":\"%s\"}}".formatted(name);
    return registry
        .register(
            RegistrationReader.read(body.getBytes(UTF_8), RegistrySettings.DEFAULT),
            InetAddress.ofLiteral("198.51.100.1"))
        .version();
  }

  @Test
  void whoWaitedFindsItInTheFile() throws Exception {
    try (StateFile file = StateFile.open(folder);
        StateSaver saver = new StateSaver(file, registry)) {
      saver.start();
      for (int i = 0; i < 20; i++) {
        assertThat(saver.awaitSaved(register("probe-" + i), LONG)).isTrue();
        assertThat(folder.resolve("registry.json")).content().contains("probe-" + i + '"');
      }
    }
  }

  @Test
  void aChangeThatNobodyWaitsForIsSavedAsWell() throws Exception {
    try (StateFile file = StateFile.open(folder);
        StateSaver saver = new StateSaver(file, registry)) {
      saver.start();
      assertThat(saver.awaitSaved(0, LONG)).isTrue();
      var _ = register("late");
      await().until(() -> Files.readString(folder.resolve("registry.json")).contains("late"));
    }
  }

  @Test
  void aFolderThatCannotBeWrittenHoldsNobodyUp() throws Exception {
    Files.createDirectories(folder.resolve("registry.json.new/in-the-way"));
    try (StateFile file = StateFile.open(folder);
        StateSaver saver = new StateSaver(file, registry)) {
      saver.start();
      assertThat(saver.awaitSaved(register("a"), LONG)).isTrue();
      assertThat(folder.resolve("registry.json")).doesNotExist();
      Files.delete(folder.resolve("registry.json.new/in-the-way"));
      // It is tried again though nothing changes.
      await().until(() -> Files.exists(folder.resolve("registry.json")));
    }
  }

  @Test
  void aSaverThatDoesNotAnswerIsNotWaitedForLonger() throws Exception {
    try (StateFile file = StateFile.open(folder);
        StateSaver saver = new StateSaver(file, registry)) {
      // It was never started, as one whose disk hangs.
      assertThat(saver.awaitSaved(register("a"), Duration.ofMillis(1))).isFalse();
    }
    assertThat(folder.resolve("registry.json")).exists();
  }

  @Test
  void hugeDocumentsOfSomeHoldUpNobody() throws Exception {
    String filler = "x".repeat(15_000);
    long version = 0;
    for (int i = 0; i < 300; i++) {
      String body = "{\"port\":%d,\"x\":\"%s\"}".formatted(1 + i, filler);
      version =
          registry
              .register(
                  RegistrationReader.read(body.getBytes(UTF_8), RegistrySettings.DEFAULT),
                  InetAddress.ofLiteral("198.51.100." + (1 + i % 2)))
              .version();
    }
    try (StateFile file = StateFile.open(folder);
        StateSaver saver = new StateSaver(file, registry)) {
      // It was never started: who waited would wait for ever.
      assertThat(saver.awaitSaved(version, Duration.ofDays(1))).isFalse();
    }
  }
}
