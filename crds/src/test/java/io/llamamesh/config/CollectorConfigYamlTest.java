package io.llamamesh.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.config.CollectorConfig.Ingest;
import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.PortGroupEntry;
import io.llamamesh.config.CollectorConfig.RateLimit;
import io.llamamesh.config.CollectorConfig.Source;
import io.llamamesh.config.CollectorConfig.Summarization;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfigYaml.Document;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CollectorConfigYamlTest {
  private static final String LLAMA_FULL =
      """
      summarization:
          interval:   30
          handlers:   2
      api:
          bind:   0.0.0.0:5000
      ports:
          default:
              ip:         0.0.0.0
              port:       0
              tos:        0
              timeout:    1000
          gold:
              ip:         0.0.0.0
              port:       0
              tos:        184
              timeout:    500
      port_groups:
          default:
              - port:     default
                count:    4
              - port:     gold
                count:    2
      rate_limits:
          default:
              cps:    4.0
      tests:
          - targets:      default
            port_group:   default
            rate_limit:   default
      targets:
          default:
              - ip:   127.0.0.1
                port: 8100
                tags:
                    dst_hostname: localhost
                    rack: 7
      """;

  @Test
  void llamasOwnDocumentIsRead() throws Exception {
    CollectorConfig config = CollectorConfigYaml.read(LLAMA_FULL, 8100).config();

    assertThat(config.summarization().intervalSeconds()).isEqualTo(30);
    assertThat(config.ports().get("gold").tosOctet()).isEqualTo(184);
    assertThat(config.ports().get("gold").timeoutMillis()).isEqualTo(500);
    assertThat(config.portGroups().get("default"))
        .containsExactly(new PortGroupEntry("default", 4), new PortGroupEntry("gold", 2));
    assertThat(config.rateLimits().get("default").cps()).isEqualTo(4.0);
    assertThat(config.targets().get("default"))
        .containsExactly(
            new Target(
                "127.0.0.1", 8100, Map.of("dst_hostname", "localhost", "rack", "7"), null, null));
  }

  @Test
  void theLegacyFormMeansWhatGoLlamaTakesItForAndNamesBothEndsAsThePythonOneDoes()
      throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                "10.0.0.2:\n  rack: 01\n  dst_hostname: aa\nhost-3:\n", 60000, "host-1")
            .config();

    assertThat(config.targets().get("default"))
        .containsExactly(
            new Target("10.0.0.2", 60000, Map.of("rack", "01", "dst_hostname", "aa"), null, null),
            new Target("host-3", 60000, Map.of("dst_hostname", "host-3"), null, null));
    assertThat(config.source()).isEqualTo(new Source(null, Map.of("src_hostname", "host-1")));
    assertThat(config.portGroups().get("default"))
        .containsExactly(new PortGroupEntry("default", 4));
    assertThat(config.rateLimits().get("default").cps()).isEqualTo(4.0);
    assertThat(config.summarization().intervalSeconds()).isEqualTo(30);
  }

  @Test
  void aTagThatStoresRefuseIsRefusedByItsName() {
    for (String tag : List.of("time", "_field", "_measurement")) {
      assertThatThrownBy(() -> CollectorConfigYaml.read("10.0.0.2: {" + tag + ": noon}", 8100))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("tags." + tag + " is a name that InfluxDB reserves");
    }
  }

  @Test
  void aTagThatTheCollectorSetsItselfIsRefusedByItsName() {
    for (String tag : List.of("src_ip", "dst_ip", "port", "dscp", "src_port")) {
      assertThatThrownBy(() -> CollectorConfigYaml.read("10.0.0.2: {" + tag + ": x}", 8100))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("tags." + tag + " is a tag that every point has already");
    }
  }

  @Test
  void namesAndGroupAreTagsThatAConfigurationMayGive() throws InvalidConfigException {
    CollectorConfig config =
        CollectorConfigYaml.read(
                "10.0.0.2: {src_name: a, dst_name: b, group: c, mesh: d, time_zone: utc}", 8100)
            .config();

    assertThat(config.targets().get("default").getFirst().tags())
        .containsKeys("src_name", "dst_name", "group", "mesh", "time_zone");
  }

  @Test
  void keysThatAreNotUnderstoodAreIgnoredAsLlamaDoesAndToldWithPathAndLine() throws Exception {
    Document document =
        CollectorConfigYaml.read(
            "x-note: {a: [1, 2]}\n"
                + LLAMA_FULL
                    .replace("handlers", "handlrs")
                    .replace("rack: 7", "rack: 7\n          weight: 3"),
            8100);

    assertThat(document.ignored())
        .containsExactlyInAnyOrder(
            "x-note (line 1)",
            "summarization.handlrs (line 4)",
            "targets.default[0].weight (line 38)");
    assertThat(document.config())
        .isEqualTo(
            CollectorConfigYaml.read(LLAMA_FULL.replace("handlers:   2", ""), 8100).config());
  }

  @Test
  void aMisspeltKeyThatIsNeededIsMissing() {
    assertThatThrownBy(
            () -> CollectorConfigYaml.read(LLAMA_FULL.replace("port_group:", "port_gruop:"), 8100))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("tests[0].port_group is missing (line 27)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tos:        184   | tos:        256    | ports.gold.tos must be from 0 to 255, was 256 (line 15)
          cps:    4.0       | cps:    5000       | rate_limits.default.cps must be from 0.01 to 1000.0
          cps:    4.0       | cps:    fast       | rate_limits.default.cps must be a number of probes per second, was 'fast'
          cps:    4.0       | cps:    .inf       | rate_limits.default.cps must be a number of probes per second, was '.inf'
          count:    2       | count:    0        | port_groups.default[1].count must be from 1 to 256
          count:    2       | count:    2.5      | count must be a whole number, was 2.5 (line 22)
          count:    2       | count:    "2"      | count must be a number without quotes, was '2'
          count:    2       | count:    010      | without leading zeros and underscores
          count:    2       | count:    1_0      | without leading zeros and underscores
          count:    2       | count:    0b10     | must be a plain decimal number
          count:    2       | count:    0o2      | must be a plain decimal number
          count:    2       | count:    1:30     | must be a plain decimal number
          count:    2       | count:             | port_groups.default[1].count is missing (line 22)
          count:    2       | count:  2147483648 | count is out of all bounds, was 2147483648 (line 22)
          cps:    4.0       | cps:    01.5       | must be a plain decimal number
          cps:    4.0       | cps:               | rate_limits.default.cps is missing (line 25)
          cps:    4.0       | cps:    4/s        | cps must be a number of probes per second, was '4/s'
          interval:   30    | interval:   1m30s  | interval must be a number of seconds, was '1m30s' (line 2)
          timeout:    500   | timeout:    500ms  | timeout must be a number of milliseconds, was '500ms'
          tos:        184   | tos:        EF     | tos must be a number from 0 to 255, the whole octet, was 'EF'
          port: 8100        | port:              | targets.default[0].port is missing
          count:    2       | count:    !n 2     | has the tag !n, which is not understood
          port: 8100        | port: 0            | targets.default[0].port must be from 1 to 65535
          port: 8100        | port: 1e999        | targets.default[0].port is out of all bounds, was 1e999
          port: 8100        | port: [8100]       | targets.default[0].port must be a number (line 33)
          interval:   30    | interval:   0      | summarization.interval must be from 1 to 3600
          port:     gold    | port:     silver   | port_groups.default[1].port names 'silver', which is not in ports; it has default, gold (line 21)
          targets:      default | targets: others | tests[0].targets names 'others', which is not in targets
          - ip:   127.0.0.1 | - ip:              | targets.default[0].ip is missing
          - ip:   127.0.0.1 | - ip: 10.1         | four numbers from 0 to 255 without leading zeros
          - ip:   127.0.0.1 | - ip: 010.0.0.1    | four numbers from 0 to 255 without leading zeros
          - ip:   127.0.0.1 | - ip: a.example:80 | must be an address without a port
          - ip:   127.0.0.1 | - ip: "a b"        | must be an address or a host name
          - ip:   127.0.0.1 | - ip: 10.0.0.0/8   | must be an address or a host name
          - ip:   127.0.0.1 | - ip: müller | must be an address or a host name of letters
          - ip:   127.0.0.1 | - ip: 0x7f.1       | four numbers from 0 to 255 without leading zeros
          - ip:   127.0.0.1 | - ip: ::1%         | must be an address without a port
          rack: 7           | !x rack: 7         | targets.default[0].tags has the tag !x
          rack: 7           | rack: "\\\\ud83d" | tags.rack has half of a pair
          - ip:   127.0.0.1 | - ip: [a]          | must be text; put it in quotes if it begins with [
          rack: 7           | rack: [7]          | targets.default[0].tags.rack must be text
          rack: 7           | rack: !!binary YQ  | tags.rack has the tag
          timeout:    500   | timeout:  500\\n        timeout: 600 | ports.gold has the key 'timeout' twice, again on line 17
          tags:             | tags: *nowhere\\n            x: | is not YAML: found undefined alias
          """)
  void aWrongValueIsRefusedWithItsFieldAndBounds(String good, String bad, String message) {
    String yaml = LLAMA_FULL.replace(good, bad.translateEscapes());
    assertThat(yaml).isNotEqualTo(LLAMA_FULL);
    assertThatThrownBy(() -> CollectorConfigYaml.read(yaml, 8100))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''            | empty
          just words    | mapping
          [1, 2]        | mapping
          {             | line
          summarization: {interval: 10} | has no section tests
          targets: {default: []}        | has no section tests
          '{"error": "unknown probe"}'  | the answer of a server: unknown probe
          '\\tx: y'      | is not YAML
          'a: \\1'       | is not YAML
          '? [a] : b'   | has a key that is a list or a map
          '10.0.0.1:\\ntests:\\n' | has no section tests
          'x: "a\0"'   | is not YAML: has the character U+0000, which must be left out or escaped in quotes (line 1)
          'a:\\n  b: - c' | (line 2)
          'a: {b: ::1}' | put a text that begins so in quotes
          """)
  void whatIsNoConfigIsRefusedWithAReason(String yaml, String reason) {
    assertThatThrownBy(() -> CollectorConfigYaml.read(yaml.translateEscapes(), 8100))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void aValueOfTheWrongKindIsRefusedInWordsWithItsPlace() {
    assertThatThrownBy(() -> CollectorConfigYaml.read("version: 1\ntargets: {x: 3}\n", 8100))
        .hasMessage("targets.x must be a list (line 2)");
  }

  @Test
  void aDocumentBeyondTheBoundIsRefusedUnread() {
    String huge = "# " + "x".repeat(CollectorConfigYaml.MAX_CHARACTERS);
    assertThatThrownBy(() -> CollectorConfigYaml.read(huge, 8100))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("longer than the 4194304 characters");
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})
  void whatIsWrittenIsReadBackEqualAndWithTheSameBytes(long seed) throws Exception {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    CollectorConfig config = randomConfig(random);

    String yaml = CollectorConfigYaml.write(config);
    Document back = CollectorConfigYaml.read(yaml, 1);

    assertThat(back.config()).isEqualTo(config);
    assertThat(back.ignored()).isEmpty();
    assertThat(CollectorConfigYaml.write(back.config())).isEqualTo(yaml);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})
  void manyDocumentsWithTargetsInCommonHaveTheBytesOfEachAlone(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    CollectorConfigWriter together = new CollectorConfigWriter();
    List<Target> seen = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      CollectorConfig one = randomConfig(random);
      one.targets().values().forEach(seen::addAll);
      Map<String, List<Target>> targets = new LinkedHashMap<>(one.targets());
      targets.put("a\ntargets:\n  b", List.copyOf(seen));
      targets.put("nobody", List.of());
      targets.put("here", List.of(new Target("here", 1, Map.of(), null, null)));
      CollectorConfig config =
          new CollectorConfig(
              one.version(),
              "here\ntargets:\n  - ip: \"here\"",
              one.source(),
              one.summarization(),
              one.api(),
              one.ports(),
              one.portGroups(),
              one.rateLimits(),
              one.tests(),
              targets,
              one.retention(),
              one.ingest());

      assertThat(together.write(config)).isEqualTo(CollectorConfigYaml.write(config));
    }
  }

  private static CollectorConfig randomConfig(RandomGenerator random) {
    Map<String, Port> ports = new LinkedHashMap<>();
    List<PortGroupEntry> group = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      String name = "class-" + i;
      ports.put(
          name,
          new Port(
              null,
              null,
              random.nextInt(256),
              1 + random.nextInt(60_000),
              random.nextBoolean() ? null : 1024 + random.nextInt(60_000),
              random.nextInt(8901),
              name));
      group.add(new PortGroupEntry(name, 1 + random.nextInt(256)));
    }
    // Texts that YAML would read as something else if they were not quoted.
    List<String> awkward =
        List.of(
            "true",
            "1.0",
            "0x1F",
            "null",
            "~",
            "a: b",
            "- x",
            "#no",
            "é…",
            " lead",
            "2026-01-01",
            "two\nlines",
            "two \n\n more\n",
            "<<",
            "yes",
            "010",
            "");
    List<Target> targets = new ArrayList<>();
    for (int i = 0; i < random.nextInt(20); i++) {
      targets.add(
          new Target(
              "10.0.0." + i,
              1 + random.nextInt(65535),
              Map.of(
                  "zone",
                  awkward.get(random.nextInt(awkward.size())),
                  random.nextBoolean() ? "<<" : "null",
                  "x"),
              random.nextBoolean() ? null : "node-" + i,
              random.nextBoolean() ? null : false,
              random.nextBoolean() ? null : random.nextBoolean() ? "llama" : "legacy"));
    }
    return new CollectorConfig(
        1,
        "default",
        new Source("node-x", Map.of("src_zone", awkward.get(random.nextInt(awkward.size())))),
        new Summarization(1 + random.nextInt(3600), null),
        null,
        ports,
        Map.of("all", group),
        Map.of("pace", new RateLimit(0.01 + random.nextInt(1000))),
        List.of(new CollectorConfig.Test("peers", "all", "pace")),
        Map.of("peers", targets),
        1 + random.nextInt(7200),
        random.nextBoolean() ? null : new Ingest("http://10.0.0.1:8081/ingest"),
        null,
        random.nextBoolean() ? null : CollectorConfig.KEYS_PAIR);
  }
}
