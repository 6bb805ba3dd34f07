package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.registration.ProbeRegistration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

/** Registration of an agent with a registry, by options and by llama-sd's variables. */
class RegisterOptionsTest {

  @TempDir private Path folder;

  @Command(name = "agent")
  private static final class Options {
    @Mixin private BindOptions bind = new BindOptions();
    @Mixin private RegisterOptions register = new RegisterOptions();
  }

  private AgentSettings.Registry registry(Map<String, String> env, String... args)
      throws IOException {
    Options options = new Options();
    new CommandLine(options).parseArgs(args);
    return options.register.registry(env, 8100, folder, options.bind);
  }

  private ProbeRegistration registration(Map<String, String> env, String... args)
      throws IOException {
    return registry(env, args).registration();
  }

  @Test
  void llamaSdsVariablesAreTaken() throws IOException {
    AgentSettings.Registry registry =
        registry(
            Map.of(
                "LLAMA_SERVER", "http://llama.example:8105",
                "LLAMA_GROUP", "github",
                "LLAMA_KEEPALIVE", "120",
                "LLAMA_PORT", "9100",
                "LLAMA_SOURCE_IP", "198.51.100.7",
                "LLAMA_TAGS", "[source: some_source, hostname: some host]",
                "PROBE_NAME", "host-a",
                "PROBE_SHORTNAME", "a"));

    assertThat(registry.client().server()).isEqualTo("http://llama.example:8105");
    ProbeRegistration registration = registry.registration();
    assertThat(registration.group()).isEqualTo("github");
    assertThat(registration.keepaliveSeconds()).isEqualTo(120);
    assertThat(registration.port()).isEqualTo(9100);
    assertThat(registration.ip()).isEqualTo("198.51.100.7");
    assertThat(registration.tags())
        .containsEntry("source", "some_source")
        .containsEntry("hostname", "some host")
        .containsEntry("probe_name", "host-a")
        .containsEntry("probe_shortname", "a")
        .containsKey("version");
  }

  @Test
  void optionsWinOverVariables() throws IOException {
    ProbeRegistration registration =
        registration(
            Map.of(
                "LLAMA_SERVER", "http://llama.example",
                "LLAMA_GROUP", "github",
                "LLAMA_TAGS", "[a: b]",
                "PROBE_NAME", "host-a",
                "PROBE_SHORTNAME", "a"),
            "--register=https://registry.example:5000",
            "--group=wan",
            "--name=fra-1",
            "--tags=site: Frankfurt",
            "--tags=rack=7");

    assertThat(registration.group()).isEqualTo("wan");
    assertThat(registration.port()).isEqualTo(8100);
    assertThat(registration.keepaliveSeconds()).isEqualTo(300);
    assertThat(registration.ip()).isNull();
    assertThat(registration.tags())
        .containsEntry("site", "Frankfurt")
        .containsEntry("rack", "7")
        .containsEntry("probe_name", "fra-1")
        .containsEntry("probe_shortname", "fra-1")
        .doesNotContainKey("a");
  }

  @Test
  void aRestartIsNoOtherProbe() throws IOException {
    Map<String, String> env = Map.of("LLAMA_SERVER", "http://llama.example", "PROBE_NAME", "p");
    String first = registration(env).instance();

    assertThat(registration(env).instance()).isEqualTo(first);

    Files.writeString(folder.resolve("instance"), "damaged");
    String second = registration(env).instance();
    assertThat(second).isNotEqualTo(first).hasSize(36);
    assertThat(registration(env).instance()).isEqualTo(second);
  }

  @Test
  void machinesOfOneImageThatAreCalledDifferentlyAreNotOneProbe() throws Exception {
    String one = registration(Map.of("LLAMA_SERVER", "http://x", "PROBE_NAME", "a")).instance();
    String copied = registration(Map.of("LLAMA_SERVER", "http://x", "PROBE_NAME", "b")).instance();

    assertThat(one).isNotEqualTo(copied);
    Path file = folder.resolve("instance");
    assertThat(Files.readString(file)).isNotEqualTo(one).isNotEqualTo(copied);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aPlatformsNamesAreTakenAsLlamaProbeTakesThem() throws IOException {
    assertThat(
            registration(
                    Map.of(
                        "KUB", "true",
                        "HOSTNAME", "pod-7",
                        "RC_HOSTNAME", "node-3",
                        "PROBE_NAME", "probe_name",
                        "PROBE_SHORTNAME", "probe_shortname"))
                .tags())
        .containsEntry("probe_name", "pod-7")
        .containsEntry("probe_shortname", "node-3");
    assertThat(
            registration(Map.of("MESOS", "1", "MESOS_CONTAINER_IP", "192.0.2.7", "HOST", "m-1"))
                .tags())
        .containsEntry("probe_name", "192.0.2.7")
        .containsEntry("probe_shortname", "m-1");
    assertThat(registration(Map.of("KUB", "true", "PROBE_NAME", "p")).tags())
        .containsEntry("probe_name", "p");
  }

  @Test
  void whatIsWrongIsRefusedByItsName() {
    Map<String, String> env = Map.of("PROBE_NAME", "p");
    assertWrong(env, "--register 'ftp://x' is no registry's URL", "--register=ftp://x");
    assertWrong(env, "--tags: 'x' is no tag", "--register=http://x", "--tags=x");
    assertWrong(env, "does not exist", "--register=http://x", "--ca-file=" + folder.resolve("no"));
    assertWrong(
        Map.of("PROBE_NAME", "p", "LLAMA_KEEPALIVE", "soon"),
        "LLAMA_KEEPALIVE must be a number, was 'soon'",
        "--register=http://x");
    assertWrong(
        Map.of("PROBE_NAME", "p", "LLAMA_PORT", "70000"),
        "the port must be from 1 to 65535",
        "--register=http://x");
  }

  private void assertWrong(Map<String, String> env, String message, String... args) {
    assertThatThrownBy(() -> registration(env, args))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anAgentThatPushesSaysSoAndFindsItsOwnAddress() throws IOException {
    AgentSettings.Registry registry =
        registry(Map.of(), "--register=http://x", "--push=https://scraper.example:8081");

    assertThat(registry.registration().push()).isTrue();
    assertThat(registry.findsAddress()).isTrue();
    assertThat(registry.push()).isNotNull();
    assertThat(registry(Map.of(), "--register=http://x").registration().push()).isFalse();
    assertThat(
            registry(
                    Map.of(),
                    "--register=http://x",
                    "--push=https://scraper.example:8081",
                    "--reachable")
                .findsAddress())
        .isFalse();
    assertThat(
            registry(
                    Map.of("LLAMA_SOURCE_IP", "198.51.100.7"),
                    "--register=http://x",
                    "--push=https://scraper.example:8081")
                .findsAddress())
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--push=http://scraper:8081 | use https, or say --push-plaintext",
        "--push=scraper:8081 | names no scheme",
        "--push=https:// | is no URL such as https://scraper.example:8081",
        "--push-token-file=x | --push-token-file is that of --push, which is missing",
        "--push-plaintext | --push-plaintext is that of --push",
        "--reachable | --reachable is that of --push",
      })
  void aPushThatCannotBeMeantIsRefused(String option, String message) {
    assertThatThrownBy(() -> registry(Map.of(), "--register=http://x", option))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(message);
  }

  @Test
  void plaintextIsPossibleByItsOwnWord() throws IOException {
    assertThat(
            registry(
                    Map.of(),
                    "--register=http://x",
                    "--push=http://scraper:8081",
                    "--push-plaintext")
                .push())
        .isNotNull();
  }
}
