package io.llamamesh.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.config.CollectorConfig.Source;
import io.llamamesh.config.CollectorConfig.Target;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Configs as LLAMA, udprobe and llama-sd have them in the field, and what people do with YAML. */
class ConfigsInTheWildTest {
  private static final String REST =
      """
      ports: {default: {ip: 0.0.0.0, port: 0, tos: 0, timeout: 1000}}
      port_groups: {default: [{port: default, count: 4}]}
      rate_limits: {default: {cps: 4.0}}
      tests: [{targets: default, port_group: default, rate_limit: default}]
      """;

  /** A value behind each equals sign. */
  private static final String REST_IN_LINES =
      """
      # LLAMA's, é
      summarization:
        interval: =30
        handlers: =2
      api:
        bind: =0.0.0.0:5000
      ports:
        default:
          ip: =0.0.0.0
          port: =0
          # before
          tos: =0
          timeout: =1000

      port_groups:
        default:
        - port: =default
          count: =4
      rate_limits:
        default:
          cps: =4.0
      tests:
      - targets: =default
        port_group: =default
        rate_limit: =default
      src_hostname: =a
      retention: =60
      mesh: =m
      """;

  private static List<Target> targets(String yaml) throws InvalidConfigException {
    return CollectorConfigYaml.read(REST + yaml, 8100).config().targets().get("default");
  }

  @Test
  void anchorsAliasesAndMergeKeysMeanWhatYamlSays() throws Exception {
    List<Target> targets =
        targets(
            """
            x-common: &common {site: &s fra, tier: edge}
            x-rack: &rack {rack: r1, tier: core}
            targets:
              default:
              - {ip: 10.0.0.1, port: 8100, tags: {site: *s}}
              - ip: 10.0.0.2
                port: 8100
                tags:
                  tier: own
                  <<: *common
              - {ip: 10.0.0.3, port: 8100, tags: {<<: [*rack, *common]}}
              - {ip: 10.0.0.4, port: 8100, tags: *common}
              - &five {ip: 10.0.0.5, port: 8100, tags: {"<<": text}}
              - {<<: *five, ip: 10.0.0.6}
            """);

    assertThat(targets)
        .extracting(Target::ip, Target::tags)
        .containsExactly(
            tuple("10.0.0.1", Map.of("site", "fra")),
            tuple("10.0.0.2", Map.of("site", "fra", "tier", "own")),
            tuple("10.0.0.3", Map.of("rack", "r1", "site", "fra", "tier", "core")),
            tuple("10.0.0.4", Map.of("site", "fra", "tier", "edge")),
            tuple("10.0.0.5", Map.of("<<", "text")),
            tuple("10.0.0.6", Map.of("<<", "text")));
  }

  @Test
  void thousandsOfTargetsMayShareTheirTags() throws Exception {
    String many =
        IntStream.range(0, 5_000)
            .mapToObj(
                i -> "  - {ip: 10.1.%d.%d, port: 8100, tags: *t}\n".formatted(i / 250, i % 250))
            .collect(Collectors.joining("", "x-t: &t {site: fra}\ntargets:\n  default:\n", ""));

    assertThat(targets(many))
        .hasSize(5_000)
        .allMatch(target -> target.tags().equals(Map.of("site", "fra")));
  }

  @Test
  @Timeout(10)
  void aShortDocumentCannotComeToMuch() {
    StringBuilder lists = new StringBuilder("x0: &x0 {ip: 10.0.0.1, port: 8100}\n");
    StringBuilder merges = new StringBuilder("m0: &m0 {a: b}\n");
    for (int i = 1; i < 40; i++) {
      lists.append("x%d: &x%d [%s]\n".formatted(i, i, ("*x" + (i - 1) + ", ").repeat(20)));
      merges.append("m%d: &m%d {<<: [%s]}\n".formatted(i, i, ("*m" + (i - 1) + ", ").repeat(20)));
    }
    String chain =
        IntStream.range(1, 20_000)
            .mapToObj(i -> "c%d: &c%d {<<: *c%d}\n".formatted(i, i, i - 1))
            .collect(Collectors.joining("", "c0: &c0 {a: b}\n", ""));
    String copies =
        IntStream.range(0, 300)
            .mapToObj(i -> "  t%d: *l\n".formatted(i))
            .collect(Collectors.joining("", "targets:\n", ""));

    assertThatThrownBy(() -> targets(lists + "targets: {default: *x39}\n"))
        .hasMessageContaining("must be a map");
    assertThatThrownBy(() -> targets(merges + "targets: {default: [*m39]}\n"))
        .hasMessageContaining("ip is missing");
    assertThatThrownBy(() -> targets(chain + "targets: {default: [*c19999]}\n"))
        .hasMessageContaining("more than 50 mappings into each other");
    assertThatThrownBy(() -> targets("targets: &t {<<: *t}\n")).hasMessageContaining("merges");
    assertThatThrownBy(() -> targets("targets: {default: &d [*d]}\n"))
        .hasMessageContaining("must be a map");
    assertThatThrownBy(
            () -> targets("x: &l [" + "{ip: 10.0.0.1, port: 8100}, ".repeat(200) + "]\n" + copies))
        .hasMessageContaining("20000 targets");
    assertThatThrownBy(() -> targets("targets:\n " + "[".repeat(100_000)))
        .hasMessage("is not read: Nesting Depth exceeded max 20 (line 6)");
  }

