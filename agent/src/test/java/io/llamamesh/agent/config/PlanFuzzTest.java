package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import io.llamamesh.results.Point.Tags;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Documents of chance: whatever is read has a plan, in which no two pairs are one series, and every
 * target of a test is probed or skipped with a reason. {@code -Dconfigs.mutations=100000} tries
 * more.
 */
class PlanFuzzTest {
  private static final int RUNS = Integer.getInteger("configs.mutations", 2_000);

  private static final String SEED =
      """
      source: {name: here, tags: {site: fra}}
      ports:
        a: {ip: 0.0.0.0, tos: 184, timeout: 500}
        b: {port: 4000, class: a}
        c: {ip: '::', base_port: 25000}
      port_groups: {g: [{port: a, count: 2}, {port: c, count: 1}], h: [{port: b, count: 4}]}
      rate_limits: {r: {cps: 4.0}, s: {cps: 0.5}}
      tests:
      - {targets: x, port_group: g, rate_limit: r}
      - {targets: y, port_group: h, rate_limit: s}
      targets:
        x:
        - {ip: 10.0.0.1, port: 8100, tags: {dst_hostname: localhost, src_hostname: n}}
        - {ip: 10.0.0.2, port: 8100, name: two, tags: {dst_name: zwei}}
        - {ip: host.example, port: 8100}
        - {ip: '::1', port: 8100, tags: {dst_hostname: localhost}}
        y:
        - {ip: 10.0.0.1, port: 8100, tags: {dst_hostname: other}}
        - {ip: '0:0:0:0:0:0:0:1', port: 8100}
        - {ip: 10.0.0.3, port: 8101, tags: {dst_hostname: localhost}}
      """;

  private static final List<String> WORDS =
      List.of(
          "a",
          "b",
          "c",
          "x",
          "y",
          "g",
          "h",
          "r",
          "s",
          "localhost",
          "10.0.0.1",
          "10.0.0.2",
          "'::1'",
          "0",
          "1",
          "8100",
          "65535",
          "255",
          "version: 1",
          "''",
          "~",
          "null",
          "[]",
          "{}",
          "1e3",
          "two",
          "host.example",
          "\"\\n\"",
          "'fe80::1%9'",
          "'::ffff:10.0.0.1'");

  private final Random random = new Random(20_261_130);
  private final PlanMapper mapper =
      new PlanMapper(target -> InetAddress.ofLiteral("192.0.2.1"), null);

  @Test
  void whateverIsReadHasAPlanInWhichNoTwoPairsAreOneSeries() {
    int taken = 0;
    for (int run = 0; run < RUNS; run++) {
      String document = mutated();
      CollectorConfig config;
      try {
        config = CollectorConfigYaml.read(document, 8100).config();
      } catch (InvalidConfigException e) {
        continue;
      }
      taken++;
      check(config, document);
    }
    assertThat(taken).isGreaterThan(RUNS / 20);
  }

  private void check(CollectorConfig config, String document) {
    PlanMapper.Mapped mapped =
        mapper.map(
            config, name -> name.equals("host.example") ? InetAddress.ofLiteral("10.0.0.9") : null);
    Set<List<String>> series = new HashSet<>();
    Set<InetSocketAddress> probed = new HashSet<>();
    for (ProbePlan.Pair pair : mapped.plan().pairs()) {
      probed.add(pair.target());
      assertThat(pair.tags()).as(document).doesNotContainValue(null);
      assertThat(
              series.add(
                  List.of(
                      pair.tags().get(Tags.PORT),
                      pair.tags().get(Tags.DST_NAME),
                      pair.target().getAddress().getClass().getSimpleName())))
          .as("%s of%n%s", pair.tags(), document)
          .isTrue();
    }
    String skipped = String.join("\n", mapped.skipped());
    for (CollectorConfig.Test test : config.tests()) {
      if (config.portGroups().get(test.portGroup()).isEmpty()) {
        continue;
      }
      for (Target target : config.targets().get(test.targets())) {
        boolean isProbed =
            probed.stream()
                .anyMatch(address ->
                    address.getPort() == target.port()
                        && (target.ip().indexOf('.') < 0
                            || target.ip().endsWith(address.getAddress().getHostAddress())
                            || target.ip().equals("host.example")));
        assertThat(
                isProbed
                    || skipped.contains(target.ip())
                    || skipped.contains(TargetNames.preferredName(target)))
            .as("%s skipped %s of%n%s", target, skipped, document)
            .isTrue();
      }
    }
  }

  private String mutated() {
    StringBuilder text = new StringBuilder(SEED);
    for (int left = 1 + random.nextInt(4); left > 0; left--) {
      int at = random.nextInt(text.length());
      if (random.nextInt(4) == 0) {
        text.insert(at, WORDS.get(random.nextInt(WORDS.size())));
        continue;
      }
      int from = text.indexOf(": ", at);
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
