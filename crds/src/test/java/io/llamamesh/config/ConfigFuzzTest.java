package io.llamamesh.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfig.Port;
import io.llamamesh.config.CollectorConfig.Target;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Broken documents by the thousand: each is a config or refused in one line that names a line of
 * the document. What is taken means what another reader of YAML, SnakeYAML's constructor, makes of
 * the same text. {@code -Dconfigs.mutations=100000} tries more.
 */
class ConfigFuzzTest {
  private static final int RUNS = Integer.getInteger("configs.mutations", 5_000);

  private static final Pattern LINE = Pattern.compile(".* [(]line ([0-9]+)[)]");

  private static final List<String> SEEDS =
      List.of(
          """
          # LLAMA
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
          port_groups:
              default:
                  - port:     default
                    count:    4
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
                      src_region: west
                  - ip:   '[::1]'
                    port: 8101
          """,
          """
          127.0.0.1:
              dst_hostname: localhost
              my_tag: 01
          2001:db8::1:
              foo: yes
          host-3:
          """,
          """
          src_hostname: c1
          x-tags: &t {site: &s fra, tier: edge}
          ports: {a: {tos: 0xb8, timeout: 5e2, class: gold}, b: &b {port: 4000}, c: {<<: *b, tos: 8}}
          port_groups: {g: [{port: a, count: 2}, {port: c, count: 1}]}
          rate_limits: {r: {cps: 0.5}}
          tests: [{targets: x, port_group: g, rate_limit: r}, {targets: y, port_group: g, rate_limit: r}]
          targets:
            x: &x
            - {ip: 10.0.0.1, port: 8100, tags: *t, wire: legacy}
            - {ip: 10.0.0.2, port: 8100, tags: {<<: *t, site: ams, row: "7"}, name: n2, keyed: true}
            y: *x
          """,
          """
          version: 1
          mesh: default
          source: {name: node-1, tags: {src_zone: a}}
          summarization: {interval: 10}
          ports: {default: {tos: 0, timeout: 1000, base_port: 25000, payload_bytes: 1000}}
          port_groups: {default: [{port: default, count: 4}]}
          rate_limits: {250ms: {cps: 4.0}}
          tests: [{targets: "default>default", port_group: default, rate_limit: 250ms}]
          targets: {"default>default": [{ip: 10.0.0.2, port: 8100, tags: {group: default}, name: node-2, keyed: true}]}
          retention: 3600
          ingest: {url: "http://scraper:8081/ingest"}
          """);

  /** What readers of YAML disagree about, or stumble over; split at the bars. */
  private static final List<String> WORDS =
      List.of(
          ("010|0x10|1_000|1e3|1e999999999|-1|+5|4.0|4.5|.5|.inf|.nan|99999999999999999999|1:30|~|null"
                  + "|yes|TRUE|=|<<: *t|<<: *b|<<: [*t, *t]|*t|*s|*x|*nope|&t x|&n {a: b}|!x y|!!str 5"
                  + "|[]|{}|[a]|{a: b}|- |? |---|...|%TAG|>-|'|\"|\t|\u0000|\u0085|\u2028|\ufeff|\ud83d"
                  + "|\ud83d\ude00|é||ip:|tests:|[::1]|::1|10.1|256.1.1.1|default|"
                  + "x".repeat(600)
                  + "|0b1|0o7|01.5|1_0.5|1m30s|"
                  + "1_".repeat(9_000))
              .split("[|]"));

  private final RandomGenerator random =
      RandomGeneratorFactory.of("L64X128MixRandom").create(20_261_130);

  @Test
  void everyDocumentIsAConfigThatSaysWhatItSaysOrIsRefusedInOneLine() {
    int taken = 0;
    int compared = 0;
    for (int run = 0; run < RUNS; run++) {
      String document = mutated();
      CollectorConfig config;
      try {
        config = CollectorConfigYaml.read(document, 8100, "here").config();
      } catch (InvalidConfigException e) {
        isOneLineThatNamesALine(String.valueOf(e.getMessage()), document);
        continue;
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("run " + run + " of:\n" + document, e);
      }
      taken++;
      Map<?, ?> other = OtherReader.read(document);
      if (other != null) {
        compared++;
        assertThat(said(config)).as("run %s of:%n%s", run, document).isEqualTo(expected(other));
      }
    }
    // A test that only ever sees refusals, or never compares, would say nothing.
    assertThat(taken).isGreaterThan(RUNS / 10);
    assertThat(compared).isGreaterThan(taken * 9 / 10);
  }

  private static void isOneLineThatNamesALine(String message, String document) {
    assertThat(message).isNotBlank().hasSizeLessThan(700).doesNotContain("\n", "\r");
    if (message.equals("the document is empty")) {
      return;
    }
    Matcher line = LINE.matcher(message);
    assertThat(line.matches()).as(message).isTrue();
    // YAML 1.1 counts more characters than an editor as ends of lines.
    int lines = document.split("\r\n|[\n\r\u0085\u2028\u2029]", -1).length;
    assertThat(Integer.parseInt(line.group(1))).as(message).isBetween(1, lines);
  }

