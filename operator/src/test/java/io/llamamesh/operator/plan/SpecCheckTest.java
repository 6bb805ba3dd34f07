package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.MeshSettings;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SpecCheckTest {
  @Test
  void whoReadsWithoutATokenFromAnywhereIsAcceptedWithAWarning() {
    String yaml =
        "{collector: {acceptUnauthenticated: [0.0.0.0/0, 10.0.0.0/8]}, reflector: {acceptUnkeyed:"
            + " ['::/0']}}";

    assertThat(SpecCheck.check(Cluster.given(yaml))).isEmpty();
    assertThat(SpecCheck.warnings(MeshSettings.of(Cluster.given(yaml))))
        .satisfiesExactly(
            unkeyed -> assertThat(unkeyed).startsWith("spec.reflector.acceptUnkeyed has ::/0:"),
            open ->
                assertThat(open)
                    .startsWith("spec.collector.acceptUnauthenticated has 0.0.0.0/0:")
                    .contains("needs no token"));
  }

  @Test
  void anEmptySpecIsAccepted() {
    assertThat(SpecCheck.check(Cluster.given(""))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "reflector: {acceptUnkeyed: [0.0.0.0/0]}",
        "reflector: {acceptUnkeyed: [10.0.0.0/8, '::/0']}",
        "reflector: {acceptUnkeyed: [0.0.0.0/1, 128.0.0.0/1]}",
        "reflector: {acceptUnkeyed: ['2000::/3']}"
      })
  void whatOpensTheReflectorsToTheWorldIsAcceptedWithAWarning(String yaml) {
    assertThat(SpecCheck.check(Cluster.given(yaml))).isEmpty();
    assertThat(SpecCheck.warnings(MeshSettings.of(Cluster.given(yaml))))
        .singleElement()
        .asString()
        .startsWith("spec.reflector.acceptUnkeyed has ")
        .doesNotContain("10.0.0.0/8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "collector: {acceptUnauthenticated: [0.0.0.0/0]}",
        "collector: {acceptUnauthenticated: [10.0.0.0/8, '::/0']}"
      })
  void whatOpensTheResultsToTheWorldIsAcceptedWithAWarning(String yaml) {
    assertThat(SpecCheck.check(Cluster.given(yaml))).isEmpty();
    assertThat(SpecCheck.warnings(MeshSettings.of(Cluster.given(yaml))))
        .singleElement()
        .asString()
        .startsWith("spec.collector.acceptUnauthenticated has ")
        .doesNotContain("10.0.0.0/8");
  }

  @Test
  void manyNetworksThatTogetherAreTheWorldAreNamed() {
    String networks =
        IntStream.range(0, 60).mapToObj(i -> i + ".0.0.0/8").collect(Collectors.joining(", "));
    String yaml = "reflector: {acceptUnkeyed: [" + networks + "]}";

    assertThat(SpecCheck.warnings(MeshSettings.of(Cluster.given(yaml))))
        .singleElement()
        .asString()
        .startsWith("spec.reflector.acceptUnkeyed has 0.0.0.0/8, 1.0.0.0/8")
        .contains("7.0.0.0/8 and 52 more: whoever");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "fabric: {enabled: true}",
        "fabric: {enabled: true, programsSecret: programs}",
        "{fabric: {port: 8100}, security: {authentication: false}}",
        "reflector: {acceptUnkeyed: [10.0.0.0/8, 192.168.0.0/16, 'fc00::/7', 203.0.113.9/32]}",
        "{reflector: {acceptUnkeyed: [0.0.0.0/0]}, security: {authentication: false}}"
      })
  void whatIsUsualIsAcceptedWithoutAWord(String yaml) {
    assertThat(SpecCheck.check(Cluster.given(yaml))).isEmpty();
    assertThat(SpecCheck.warnings(MeshSettings.of(Cluster.given(yaml)))).isEmpty();
  }

  static Stream<Arguments> contradictions() {
    return Stream.of(
        Arguments.of(
            "probes: [{from: default, to: edge}]",
            "spec.probes[0].to: 'edge' is not in spec.groups"),
        Arguments.of(
            "probes: [{from: default, to: default, ports: [voice]}]",
            "spec.probes[0].ports: 'voice' is not in spec.ports"),
        Arguments.of(
            "{groups: [{name: a, targets: [{name: x, host: 'http://x'}]}]}",
            "host 'http://x' of 'x' is neither"),
        Arguments.of(
            "{groups: [{name: a, targets: [{name: x, host: '010.0.0.1'}]}]}",
            "host '010.0.0.1' of 'x' is neither"),
        Arguments.of(
            "{groups: [{name: a, targets: [{name: x, host: '0x7f.1'}]}]}",
            "host '0x7f.1' of 'x' is neither"),
        Arguments.of(
            "collector: {acceptUnauthenticated: ['::ffff:10.0.0.0/104']}",
            "acceptUnauthenticated: '::ffff:10.0.0.0/104' is no network"),
        Arguments.of(
            "reflector: {acceptUnkeyed: ['010.0.0.0/8']}",
            "acceptUnkeyed: '010.0.0.0/8' is no network"),
        Arguments.of(
            "{groups: [{name: a, targets: [{name: x, host: 300.1.1.1}]}]}",
            "host '300.1.1.1' of 'x' is neither"),
        Arguments.of("reflector: {acceptUnkeyed: [10.0.0.0/33]}", "'10.0.0.0/33' is no network"),
        // Agents could not read it, and would not start.
        Arguments.of(
            "reflector: {acceptUnkeyed: ['::ffff:0:0/96']}", "'::ffff:0:0/96' is no network"),
        Arguments.of(
            "collector: {acceptUnauthenticated: ['::ffff:10.0.0.0/104']}",
            "'::ffff:10.0.0.0/104' is no network"),
        Arguments.of("collector: {acceptUnauthenticated: [10.0.0.1]}", "'10.0.0.1' is no network"),
        Arguments.of(
            "groups: [{name: a, targets: [{name: x, host: '2001:db8::1'}, {name: y, host:"
                + " '2001:DB8:0::1'}]}]",
            "'y' is at 2001:DB8:0::1:8100 like 'x'"),
        Arguments.of(
            "groups: [{name: a, targets: [{name: x, host: X.example.}, {name: y, host:"
                + " x.example}]}]",
            "'y' is at x.example:8100 like 'x'"),
        Arguments.of(
            "agent: {image: 'evil; rm -rf'}",
            "spec.agent.image: 'evil; rm -rf' is no image's name"),
        Arguments.of(
            "ports: [{name: a, basePort: 8099, count: 2}]", "contain spec.reflector.port 8100"),
        Arguments.of(
            "agent: {nodeSelector: {kubernetes.io/os: windows}}",
            "kubernetes.io/os is always linux"),
        Arguments.of(
            "groups: [{name: a, nodeSelector: {matchExpressions: [{key: k, operator: in}]}}]",
            "operator 'in' is unknown"),
        Arguments.of(
            "groups: [{name: a, nodeSelector: {matchExpressions: [{key: k, operator: In}]}}]",
            "In needs values"),
        Arguments.of(
            "groups: [{name: a, tags: {time: noon}}]",
            "spec.groups[0] (a).tags.time is a name that InfluxDB reserves"),
        Arguments.of(
            "groups: [{name: a, tags: {port: x}}]",
            "spec.groups[0] (a).tags.port is a tag that every point has already"),
        Arguments.of(
            "groups: [{name: a, targets: [{name: x, host: 10.0.0.1, tags: {_field: y}}]}]",
            "targets (x).tags._field is a name that InfluxDB reserves"),
        Arguments.of(
            "tagLabels: {name: kubernetes.io/hostname}",
            "spec.tagLabels.name would become tag 'src_name'"),
        Arguments.of(
            "fabric: {enabled: true, port: 8100}\ncollector: {apiPort: 8200}",
            "spec.fabric.port: 8100 is spec.reflector.port"),
        Arguments.of(
            "fabric: {enabled: true, port: 8200}\ncollector: {apiPort: 8200}",
            "spec.fabric.port: 8200 is spec.collector.apiPort"),
        Arguments.of(
            "fabric: {enabled: true, port: 25003}",
            "spec.fabric.port: 25003 is a source port of spec.ports (default), 25000..25003"),
        Arguments.of(
            "fabric: {enabled: true}\nsecurity: {authentication: false}",
            "spec.fabric.enabled: needs spec.security.authentication"),
        Arguments.of(
            "fabric: {enabled: false, programsSecret: programs}",
            "spec.fabric.programsSecret: needs spec.fabric.enabled"),
        Arguments.of("collector: {interval: 10m, retention: 1m}", "must not be shorter"),
        Arguments.of("alerts: {lossPercent: '101'}", "from 0 to 100"),
        Arguments.of(
            "probes: [{from: default, to: default}, {from: default, to: default}]",
            "already probes 'default' over 'default'"));
  }

  @ParameterizedTest
  @MethodSource("contradictions")
  void namesTheFieldAndTheRemedy(String yaml, String expected) {
    assertThat(SpecCheck.check(Cluster.given(yaml)))
        .singleElement()
        .satisfies(r -> {
          assertThat(r.reason()).isEqualTo("InvalidSpec");
          assertThat(r.message()).startsWith("spec.").contains(expected);
        });
  }

  @Test
  void aTargetThatNobodyProbesIsRefused() {
    String yaml =
        """
        groups: [{name: a}, {name: b, targets: [{name: x, host: x.example}]}]
        probes: [{from: a, to: a}]
        """;

    assertThat(SpecCheck.check(Cluster.given(yaml)))
        .singleElement()
        .satisfies(r -> assertThat(r.message()).contains("from: b"));
  }
}
