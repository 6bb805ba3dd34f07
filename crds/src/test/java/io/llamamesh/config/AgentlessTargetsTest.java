package io.llamamesh.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.config.CollectorConfig.Target;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Targets without a reflector in a config document: what they need, and what they cannot have. */
class AgentlessTargetsTest {

  private static final String FRAME =
      """
      ports: {default: {}}
      port_groups: {default: [{port: default, count: 4}]}
      rate_limits: {default: {cps: 4}}
      tests: [{targets: default, port_group: default, rate_limit: default}]
      targets:
        default:
      """;

  private static List<Target> targets(String lines) throws InvalidConfigException {
    return CollectorConfigYaml.read(FRAME + lines.indent(2), 8100)
        .config()
        .targets()
        .getOrDefault("default", List.of());
  }

  @Test
  void eachMethodIsReadAndWrittenAsItWas() throws Exception {
    String lines =
        """
        - {name: gateway, ip: 192.0.2.1, method: icmp, tags: {site: fra}}
        - {name: dns, ip: dns.example, port: 53, method: tcp, keyed: false}
        - {name: edge, ip: 192.0.2.3, port: 8100, method: udp}
        """;

    List<Target> targets = targets(lines);

    assertThat(targets)
        .containsExactly(
            new Target("192.0.2.1", 0, Map.of("site", "fra"), "gateway", null, null, "icmp"),
            new Target("dns.example", 53, Map.of(), "dns", false, null, "tcp"),
            new Target("192.0.2.3", 8100, Map.of(), "edge", null, null, "udp"));
    assertThat(targets).extracting(Target::isAgentless).containsExactly(true, true, false);
    CollectorConfig config = CollectorConfigYaml.read(FRAME + lines.indent(2), 8100).config();
    String written = CollectorConfigYaml.write(config);
    assertThat(written).doesNotContain("port: 0");
    assertThat(CollectorConfigYaml.read(written, 8100).config()).isEqualTo(config);
    assertThat(new CollectorConfigWriter().write(config)).isEqualTo(written);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{ip: 192.0.2.1, port: 8100, method: ping} | method must be udp, icmp or tcp, was 'ping'",
        "{ip: 192.0.2.1, port: 8100, method: ICMP} | method must be udp, icmp or tcp, was 'ICMP'",
        "{ip: 192.0.2.1, port: 7, method: icmp} | icmp has no ports; leave it out",
        "{ip: 192.0.2.1, method: tcp} | port is missing: method tcp connects to a port; write it",
        "{ip: 192.0.2.1, port: 0, method: tcp} | port is missing: method tcp",
        "{ip: 192.0.2.1, port: 70000, method: tcp} | port must be from 1 to 65535, was 70000",
        "{ip: 192.0.2.1} | port is missing",
        "{ip: 192.0.2.1, method: udp} | port is missing",
        "{ip: 192.0.2.1, port: 53, method: tcp, keyed: true} | write keyed: false or leave it out",
        "{ip: 192.0.2.1, method: icmp, wire: legacy} | wire is of reflectors, which method udp probes",
      })
  void whatMakesNoSenseIsRefusedWithItsLineAndARemedy(String target, String remedy) {
    assertThatThrownBy(() -> targets("- " + target))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("targets.default[0]")
        .hasMessageContaining(remedy)
        .hasMessageContaining("(line 7)");
  }
}