  private String mutated() {
    StringBuilder text = new StringBuilder(pick(SEEDS));
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(8)) {
        case 0 -> text.insert(at, pick(WORDS));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(12)));
        case 2 -> text.insert(at, "{}[],:#&*!|>'\"%@`- \n".charAt(random.nextInt(20)));
        case 3 -> replaceWord(text, at);
        case 4 -> repeatLine(text, at);
        case 5 -> text.insert(lineStart(text, at), " ".repeat(random.nextInt(4)));
        case 6 -> text.setLength(at);
        default -> {
          String other = pick(SEEDS);
          text.insert(lineStart(text, at), other.substring(random.nextInt(other.length())));
        }
      }
    }
    return text.toString();
  }

  private <T> T pick(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** From behind a blank to the end of the word. */
  private void replaceWord(StringBuilder text, int at) {
    int from = text.indexOf(" ", at);
    if (from >= 0) {
      int to = from + 1;
      while (to < text.length() && ",}]\n ".indexOf(text.charAt(to)) < 0) {
        to++;
      }
      text.replace(from + 1, to, pick(WORDS));
    }
  }

  private static void repeatLine(StringBuilder text, int at) {
    int from = lineStart(text, at);
    int to = text.indexOf("\n", from);
    if (to >= 0) {
      text.insert(from, text.substring(from, to + 1));
    }
  }

  private static int lineStart(StringBuilder text, int at) {
    return text.lastIndexOf("\n", at - 1) + 1;
  }

  /** All that a config says, by path. */
  private static Map<String, String> said(CollectorConfig config) {
    Map<String, String> said = new TreeMap<>();
    put(said, "version", config.version());
    put(said, "mesh", config.mesh());
    put(said, "interval", config.summarization().intervalSeconds());
    put(said, "retention", config.retentionSeconds());
    put(said, "api", config.api() == null ? null : config.api().bind());
    put(said, "ingest", config.ingest() == null ? null : config.ingest().url());
    if (config.source() != null) {
      put(said, "source", config.source().name());
      config.source().tags().forEach((key, value) -> put(said, "source/" + key, value));
    }
    config.ports().forEach((name, port) -> port(said, "ports/" + name, port));
    config
        .portGroups()
        .forEach((name, entries) ->
            each(
                said,
                "groups/" + name,
                entries,
                (at, e) -> {
                  put(said, at + "/port", e.port());
                  put(said, at + "/count", e.count());
                }));
    config.rateLimits().forEach((name, limit) -> put(said, "rates/" + name, limit.cps()));
    each(
        said,
        "tests",
        config.tests(),
        (at, test) -> {
          put(said, at, test.targets() + "/" + test.portGroup() + "/" + test.rateLimit());
        });
    config
        .targets()
        .forEach((name, list) ->
            each(said, "targets/" + name, list, (at, target) -> target(said, at, target)));
    return said;
  }

  private static void port(Map<String, String> said, String at, Port port) {
    put(said, at + "/ip", port.ip());
    put(said, at + "/port", port.port());
    put(said, at + "/tos", port.tosOctet());
    put(said, at + "/timeout", port.timeoutMillis());
    put(said, at + "/base", port.basePort());
    put(said, at + "/payload", port.padding());
    put(said, at + "/class", port.className());
  }

  private static void target(Map<String, String> said, String at, Target target) {
    put(said, at + "/ip", target.ip());
    put(said, at + "/port", target.port());
    put(said, at + "/name", target.name());
    put(said, at + "/keyed", target.keyed());
    put(said, at + "/wire", target.wire());
    put(said, at + "/method", target.method());
    target.tags().forEach((key, value) -> put(said, at + "/tags/" + key, value));
  }

  /** The same of what the other reader says. */
  private static Map<String, String> expected(Map<?, ?> document) {
    Map<String, String> said = new TreeMap<>();
    boolean full =
        document.keySet().stream().anyMatch(key -> ConfigReader.SECTIONS.contains(text(key)));
    if (!full) {
      return said(LegacyConfig.of(tagsByHost(document), 8100, "here"));
    }
    put(said, "version", number(document.get("version")));
    put(said, "mesh", document.get("mesh"));
    put(said, "interval", number(map(document, "summarization").get("interval"), "30"));
    put(said, "retention", number(document.get("retention"), "3600"));
    put(said, "api", map(document, "api").get("bind"));
    put(said, "ingest", map(document, "ingest").get("url"));
    Object host = document.get("src_hostname");
    host = host == null || text(host).isBlank() ? null : host;
    Object name = map(document, "source").get("name");
    put(said, "source", name);
    put(said, "source/src_hostname", host);
    map(map(document, "source"), "tags")
        .forEach((key, value) -> put(said, "source/" + text(key), text(value)));
    map(document, "ports")
        .forEach((key, value) -> {
          String at = "ports/" + text(key);
          Map<?, ?> port = value instanceof Map<?, ?> m ? m : Map.of();
          put(said, at + "/ip", blankIsAbsent(unbracketed(port.get("ip"))));
          put(said, at + "/port", number(port.get("port")));
          put(said, at + "/tos", number(port.get("tos"), "0"));
          put(said, at + "/timeout", number(port.get("timeout"), "1000"));
          put(said, at + "/base", number(port.get("base_port")));
          put(said, at + "/payload", number(port.get("payload_bytes"), "1000"));
          put(said, at + "/class", port.get("class"));
        });
    map(document, "port_groups")
        .forEach((key, value) ->
            each(
                said,
                "groups/" + text(key),
                list(value),
                (at, e) -> {
                  put(said, at + "/port", map(e).get("port"));
                  put(said, at + "/count", number(map(e).get("count")));
                }));
    map(document, "rate_limits")
        .forEach((key, value) -> put(said, "rates/" + text(key), decimal(map(value).get("cps"))));
    each(
        said,
        "tests",
        list(document.get("tests")),
        (at, test) ->
            put(
                said,
                at,
                map(test).get("targets")
                    + "/"
                    + map(test).get("port_group")
                    + "/"
                    + map(test).get("rate_limit")));
    map(document, "targets")
        .forEach((key, value) ->
            each(
                said,
                "targets/" + text(key),
                list(value),
                (at, target) -> {
                  put(said, at + "/ip", unbracketed(map(target).get("ip")));
                  put(said, at + "/port", number(map(target).get("port")));
                  put(said, at + "/name", map(target).get("name"));
                  Object keyed = map(target).get("keyed");
                  put(said, at + "/keyed", keyed == null ? null : Boolean.valueOf(text(keyed)));
                  put(said, at + "/wire", map(target).get("wire"));
                  put(said, at + "/method", map(target).get("method"));
                  map(map(target), "tags")
                      .forEach((tag, tagged) -> put(said, at + "/tags/" + text(tag), text(tagged)));
                }));
    return said;
  }

  private static Map<String, Map<String, String>> tagsByHost(Map<?, ?> document) {
    Map<String, Map<String, String>> all = new LinkedHashMap<>();
    document.forEach((host, value) -> {
      Map<String, String> tags = new LinkedHashMap<>();
      map(value).forEach((key, tag) -> tags.put(text(key), text(tag)));
      all.put(String.valueOf(unbracketed(host)), tags);
    });
    return all;
  }

  private interface Each<T> {
    void of(String at, T item);
  }

  private static <T> void each(Map<String, String> said, String at, List<T> items, Each<T> each) {
    put(said, at + "/size", items.size());
    for (int i = 0; i < items.size(); i++) {
      each.of(at + "/" + i, items.get(i));
    }
  }

  private static void put(Map<String, String> said, String at, @Nullable Object value) {
    if (value != null) {
      said.put(at, value.toString());
    }
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  private static @Nullable Object unbracketed(@Nullable Object value) {
    return value == null ? null : text(value).replaceFirst("^\\[(.*:.*)]$", "$1");
  }

  private static @Nullable Object blankIsAbsent(@Nullable Object value) {
    return value == null || text(value).isBlank() ? null : value;
  }

  private static @Nullable String number(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    String text = value.toString();
    return text.startsWith("0x")
        ? Long.toString(Long.parseLong(text, 2, text.length(), 16))
        : Integer.toString(new BigDecimal(text).intValueExact());
  }

  private static @Nullable Double decimal(@Nullable Object value) {
    String text = text(value);
    return text.startsWith("0x")
        ? (double) Long.parseLong(text, 2, text.length(), 16)
        : Double.parseDouble(text);
  }

  private static String number(@Nullable Object value, String absent) {
    String number = number(value);
    return number == null ? absent : number;
  }

  private static Map<?, ?> map(Map<?, ?> map, String key) {
    return map(map.get(key));
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? map : Map.of();
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> list ? list : new ArrayList<>();
  }

  /**
   * SnakeYAML's constructor, which resolves aliases and merges itself, with all scalars as text.
   */
  private static final class OtherReader extends Resolver {
    private static final Pattern NULL = Pattern.compile("^(?:~|null|Null|NULL|)$");

    @Override
    protected void addImplicitResolvers() {
      addImplicitResolver(Tag.MERGE, MERGE, "<");
      addImplicitResolver(Tag.NULL, NULL, "~nN\0");
      addImplicitResolver(Tag.NULL, EMPTY, null);
    }

    /** The first document; null where it has what this reader does not take. */
    static @Nullable Map<?, ?> read(String document) {
      LoaderOptions options = new LoaderOptions();
      options.setMaxAliasesForCollections(1000);
      options.setWarnOnDuplicateKeys(false);
      DumperOptions dumper = new DumperOptions();
      Yaml yaml =
          new Yaml(
              new SafeConstructor(options),
              new Representer(dumper),
              dumper,
              options,
              new OtherReader());
      try {
        String text = document.startsWith("\ufeff") ? document.substring(1) : document;
        return yaml.loadAll(text).iterator().next() instanceof Map<?, ?> map ? map : null;
      } catch (RuntimeException e) {
        return null;
      }
    }
  }
}
