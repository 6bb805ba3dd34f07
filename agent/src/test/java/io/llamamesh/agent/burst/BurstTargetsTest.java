package io.llamamesh.agent.burst;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.agent.config.PlanMapper;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BurstTargetsTest {

  private static final String CONFIG =
      """
      version: 1
      summarization: {interval: 10}
      ports:
        default: {tos: 0, timeout: 1000, base_port: 25000}
        gold: {tos: 184, timeout: 200, base_port: 26000}
      port_groups: {default: [{port: default, count: 4}, {port: gold, count: 2}]}
      rate_limits: {slow: {cps: 1}}
      tests:
      - {targets: all, port_group: default, rate_limit: slow}
      targets:
        all:
        - {ip: 10.0.0.2, port: 8100, name: node-2}
        - {ip: "2001:db8::2", port: 8100, name: node-2}
        - {ip: 10.0.0.3, port: 8100, name: node-3}
        - {ip: 192.0.2.1, port: 8100, name: outside, keyed: false}
        - {ip: 192.0.2.2, port: 8100}
      """;

  private static BurstTargets targets(String yaml) throws Exception {
    CollectorConfig config = CollectorConfigYaml.read(yaml, 8100).config();
    ProbePlan plan =
        new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.1"), "node-1")
            .map(config, name -> null)
            .plan();
    return BurstTargets.of(config, plan);
  }

  @Test
  void onlyMembersMayBeProbedAndNoAddress() throws Exception {
    BurstTargets targets = targets(CONFIG);

    assertThat(targets.contains("node-2") && targets.contains("node-3")).isTrue();
    assertThat(targets.contains("outside")).isFalse();
    assertThat(targets.contains("192.0.2.2")).isFalse();
    assertThat(targets.contains("10.0.0.2")).isFalse();
    assertThat(BurstTargets.NONE.contains("node-2")).isFalse();
  }

  @Test
  void aBurstTakesAllAddressesAndClassesOverPortsOfItsOwn() throws Exception {
    ProbePlan plan = targets(CONFIG).plan("node-2", 240);

    assertThat(plan.pairs())
        .extracting(
            pair -> pair.trafficClass().name(),
            pair -> pair.target().getAddress().getHostAddress(),
            ProbePlan.Pair::sourcePorts,
            pair -> pair.trafficClass().basePort(),
            pair -> pair.trafficClass().timeoutNanos(),
            ProbePlan.Pair::keyed)
        .containsExactlyInAnyOrder(
            tuple("default", "10.0.0.2", 4, 0, 1_000_000_000L, true),
            tuple("gold", "10.0.0.2", 2, 0, 200_000_000L, true),
            tuple("default", "2001:db8:0:0:0:0:0:2", 4, 0, 1_000_000_000L, true),
            tuple("gold", "2001:db8:0:0:0:0:0:2", 2, 0, 200_000_000L, true));
    // Twelve flows, each at 20 probes per second.
    assertThat(plan.pairs()).allMatch(pair -> pair.periodNanos() == 50_000_000L);
  }

  @Test
  void moreThanThirtyTwoFlowsAreNotOpened() throws Exception {
    ProbePlan plan = targets(CONFIG.replace("count: 4", "count: 256")).plan("node-2", 1_000);

    assertThat(plan.pairs()).hasSize(4);
    assertThat(plan.pairs().stream().mapToInt(ProbePlan.Pair::sourcePorts).sum())
        .isLessThanOrEqualTo(BurstLimits.MAX_FLOWS);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "9, 1", "10, 2", "21, 4", "1000, 12"})
  void aSlowBurstOpensNoMoreFlowsThanItFillsWithFiveProbesPerSecond(int pps, int flows)
      throws Exception {
    ProbePlan plan = targets(CONFIG).plan("node-2", pps);

    assertThat(plan.pairs().stream().mapToInt(ProbePlan.Pair::sourcePorts).sum()).isEqualTo(flows);
    assertThat(plan.pairs()).allMatch(pair -> pair.periodNanos() == flows * 1_000_000_000L / pps);
  }

  @Test
  void aClassThatWaitsForAMinuteDoesNotKeepPeopleWaiting() throws Exception {
    ProbePlan plan = targets(CONFIG.replace("timeout: 1000", "timeout: 60000")).plan("node-2", 10);

    assertThat(plan.pairs())
        .allMatch(pair -> pair.trafficClass().timeoutNanos() <= BurstLimits.MAX_TIMEOUT.toNanos());
  }
}
