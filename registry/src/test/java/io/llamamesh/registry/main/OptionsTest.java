package io.llamamesh.registry.main;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.registration.TagList;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Where options come from: command line, environment, file, built-in default, in this order. */
final class OptionsTest {
  @TempDir private Path folder;

  private CommandLine parsed(Map<String, String> environment, String... args) {
    OptionSources sources =
        OptionSources.of(OptionSources.REGISTRY, environment, args, folder, folder.resolve("home"));
    CommandLine line = new CommandLine(new RegistryCommand(sources));
    line.setDefaultValueProvider(sources);
    line.parseArgs(args);
    return line;
  }

  private static Object value(CommandLine line, String option) {
    return line.getCommandSpec().findOption(option).getValue();
  }

  @Test
  void builtInDefaultsAreLlamaSds() {
    CommandLine line = parsed(Map.of());
    assertThat(value(line, "--host")).isEqualTo("127.0.0.1");
    assertThat(value(line, "--port")).isEqualTo(5000);
    assertThat(value(line, "--keepalive")).isEqualTo(86_400);
    assertThat(value(line, "--group")).isEqualTo("default");
    assertThat(value(line, "--interval")).isEqualTo(10);
    assertThat(value(line, "--influxdb-port")).isEqualTo(8086);
    assertThat(value(line, "--influxdb-name")).isEqualTo("llama");
    assertThat(value(line, "--influxdb-host")).isNull();
  }

  @Test
  void shortFlagsOfTheFirstRevisionsAreThere() {
    CommandLine line =
        parsed(Map.of(), "-g", "wan", "-i", "0.0.0.0", "-k", "60", "-p", "8080", "-v");
    assertThat(value(line, "--group")).isEqualTo("wan");
    assertThat(value(line, "--host")).isEqualTo("0.0.0.0");
    assertThat(value(line, "--keepalive")).isEqualTo(60);
    assertThat(value(line, "--port")).isEqualTo(8080);
    assertThat(value(line, "--verbose")).isEqualTo(true);
  }

  @Test
  void variablesOfAllRevisionsAreRead() {
    CommandLine line =
        parsed(
            Map.of(
                "APP_GROUP", "wan",
                "APP_HOST", "0.0.0.0",
                "APP_KEEPALIVE", "61",
                "APP_PORT", "8081",
                "APP_VERBOSE", "True",
                "LLAMA_INTERVAL", "30",
                "INFLUXDB_HOST", "influx",
                "INFLUXDB_PORT", "8087",
                "INFLUXDB_NAME", "net",
                "APP_MAX_PROBES", "7"));
    assertThat(value(line, "--group")).isEqualTo("wan");
    assertThat(value(line, "--host")).isEqualTo("0.0.0.0");
    assertThat(value(line, "--keepalive")).isEqualTo(61);
    assertThat(value(line, "--port")).isEqualTo(8081);
    assertThat(value(line, "--verbose")).isEqualTo(true);
    assertThat(value(line, "--interval")).isEqualTo(30);
    assertThat(value(line, "--influxdb-host")).isEqualTo("influx");
    assertThat(value(line, "--influxdb-port")).isEqualTo(8087);
    assertThat(value(line, "--influxdb-name")).isEqualTo("net");
    assertThat(value(line, "--max-probes")).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({"true, -v", "True, --verbose", "false, -v", "1, -v", "no, -v"})
  void aFlagIsOnWhateverTheVariableSays(String variable, String flag) {
    assertThat(value(parsed(Map.of("APP_VERBOSE", variable), flag), "--verbose")).isEqualTo(true);
  }

  @Test
  void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws Exception {
    Path file = folder.resolve("config.yml");
    Files.writeString(file, "port: 1\ngroup: of-file\nkeepalive: 111\nverbose: False\n");
    Map<String, String> environment =
        Map.of("APP_CONFIG", file.toString(), "APP_PORT", "2", "APP_GROUP", "of-environment");
    CommandLine line = parsed(environment, "--port", "3");
    assertThat(value(line, "--port")).isEqualTo(3);
    assertThat(value(line, "--group")).isEqualTo("of-environment");
    assertThat(value(line, "--keepalive")).isEqualTo(111);
    assertThat(value(line, "--verbose")).isEqualTo(false);
  }

  @Test
  void aFileInTheFolderIsFoundAndOneThatIsNamedReplacesIt() throws Exception {
    Files.writeString(folder.resolve(".config.yml"), "port: 11\n");
    assertThat(value(parsed(Map.of()), "--port")).isEqualTo(11);
    Path other = folder.resolve("other.yml");
    Files.writeString(other, "group: x\nallowed-networks: [self, 10.0.0.0/8]\n");
    CommandLine line = parsed(Map.of(), "-c", other.toString());
    assertThat(value(line, "--port")).isEqualTo(5000);
    assertThat(value(line, "--allowed-networks")).isEqualTo(List.of("self", "10.0.0.0/8"));
  }

  @ParameterizedTest
  @CsvSource({"1, true", "yes, true", "TRUE, true", "0, false", "off, false", "False, false"})
  void theWordsOfLlamaSdSayWhetherAFlagIsOn(String variable, boolean on) {
    assertThat(value(parsed(Map.of("APP_VERBOSE", variable)), "--verbose")).isEqualTo(on);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tags:\n- 'a: b'\n- 'c: d e'\n",
        "tags:\n- a: b\n- c: d e\n",
        "tags: {a: b, c: d e}\n",
        "tags: '[ a: b, c: d e ]'\n"
      })
  void tagsOfAFileMayBeAListOrAMapping(String content) throws Exception {
    Path file = folder.resolve("client.yml");
    Files.writeString(file, content);
    String[] args = {"-c", file.toString()};
    OptionSources sources =
        OptionSources.of(OptionSources.REGISTER, Map.of(), args, folder, folder);
    CommandLine line = new CommandLine(new RegisterCommand(sources));
    line.setDefaultValueProvider(sources);
    line.parseArgs(args);
    List<String> tags = line.getCommandSpec().findOption("--tags").getValue();
    assertThat(TagList.parse(tags)).isEqualTo(Map.of("a", "b", "c", "d e"));
  }

