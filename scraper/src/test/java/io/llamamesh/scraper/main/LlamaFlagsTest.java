package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.config.LlamaFlags;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.run.WebAccess;
import io.llamamesh.scraper.store.Store;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What LLAMA's flags, and their absence, mean to the scraper. */
final class LlamaFlagsTest {

  @Command(name = "options")
  private static final class Options {
    @Mixin private final LlamaOptions llama = new LlamaOptions();
    @Mixin private final StoreOptions store = new StoreOptions();
  }

  private static Options parsed(String line) {
    Options options = new Options();
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");
    new CommandLine(options).parseArgs(LlamaFlags.normalized(arguments));
    return options;
  }

  private static @Nullable String store(String line, boolean asLlama) {
    Options options = parsed(line);
    try (Store store =
        options.store.open(new Environment(Map.of()), options.llama, asLlama, false)) {
      return store == null ? null : store.description();
    }
  }

  @Test
  void withoutFlagsEverythingIsWhereLlamasQuickStartHasIt() {
    LlamaOptions llama = parsed("").llama;

    assertThat(llama.hasCollectors() || llama.hasStore() || llama.hasInterval()).isFalse();
    assertThat(llama.hosts() + ":" + llama.port()).isEqualTo("localhost:5000");
    assertThat(llama.interval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(store("", true)).contains("http://127.0.0.1:5086", "llama");
    assertThat(store("", false)).as("our own way names one").isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -llama.influxdb-port 8086                 | http://127.0.0.1:8086
          --llama.influxdb-port=8086                | http://127.0.0.1:8086
          -llama.influxdb-user me                   | http://127.0.0.1:5086
          -llama.influxdb-host db                   | http://db:5086
          -llama.influxdb-host=fd00::1              | http://[fd00::1]:5086
          -llama.influxdb-host [fd00::1]            | http://[fd00::1]:5086
          -llama.influxdb-name net                  | http://127.0.0.1:5086
          """)
  void oneOfLlamasFlagsOfAStoreAloneIsNotIgnored(String line, String url) {
    assertThat(parsed(line).llama.hasStore()).isTrue();
    assertThat(store(line, true)).contains(url);
  }

  /** A store that nobody asked for would be written to, or be missed for ever. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          ''                                            | ''  | http://127.0.0.1:5086 | PT30S | 0
          -llama.interval 10                            | ''  | http://127.0.0.1:5086 | PT10S | 0
          -llama.collector-hosts a,b                    | ''  | http://127.0.0.1:5086 | PT30S | 0
          -llama.collector-port 5001                    | net | http://127.0.0.1:5086 | PT30S | 0
          --collectors a                                | ''  | -                     | PT10S | 8081
          --collectors a -llama.interval 20             | ''  | -                     | PT20S | 8081
          --collectors a --interval 1m30s               | ''  | -                     | PT1M30S | 8081
          --collectors a -llama.influxdb-name net       | ''  | database net          | PT10S | 8081
          --collectors a -llama.influxdb-host db        | ''  | http://db:5086        | PT10S | 8081
          ''                                            | net | -                     | PT10S | 8081
          -llama.interval 20                            | net | -                     | PT20S | 8081
          --mesh net -llama.influxdb-user me            | ''  | http://127.0.0.1:5086 | PT10S | 8081
          --collectors a --influxdb-url=http://x:1      | ''  | http://x:1            | PT10S | 8081
          """)
  void llamasStoreIsWrittenToWhereItsCollectorsAreReadOrAFlagNamesIt(
      String line, String mesh, @Nullable String store, Duration interval, int ingestPort) {
    ScraperCommand command =
        new ScraperCommand(new Environment(mesh.isEmpty() ? Map.of() : Map.of("MESH_NAME", mesh)));
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");
    new CommandLine(command).parseArgs(LlamaFlags.normalized(arguments));

    try (Store opened = command.store()) {
      if (store == null) {
        assertThat(opened).isNull();
      } else {
        assertThat(opened).isNotNull();
        assertThat(opened.description()).contains(store);
      }
    }
    assertThat(command.interval()).isEqualTo(interval);
    assertThat(command.ingestPort()).isEqualTo(ingestPort);
  }

  /** Two scrapers on one host are LLAMA's way, and both have the page's port by default. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                            | true
          -llama.interval 10            | true
          -llama.collector-hosts a,b    | true
          --port 8080                   | false
          --collectors a                | false
          """)
  void underLlamasFlagsAPageMayBeMissingUnlessItsPortWasAskedFor(String line, boolean optional) {
    ScraperCommand command = new ScraperCommand(new Environment(Map.of()));
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ", -1);
    new CommandLine(command).parseArgs(LlamaFlags.normalized(arguments));

    assertThat(command.config("default", WebAccess.OPEN, Tokens.NONE).webOptional())
        .isEqualTo(optional);
  }

  @Test
  void aDatabaseOfLlamasFlagGoesWithOurUrlToo() {
    assertThat(store("--influxdb-url=http://db:8086 -llama.influxdb-name net", true))
        .contains("http://db:8086", "net");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --influxdb-url=http://db:8086 -llama.influxdb-port 1 | either --influxdb-url or -llama
          --influxdb-bucket=b                                  | --influxdb-url is missing
          -llama.influxdb-host a/b@c                           | without scheme, port and credentials
          -llama.influxdb-host db:8086                         | was 'db:8086'; for a URL give --influxdb-url
          -llama.influxdb-host http://db:8086                  | was 'http://db:8086'
          -llama.influxdb-host [db]                            | was
          -llama.influxdb-port 70000                           | -llama.influxdb-port must be 1 to 65535
          -llama.influxdb-port -1                              | -llama.influxdb-port must be 1 to 65535
          -llama.influxdb-name=                                | -llama.influxdb-name must not be empty
          -llama.influxdb-name=a --influxdb-database=b         | either --influxdb-database or -llama.influxdb-name
          --influxdb-url=http://db:8086 --influxdb-database=   | --influxdb-database must not be empty
          -llama.influxdb-user=a --influxdb-username-file=b    | either --influxdb-username-file or -llama.influxdb-user
          """)
  void whatContradictsItselfIsRefused(String line, String message) {
    assertThatThrownBy(() -> store(line, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          scraper -llama.interval 0              | -llama.interval must be positive
          scraper --llama.interval=often         | Invalid value for option '-llama.interval'
          scraper -llama.collector-port 70000    | port must be 1 to 65535
          scraper --collectors a:x --agent-port 1 | --agent-port is that of agents in pods
          scraper -llama.collector-hosts=,       | -llama.collector-hosts names no agent
          scraper -llama.collector-hosts=a:x     | -llama.collector-hosts: port must be a number
          scraper -llama.collector-hosts=1:2:3   | -llama.collector-hosts: host must be a name or an address
          scraper --collectors a -llama.collector-port 5000 | give either --collectors or -llama
          scraper --collectors a -llama.collector-hosts b   | give either --collectors or -llama
          scraper --collectors @pom.xml                     | --collectors: host must be a name or an address, was '@pom.xml'
          scraper --interval 10s -llama.interval 10         | give either --interval or -llama.interval
          scraper --collectors a --agent-port 80            | --agent-port is that of agents in pods
          scraper --registry http://r --collectors a        | either --registry or --collectors
          scraper --registry http://r -llama.collector-port 1  | either --registry or -llama.collector-hosts and -llama.collector-port
          scraper --registry http://r -llama.collector-hosts a | either --registry or -llama.collector-hosts and -llama.collector-port
          scraper --registry-token-file t                   | --registry-token-file is that of --registry, which is missing
          scraper --collectors a --registry-ca-file c       | --registry-ca-file is that of --registry, which is missing
          """)
  void wrongValuesAreNamedInOneLine(String line, String message) {
    PrintStream before = System.err;
    ByteArrayOutputStream error = new ByteArrayOutputStream();
    System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
    try {
      assertThat(ScraperMain.run(Map.of(), line.split(" "))).isEqualTo(1);
    } finally {
      System.setErr(before);
    }
    assertThat(error.toString(StandardCharsets.UTF_8)).contains(message).hasLineCount(1);
  }

  @Test
  void withARegistryTheStoreIsThatOfLlamaScrapersVariables() {
    assertThat(registryStore("", Map.of("INFLUXDB_HOST", "db", "INFLUXDB_NAME", "probes")))
        .contains("http://db:8086", "probes");
    assertThat(registryStore("", Map.of("INFLUXDB_HOST", "2001:db8::7", "INFLUXDB_PORT", "9086")))
        .contains("http://[2001:db8::7]:9086", "llama");
    assertThat(registryStore("", Map.of())).isNull();
    assertThatThrownBy(() -> registryStore("", Map.of("INFLUXDB_HOST", "a/b")))
        .hasMessageContaining("$INFLUXDB_HOST");
  }

  @Test
  void anOptionOfTheStoreWinsOverLlamaScrapersVariables() {
    Map<String, String> variables = Map.of("INFLUXDB_HOST", "db", "INFLUXDB_NAME", "probes");

    assertThat(registryStore("--influxdb-database=net", variables))
        .contains("http://db:8086", "database net");
    assertThat(registryStore("--influxdb-url=http://x:1 --influxdb-database=net", variables))
        .contains("http://x:1", "database net");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --influxdb-bucket=b                                  | need --influxdb-url; $INFLUXDB_HOST names a store of the v1 API
          --influxdb-org=o                                     | need --influxdb-url; $INFLUXDB_HOST names a store of the v1 API
          --influxdb-token-file=t                              | need --influxdb-url; $INFLUXDB_HOST names a store of the v1 API
          --influxdb-database=                                 | --influxdb-database must not be empty
          --influxdb-database=a -llama.influxdb-name=b         | either --influxdb-database or -llama.influxdb-name
          --influxdb-url=http://db:8086 -llama.influxdb-host=a | either --influxdb-url or -llama.influxdb-host
          """)
  void whatContradictsLlamaScrapersVariablesIsRefused(String line, String message) {
    assertThatThrownBy(() -> registryStore(line, Map.of("INFLUXDB_HOST", "db")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  /** Who ran it as LLAMA beside llama-sd's variables had a store, and would miss it for ever. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                                    | ''  | true
          -llama.interval 20                                    | ''  | true
          --registry-token-file t                               | ''  | true
          ''                                                    | db  | false
          --influxdb-url=http://x:1                             | ''  | false
          -llama.influxdb-name net                              | ''  | false
          -llama.collector-hosts a                              | ''  | false
          --registry http://s                                   | ''  | false
          --collectors a                                        | ''  | false
          --mesh net                                            | ''  | false
          """)
  void whereLlamaServerAloneIsFollowedAMissingStoreIsNoticed(
      String line, String influxdbHost, boolean forgotten) {
    ScraperCommand command =
        new ScraperCommand(
            new Environment(Map.of("LLAMA_SERVER", "http://r", "INFLUXDB_HOST", influxdbHost)));
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");
    new CommandLine(command).parseArgs(LlamaFlags.normalized(arguments));

    command.checkContradictions();

    try (Store store = command.store()) {
      assertThat(command.isStoreForgotten(store)).isEqualTo(forgotten);
    }
  }

  @Test
  void aTokenOfARegistryThatLlamaServerNamesAndNobodyFollowsIsRefused() {
    ScraperCommand command =
        new ScraperCommand(new Environment(Map.of("LLAMA_SERVER", "http://r")));
    new CommandLine(command).parseArgs("--collectors", "a", "--registry-token-file", "t");

    assertThatThrownBy(command::checkContradictions)
        .hasMessageContaining("--registry-token-file is that of --registry, which is missing");
  }

  private static @Nullable String registryStore(String line, Map<String, String> variables) {
    Options options = parsed(line);
    try (Store store = options.store.open(new Environment(variables), options.llama, false, true)) {
      return store == null ? null : store.description();
    }
  }
}
