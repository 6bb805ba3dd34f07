package io.llamamesh.operator.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * LLAMA's files, broken by chance: each is a resource that has every target and tag of the file as
 * text, or one line. {@code -Dconfigs.mutations=100000} tries more.
 */
final class ImportFuzzTest {
  private static final int RUNS = Integer.getInteger("configs.mutations", 300);

  private static final String SEED =
      """
      ports: {Gold: {tos: 184, timeout: 500}, gold: {tos: 8, port: 4000}}
      port_groups: {d: [{port: Gold, count: 4}], e: [{port: gold, count: 2}]}
      rate_limits: {d: {cps: 4.0}, e: {cps: 3}}
      tests:
      - {targets: d, port_group: d, rate_limit: d}
      - {targets: e, port_group: e, rate_limit: e}
      targets:
        d:
        - {ip: 203.0.113.9, port: 8100, tags: {site: fra, row: '7', dst_hostname: edge}}
        - {ip: host.example, port: 8100, name: other}
        e:
        - {ip: '2001:db8::1', port: 8100, tags: {site: ams}}
      """;

  private static final List<String> WORDS =
      List.of(
          "010",
          "1:30",
          "0o17",
          "0x1f",
          "yes",
          "~",
          "''",
          "<<",
          "'<<'",
          "=",
          "2026-01-01",
          "1e3",
          ".5",
          "203.0.113.9",
          "edge",
          "d",
          "e",
          "Gold",
          "gold",
          "é",
          "\"a\\nb\"",
          "'#'",
          "'- x'",
          "4",
          "0",
          "300",
          "{}",
          "[]",
          "x: y",
          "on",
          "-");

  @TempDir private Path folder;
  private final Random random = new Random(20_261_130);

  @Test
  void aFileIsAResourceThatHasAllOfItOrOneLine() throws Exception {
    int taken = 0;
    Path file = folder.resolve("llama.yaml");
    for (int run = 0; run < RUNS; run++) {
      String document = mutated();
      Files.writeString(file, document);
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      int code =
          OperatorMain.commandLine()
              .setOut(new PrintWriter(out))
              .setErr(new PrintWriter(err))
              .execute("import", file.toString());
      if (code != 0) {
        assertThat(err.toString())
            .as(document)
            .startsWith("import: " + file + ": ")
            .hasLineCount(1);
        continue;
      }
      taken++;
      assertThat(err.toString().lines()).as(document).allMatch(line -> line.startsWith("note: "));
      assertThat(targets(out.toString()))
          .as("%s%nfrom%n%s", out, document)
          .isEqualTo(expected(CollectorConfigYaml.read(document, 8100).config()));
    }
    assertThat(taken).isGreaterThan(RUNS / 20);
  }

  /** Address and tags of all targets, as kubectl sees them. */
  private static Set<String> targets(String resource) {
    Map<?, ?> mesh = new Yaml(new SafeConstructor(new LoaderOptions())).load(resource);
    Set<String> all = new LinkedHashSet<>();
    for (Object group : list(((Map<?, ?>) mesh.get("spec")).get("groups"))) {
      for (Object target : list(((Map<?, ?>) group).get("targets"))) {
        Map<?, ?> map = (Map<?, ?>) target;
        Map<?, ?> tags = map.get("tags") == null ? Map.of() : (Map<?, ?>) map.get("tags");
        assertThat(map.get("name")).isInstanceOf(String.class);
        assertThat(tags.keySet()).allMatch(String.class::isInstance);
        assertThat(tags.values()).allMatch(String.class::isInstance);
        all.add(map.get("host") + " " + map.get("port") + " " + tags);
      }
    }
    return all;
  }

  private static Set<String> expected(CollectorConfig config) {
    Set<String> all = new LinkedHashSet<>();
    Set<String> lists = new LinkedHashSet<>();
    config.tests().forEach(test -> lists.add(test.targets()));
    for (String list : lists) {
      List<String> seen = new ArrayList<>();
      for (CollectorConfig.Target target : config.targets().get(list)) {
        if (!seen.contains(target.ip() + " " + target.port())) {
          seen.add(target.ip() + " " + target.port());
          all.add(target.ip() + " " + target.port() + " " + target.tags());
        }
      }
    }
    return all;
  }

  private static List<?> list(Object value) {
    return value == null ? List.of() : (List<?>) value;
  }

  private String mutated() {
    StringBuilder text = new StringBuilder(SEED);
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      int from = text.indexOf(": ", random.nextInt(text.length()));
      if (from >= 0) {
        int to = from + 2;
        while (",}\n".indexOf(text.charAt(to)) < 0) {
          to++;
        }
        text.replace(from + 2, to, WORDS.get(random.nextInt(WORDS.size())));
      }
    }
    return text.toString();
  }
}