  @Test
  void anEmptyVariableIsUnset() {
    assertThat(value(parsed(Map.of("APP_PORT", " ")), "--port")).isEqualTo(5000);
  }

  @Test
  void bothProgramsNameWhatTheirFilesHaveAndNoOptionIs() throws Exception {
    Path file = folder.resolve("c.yml");
    Files.writeString(file, "servr: http://registry\nport: 8100\n");
    for (String program : List.of("registry", "register")) {
      assertThat(wrongUse(Map.of(), program, "-c", file.toString()))
          .contains(
              program + ": " + file + " has keys that are no option: servr; known are", "port");
    }
  }

  private String wrongUse(Map<String, String> environment, String... args) {
    PrintStream before = System.err;
    ByteArrayOutputStream caught = new ByteArrayOutputStream();
    try (PrintStream stream = new PrintStream(caught, true, UTF_8)) {
      System.setErr(stream);
      assertThat(RegistryMain.run(environment, args)).isEqualTo(1);
    } finally {
      System.setErr(before);
    }
    return caught.toString(UTF_8);
  }

  @Test
  void whatIsWrongIsNamedWithItsFieldAndARemedy() throws Exception {
    assertThat(wrongUse(Map.of(), "registry", "--host", "0.0.0.0"))
        .contains("registry: --host 0.0.0.0 lets others in", "--token-file", "--open");
    assertThat(wrongUse(Map.of("APP_PORT", "http"), "registry"))
        .contains("'http' is not an int", "from $APP_PORT");
    Path file = folder.resolve("c.yml");
    Files.writeString(file, "port: http\n");
    assertThat(wrongUse(Map.of(), "registry", "-c", file.toString()))
        .contains("'http' is not an int", "from port in " + file);
    Files.writeString(file, "prot: 80\n");
    assertThat(wrongUse(Map.of(), "registry", "-c", file.toString()))
        .contains("keys that are no option: prot; known are", "port");
    assertThat(wrongUse(Map.of(), "registry", "-c", folder.resolve("no").toString()))
        .contains("it does not exist");
    assertThat(wrongUse(Map.of(), "registry", "--port", "70000")).contains("0 to 65535");
    assertThat(wrongUse(Map.of(), "registry", "--keepalive", "0"))
        .contains("--keepalive must be from 1 to 2592000, was 0");
    assertThat(wrongUse(Map.of(), "registry", "--allowed-networks", "10/8"))
        .contains("--allowed-networks: '10/8' is no block such as 10.0.0.0/8");
    assertThat(wrongUse(Map.of(), "registry", "--trusted-proxies", "proxy"))
        .contains("--trusted-proxies: 'proxy' is no block");
    assertThat(wrongUse(Map.of(), "registry", "--tls-cert", "x")).contains("belong together");
    assertThat(wrongUse(Map.of(), "registry", "--token-file", folder.resolve("no").toString()))
        .contains("--token-file cannot be used", "does not exist");
    assertThat(wrongUse(Map.of(), "registry", "--loadtest")).contains("not here");
    assertThat(wrongUse(Map.of(), "registry", "--nonsense")).contains("--nonsense");
    assertThat(wrongUse(Map.of(), "register", "--server", "ftp://x"))
        .contains("--server 'ftp://x' is no registry's URL");
    assertThat(wrongUse(Map.of(), "register", "-t", "nothing")).contains("--tags: 'nothing'");
    assertThat(wrongUse(Map.of("LLAMA_KEEPALIVE", "1"), "register"))
        .contains("the keepalive must be from 10");
    assertThat(wrongUse(Map.of())).contains("a command is missing: registry, register");
  }

  @Test
  void helpNamesEveryOptionOnce() {
    OptionSources none =
        OptionSources.of(OptionSources.REGISTRY, Map.of(), new String[0], folder, folder);
    String help = new CommandLine(new RegistryCommand(none)).getUsageMessage();
    for (String option :
        List.of(
            "--token-file",
            "--open",
            "--tls-cert",
            "--allowed-networks",
            "--trusted-proxies",
            "--state-dir",
            "--max-targets",
            "--influxdb-host",
            "--interval")) {
      assertThat(help).contains(option);
    }
    assertThat(help).doesNotContain("--loadtest");
  }
}
