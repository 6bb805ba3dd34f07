package io.llamamesh.registry.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registry.directory.RegistrySettings;
import io.llamamesh.registry.http.AccessTokens;
import io.llamamesh.registry.http.RegistryServer;
import io.llamamesh.registry.http.TrustedProxies;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryRunTest {
  private static final ProbeRegistration PROBE =
      new ProbeRegistration(8100, 300, "wan", null, Map.of("version", "1"), "an-instance");

  @TempDir private Path folder;

  @BeforeAll
  static void limitRequests() {
    // The JDK's server reads its limits once in a process, which other tests share.
    System.setProperty("sun.net.httpserver.maxReqTime", "3");
  }

  private RegistryRun.Options options(int port) {
    return new RegistryRun.Options(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        null,
        RegistrySettings.DEFAULT,
        new RegistryServer.Access(AccessTokens.open(), new TrustedProxies(List.of()), 100_000),
        folder,
        null,
        RegistryRun.Cluster.NONE);
  }

  @Test
  void whatIsRegisteredOutlivesARestart() throws Exception {
    RegistryClient.Config before;
    try (RegistryRun run = RegistryRun.start(options(0))) {
      RegistryClient client = RegistryClient.of(run.url(), null, null);
      client.register(PROBE);
      before = client.config(PROBE, null);
    }
    try (RegistryRun run = RegistryRun.start(options(0))) {
      // Without a registration in this life.
      RegistryClient client = RegistryClient.of(run.url(), null, null);
      assertThat(client.config(PROBE, null)).isEqualTo(before);
    }
  }

  /** What a kill right after the answer leaves is what is in the file then. */
  @Test
  void anAcknowledgedRegistrationIsSaved() throws Exception {
    try (RegistryRun run = RegistryRun.start(options(0))) {
      RegistryClient client = RegistryClient.of(run.url(), null, null);
      for (int i = 0; i < 20; i++) {
        String instance = "instance-" + i;
        client.register(
            new ProbeRegistration(8100 + i, 300, "wan", null, Map.of("version", "1"), instance));
        assertThat(folder.resolve("registry.json")).content().contains('"' + instance + '"');
      }
    }
  }

  @Test
  void aFolderThatCannotBeWrittenKeepsNobodyFromRegistering() throws Exception {
    Files.createDirectories(folder.resolve("registry.json.new/in-the-way"));
    try (RegistryRun run = RegistryRun.start(options(0))) {
      RegistryClient client = RegistryClient.of(run.url(), null, null);
      client.register(PROBE);
      assertThat(client.list()).hasSize(1);
      Files.delete(folder.resolve("registry.json.new/in-the-way"));
      // It is tried again though nothing changes.
      await().until(() -> Files.exists(folder.resolve("registry.json")));
    }
    assertThat(folder.resolve("registry.json")).content().contains("an-instance");
  }

  @Test
  void aRegistryThatEndsAtOnceStillSaves() throws Exception {
    try (RegistryRun run = RegistryRun.start(options(0))) {
      RegistryClient.of(run.url(), null, null).register(PROBE);
    }
    assertThat(folder.resolve("registry.json")).content().contains("an-instance");
  }

  @Test
  void aPortThatIsTakenGivesTheFolderBack() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      RegistryRun.Options options = options(taken.getLocalPort());
      assertThatThrownBy(() -> RegistryRun.start(options))
          .hasMessageContaining("choose another --host or --port");
    }
    RegistryRun.start(options(0)).close();
  }

  @Test
  void registerOnceTellsByItsCodeWhetherItWorked() throws Exception {
    try (RegistryRun run = RegistryRun.start(options(0))) {
      assertThat(
              RegistryMain.run(
                  Map.of("LLAMA_SERVER", run.url(), "LLAMA_TAGS", "[ location: Las Vegas ]"),
                  "register",
                  "--once",
                  "-g",
                  "wan",
                  "--name",
                  "las"))
          .isZero();
      RegistryClient client = RegistryClient.of(run.url(), null, null);
      ProbeRegistration other =
          new ProbeRegistration(8200, 300, "wan", null, Map.of("version", "1"), "an-instance");
      client.register(other);
      assertThat(client.config(other, null).yaml())
          .contains("dst_name: \"las\"", "location: \"Las Vegas\"");
      assertThat(
              RegistryMain.run(
                  Map.of("LLAMA_SERVER", run.url(), "LLAMA_SOURCE_IP", "8.8.8.8"),
                  "register",
                  "--once"))
          .isEqualTo(1);
    }
  }
}
