package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The programs of {@code examples/fabric} as their users run them, each with a credential of its
 * own, on the machines of two agents.
 */
@InNamespaces
class SharedProgramsIT {

  private static final Path EXAMPLES = Path.of("../examples/fabric").toAbsolutePath().normalize();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final List<Process> started = new ArrayList<>();
  private FabricAgents mesh;
  private Path launcher;

  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    Path auth = Files.createDirectories(folder.resolve("auth"));
    String programs = Files.readString(EXAMPLES.resolve("programs.json"));
    List<String> names =
        List.of("virtual-addresses", "queue-depths", "filter-rules", "node-metadata");
    for (int i = 0; i < names.size(); i++) {
      String token = "token of " + names.get(i);
      Files.writeString(folder.resolve(names.get(i) + ".token"), token + "\n");
      programs = programs.replace("\"%064d\"".formatted(i + 1), '"' + sha256(token) + '"');
    }
    Files.writeString(auth.resolve("programs.json"), programs);
    launcher =
        Files.writeString(
            folder.resolve("llama-mesh"),
            """
            #!/bin/sh
            exec '%s' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \\
              --enable-native-access=ALL-UNNAMED -cp '%s' io.llamamesh.agent.main.AgentMain "$@"
            """
                .formatted(
                    Path.of(System.getProperty("java.home"), "bin", "java"),
                    System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    mesh = FabricAgents.start(folder, 2, FabricAgents.Load.USUAL);
  }

  @AfterEach
  void clean() {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    mesh.close();
  }

  private static String sha256(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts a program on an agent's machine; its output goes to a file. */
  private Process launch(int host, Path output, String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", mesh.host(host).name()));
    command.add(EXAMPLES.resolve(program).toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("AGENT", FabricAgents.url(host));
    builder.environment().put("LLAMA_MESH", launcher.toString());
    builder.environment().put("TOKEN_FILE", folder.resolve(program + ".token").toString());
    try {
      Process process = builder.start();
      started.add(process);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a program printed that ended well. */
  private String run(int host, String program, String... arguments) {
    Path output = folder.resolve("output");
    Process process = launch(host, output, program, arguments);
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      String text = Files.readString(output);
      assertThat(process.exitValue()).as(text).isZero();
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Test
  void whatANodeClaimsOrPublishesCountsAsLongAsItIsUp() {
    var _ = run(1, "virtual-addresses", "claim", "node-1", "192.0.2.80");
    var _ = run(2, "virtual-addresses", "claim", "node-2", "192.0.2.80");
    var _ = run(1, "queue-depths", "publish", "node-1", "encode", "12");
    var _ = run(2, "queue-depths", "publish", "node-2", "encode", "3");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(run(1, "virtual-addresses", "list"))
                .isEqualTo("192.0.2.80 node-1 node-2\n"));
    assertThat(run(1, "queue-depths", "list", "encode")).isEqualTo("3 node-2\n12 node-1\n");
    assertThat(run(1, "queue-depths", "pick", "encode")).isEqualTo("node-2\n");

    mesh.agent(2).close();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(run(1, "virtual-addresses", "list")).isEqualTo("192.0.2.80 node-1\n"));
    assertThat(run(1, "queue-depths", "pick", "encode")).isEqualTo("node-1\n");
  }

  @Test
  void rulesAndMetadataReachWhoSubscribesOnTheOtherNode() throws Exception {
    Path rules = folder.resolve("rules");
    Path applied = folder.resolve("applied");
    Path seen = folder.resolve("seen");
    var _ =
        launch(
            2,
            folder.resolve("apply.log"),
            "filter-rules",
            "apply",
            rules.toString(),
            "sh",
            "-c",
            "echo applied >>" + applied);
    var _ = launch(2, seen, "node-metadata", "watch");
    var _ = run(1, "filter-rules", "set", "ssh", "tcp dport 22 drop");
    var _ = run(1, "filter-rules", "set", "dns", "udp dport 53 accept");
    var _ = run(1, "node-metadata", "publish", "node-1", "kernel", "6.12.9");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(rules).hasContent("udp dport 53 accept\ntcp dport 22 drop\n");
          assertThat(Files.readString(seen)).contains("node-1 kernel=\"6.12.9\"\n");
        });
    var _ = run(1, "filter-rules", "remove", "ssh");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(rules).hasContent("udp dport 53 accept"));
    assertThat(Files.readAllLines(applied)).hasSizeGreaterThanOrEqualTo(2);
    // After a start of the node its file is there, and nothing is in force.
    Path restarted = folder.resolve("restarted");
    var _ =
        launch(
            2,
            folder.resolve("again.log"),
            "filter-rules",
            "apply",
            rules.toString(),
            "sh",
            "-c",
            "echo applied >>" + restarted);
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(restarted).hasContent("applied\n"));
    assertThat(run(2, "node-metadata", "get", "node-1")).isEqualTo("node-1 kernel=\"6.12.9\"\n");
  }
}
