package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.ProbePlan;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FileConfigTest {

  private static final String GOOD =
      """
      version: 1
      summarization: {interval: 10}
      ports: {default: {timeout: 1000}}
      port_groups: {default: [{port: default, count: 2}]}
      rate_limits: {default: {cps: 4}}
      tests: [{targets: default, port_group: default, rate_limit: default}]
      targets: {default: [{ip: 127.0.0.1, port: 8100}]}
      """;

  @TempDir private Path folder;
  private final List<ProbePlan> plans = new ArrayList<>();

  private ConfigApplier applier(Consumer<ProbePlan> target) {
    return new ConfigApplier(
        new PlanMapper(to -> InetAddress.ofLiteral("127.0.0.1"), "here"),
        HostNames.ofSystem(),
        target,
        null,
        8100);
  }

  private Path file() {
    return folder.resolve("collector.yaml");
  }

  @Test
  void aFileThatIsLongerThanAnyConfigIsRefusedAndTheRunningOneStays() throws IOException {
    ConfigApplier applier = applier(plans::add);
    FileConfig config = new FileConfig(file(), applier);
    Files.writeString(file(), GOOD);
    assertThat(config.tryLoad()).isTrue();

    Files.writeString(file(), "# " + "x".repeat(5 << 20));

    assertThat(config.tryLoad()).isFalse();
    assertThat(applier.state().error())
        .contains("longer than the 4194304 characters that are read");
    assertThat(applier.state().pairs()).isEqualTo(1);
    assertThat(plans).hasSize(1);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPathThatNeverEndsIsReadOnlySoFar() {
    ConfigApplier applier = applier(plans::add);

    assertThat(new FileConfig(Path.of("/dev/zero"), applier).tryLoad()).isFalse();

    assertThat(applier.state().error())
        .contains("longer than the 4194304 characters that are read");
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    ConfigApplier applier = applier(plans::add);
    Files.write(file(), new byte[] {(byte) 0xff, (byte) 0xfe, 1});

    assertThat(new FileConfig(file(), applier).tryLoad()).isFalse();

    assertThat(applier.state().error()).contains("is not UTF-8 text; save it as UTF-8 (line 1)");
  }

  @Test
  void aFileThatCannotBeReadIsRefusedInWords() throws IOException {
    ConfigApplier applier = applier(plans::add);
    Path link = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));

    assertThat(new FileConfig(folder, applier).tryLoad()).isFalse();
    assertThat(applier.state().error()).isEqualTo("the file cannot be read: Is a directory");
    assertThat(new FileConfig(file(), applier).tryLoad()).isFalse();
    assertThat(applier.state().error()).isEqualTo("the file does not exist");
    assertThat(new FileConfig(link, applier).tryLoad()).isFalse();
    assertThat(applier.state().error()).startsWith("the file cannot be read: Too many levels");
  }

  @Test
  void aDocumentThatCannotBeUsedIsRefusedAndNobodyDiesOfIt() throws IOException {
    ConfigApplier applier =
        applier(plan -> {
          if (!plans.isEmpty()) {
            throw new IllegalArgumentException("no such thing");
          }
          plans.add(plan);
        });
    FileConfig config = new FileConfig(file(), applier);
    Files.writeString(file(), GOOD);
    assertThat(config.tryLoad()).isTrue();

    Files.writeString(file(), GOOD.replace("cps: 4", "cps: 5"));

    assertThat(config.tryLoad()).isFalse();
    assertThat(applier.state().error()).contains("cannot be used").contains("no such thing");
    assertThat(applier.state().applied()).isEqualTo(1);
    // The good one is still known to run, and is not applied again.
    Files.writeString(file(), GOOD);
    assertThat(config.tryLoad()).isTrue();
    assertThat(applier.state().error()).isNull();
  }
}