  @Test
  @Timeout(60)
  void aliasesOfKeysThatNobodyKnowsAndOfListsCannotComeToMuchEither() {
    String unknown =
        IntStream.range(0, 30_000)
            .mapToObj(i -> ", k" + i + ": ")
            .collect(Collectors.joining("", "x: &t {ip: 10.0.0.1, port: 1", "}\n"));
    String lists =
        IntStream.range(0, 3_000)
            .mapToObj(i -> "g" + i + ": *y, ")
            .collect(Collectors.joining("", "port_groups: {default: *y, ", "}\n"));
    String entries = "e: &e {port: default, count: 1}\ny: &y [" + "*e, ".repeat(3_000) + "]\n";

    assertThatThrownBy(
            () -> targets(unknown + "targets: {default: [" + "*t, ".repeat(2_000) + "]}\n"))
        .hasMessageContaining("comes to more than the 2000000 values that a document may have");
    assertThatThrownBy(() ->
            CollectorConfigYaml.read(
                entries
                    + REST.replace("port_groups: {default: [{port: default, count: 4}]}\n", lists)
                    + "targets: {default: []}\n",
                8100))
        .hasMessageContaining("comes to more than the 2000000 values that a document may have");
  }

  @Test
  void aTextThatGoesOnForEverIsNoNumberAndEndsNobody() {
    for (String text : List.of("1" + "_1".repeat(300_000), "1" + ":1".repeat(300_000))) {
      assertThatThrownBy(
              () -> CollectorConfigYaml.read("summarization:\n  interval: " + text + "\n", 8100))
          .hasMessageStartingWith("summarization.interval must be a number of seconds, was '1")
          .hasMessageEndingWith("…' (line 2)");
    }
  }

  /** Whatever stands before it: a mark of the byte order, the line ends of Windows, comments. */
  @Test
  void aRefusalNamesTheLineOfTheValue() {
    List<String> lines = (REST_IN_LINES + "targets: {default: []}\n").lines().toList();
    int tried = 0;
    for (int at = 0; at < lines.size(); at++) {
      String line = lines.get(at);
      if (!line.contains("=")) {
        continue;
      }
      for (String end : List.of("\n", "\r\n", "\r")) {
        List<String> wrong = new java.util.ArrayList<>(lines);
        wrong.set(at, line.substring(0, line.indexOf('=')) + "[x]");
        wrong.replaceAll(other -> other.replace("=", ""));
        tried++;
        assertThatThrownBy(
                () -> CollectorConfigYaml.read("\ufeff" + String.join(end, wrong) + end, 8100))
            .as(line)
            .isInstanceOf(InvalidConfigException.class)
            .hasMessageEndingWith("(line " + (at + 1) + ")");
      }
    }
    assertThat(tried).isEqualTo(3 * 16);
  }

  @Test
  void textsStayAsTheyAreWrittenWhateverTheyLookLike() throws Exception {
    assertThat(
            targets(
                    """
                    targets:
                      default:
                      - ip: 10.0.0.1
                        port: 8100
                        tags: {a: yes, b: 01, c: 1.0, d: TRUE, e: 12:30, f: 0x1F, g: ~, h: , i: 2026-01-01, j: "n", k: =}
                    """)
                .getFirst()
                .tags())
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("a", "yes"),
                Map.entry("b", "01"),
                Map.entry("c", "1.0"),
                Map.entry("d", "TRUE"),
                Map.entry("e", "12:30"),
                Map.entry("f", "0x1F"),
                Map.entry("g", ""),
                Map.entry("h", ""),
                Map.entry("i", "2026-01-01"),
                Map.entry("j", "n"),
                Map.entry("k", "=")));
  }

  @Test
  void numbersMayBeWrittenAsGoTakesThemWhereAllReadersAgree() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                REST.replace("timeout: 1000", "timeout: 1e3")
                        .replace("tos: 0", "tos: 0xb8")
                        .replace("cps: 4.0", "cps: .5")
                    + "targets: {default: [{ip: 10.0.0.1, port: 8100.0}]}\n",
                8100)
            .config();

    assertThat(config.ports().get("default").timeoutMillis()).isEqualTo(1000);
    assertThat(config.ports().get("default").tosOctet()).isEqualTo(0xb8);
    assertThat(config.rateLimits().get("default").cps()).isEqualTo(0.5);
    assertThat(config.targets().get("default").getFirst().port()).isEqualTo(8100);
  }

  @Test
  void ipv6AddressesMayStandInGosBracketsOrWithout() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                REST.replace("ip: 0.0.0.0", "ip: '[::1]'")
                    + "targets: {default: [{ip: '[2001:db8::1]', port: 8100},"
                    + " {ip: 2001:db8::2, port: 8100}, {ip: 'fe80::1%eth0', port: 8100},"
                    + " {ip: 0x1.de, port: 8100}]}\n",
                8100)
            .config();

    assertThat(config.ports().get("default").ip()).isEqualTo("::1");
    assertThat(config.targets().get("default"))
        .extracting(Target::ip)
        .containsExactly("2001:db8::1", "2001:db8::2", "fe80::1%eth0", "0x1.de");
    assertThatThrownBy(() -> CollectorConfigYaml.read(REST.replace("0.0.0.0", "eth0"), 8100))
        .hasMessageContaining("ports.default.ip must be an IP address of this host");
  }

  @Test
  void udprobesGlobalHostNameIsTheSourceAndATargetMayHaveAnother() throws Exception {
    CollectorConfigYaml.Document document =
        CollectorConfigYaml.read(
            REST
                + "src_hostname: probe-fra\n"
                + "targets: {default: [{ip: 10.0.0.1, port: 8100, tags: {src_hostname: b}}]}\n",
            8100);

    assertThat(document.ignored()).isEmpty();
    assertThat(
            CollectorConfigYaml.read(
                    REST
                        + "source: {tags: {src_hostname: ours}}\nsrc_hostname: probe\n"
                        + "targets: {default: }\n",
                    8100)
                .ignored())
        .containsExactly("src_hostname (line 6), since source.tags has another");
    assertThatThrownBy(
            () -> CollectorConfigYaml.read("src_hostname: " + "x".repeat(600) + "\n" + REST, 8100))
        .hasMessage("src_hostname must have at most 512 characters, had 600 (line 1)");
    assertThat(document.config().source())
        .isEqualTo(new Source(null, Map.of("src_hostname", "probe-fra")));
    assertThat(document.config().targets().get("default").getFirst().tags())
        .isEqualTo(Map.of("src_hostname", "b"));
    assertThat(CollectorConfigYaml.read(REST + "src_hostname:\ntargets: {default: }\n", 1).config())
        .satisfies(config -> {
          assertThat(config.source()).isNull();
          assertThat(config.targets().get("default")).isEmpty();
        });
  }

  @Test
  void whatLlamaSdRendersIsRead() throws Exception {
    // Values are unquoted there, lines of tags end in a blank, and a group may be empty.
    List<Target> targets =
        targets(
            """
            targets:
                default:\s
                    - ip: 127.0.0.1
                      port: 8100
                      tags:\s
                        version: 1.1.0\s
                        probe_shortname: 01\s
                        probe_name: probe_name\s
                        dst_name: fra-1\s
                        src_name:\s
            """);

    assertThat(targets)
        .containsExactly(
            new Target(
                "127.0.0.1",
                8100,
                Map.of(
                    "version",
                    "1.1.0",
                    "probe_shortname",
                    "01",
                    "probe_name",
                    "probe_name",
                    "dst_name",
                    "fra-1",
                    "src_name",
                    ""),
                null,
                null));
  }

  @Test
  void ofSeveralDocumentsTheFirstCountsAndTheOthersAreTold() throws Exception {
    String first = "\ufeff---\n" + REST + "targets: {default: [{ip: a, port: 1}]}\n";

    assertThat(CollectorConfigYaml.read(first + "---\nx: [\n", 8100))
        .satisfies(document -> {
          assertThat(document.config().targets()).containsKey("default");
          assertThat(document.ignored()).containsExactly("a second document behind the first one");
        });
    assertThat(CollectorConfigYaml.read(first + "...\n", 8100).ignored()).isEmpty();
  }

  @Test
  void theLegacyFormIsRefusedWithItsLineToo() {
    assertThatThrownBy(() -> CollectorConfigYaml.read("a:\nb: {x: [1]}\n", 1))
        .hasMessage("b.x must be text; put it in quotes if it begins with [ or { (line 2)");
    assertThatThrownBy(() -> CollectorConfigYaml.read("a:\nb:\n  x: " + "y".repeat(600) + "\n", 1))
        .hasMessageContaining("b has a tag that cannot be taken")
        .hasMessageContaining("(line 3)");
    assertThatThrownBy(() -> CollectorConfigYaml.read("a:\n10.1: {x: y}\n", 1))
        .hasMessageContaining("four numbers")
        .hasMessageEndingWith("(line 2)");
    assertThatThrownBy(() -> CollectorConfigYaml.read("'::1':\n'[::1]': {x: y}\n", 1))
        .hasMessageContaining("is the address ::1 once more");
  }

  @Test
  void withoutAConfigLlamaProbesTheReflectorBesideIt() {
    CollectorConfig config = CollectorConfigYaml.llamaDefault(8100);

    assertThat(config.api()).isEqualTo(new CollectorConfig.Api("0.0.0.0:5000"));
    assertThat(config.summarization().intervalSeconds()).isEqualTo(30);
    assertThat(config.targets().get("default"))
        .containsExactly(new Target("127.0.0.1", 8100, Map.of(), null, null));
    assertThat(Duration.ofSeconds(config.retentionSeconds())).isEqualTo(Duration.ofHours(1));
  }

  private static org.assertj.core.groups.Tuple tuple(Object... values) {
    return org.assertj.core.groups.Tuple.tuple(values);
  }
}
