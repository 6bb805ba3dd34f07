package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.collector.ProbePlan;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PlanMapperTest {

  private static final String TWO_GROUPS =
      """
      version: 1
      summarization: {interval: 10}
      ports: {default: {tos: 0, timeout: 1000, base_port: 25000}}
      port_groups: {default: [{port: default, count: 4}], wide: [{port: default, count: 8}]}
      rate_limits: {slow: {cps: 1}, fast: {cps: 4}}
      tests:
      - {targets: workers, port_group: default, rate_limit: fast}
      - {targets: gpu, port_group: wide, rate_limit: slow}
      targets:
        workers:
        - {ip: 10.0.0.2, port: 8100, name: node-2, tags: {group: workers, tier: worker}}
        - {ip: 10.0.0.3, port: 8100, name: node-3, tags: {group: workers, tier: worker}}
        gpu:
        - {ip: 10.0.0.2, port: 8100, name: node-2, tags: {group: gpu, tier: accelerator, rack: r1}}
      """;

  private final PlanMapper mapper =
      new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.1"), "node-1");

  @Test
  void aPeerInTwoGroupsIsProbedOnceAndItsSeriesNamesBoth() throws Exception {
    CollectorConfig config = CollectorConfigYaml.read(TWO_GROUPS, 8100).config();

    List<ProbePlan.Pair> pairs = mapper.map(config, name -> null).plan().pairs();

    assertThat(pairs).hasSize(2);
    ProbePlan.Pair both = pairs.getFirst();
    assertThat(both.sourcePorts()).isEqualTo(8);
    assertThat(both.periodNanos()).isEqualTo(250_000_000L);
    assertThat(both.tags())
        .containsEntry("group", "gpu+workers")
        .containsEntry("tier", "worker")
        .containsEntry("rack", "r1");
    assertThat(pairs.get(1).tags()).containsEntry("group", "workers");
  }

  @Test
  void aNameThatIsFoundLaterAndOneWhoseAddressChangesAreProbedThen() {
    Map<String, String> dns = new ConcurrentHashMap<>(Map.of("a.example", "10.0.0.2"));
    AtomicLong now = new AtomicLong();
    List<ProbePlan> plans = new ArrayList<>();
    try (HostNames names =
        new HostNames(
            name -> {
              String address = dns.get(name);
              if (address == null) {
                throw new UnknownHostException(name);
              }
              return new InetAddress[] {InetAddress.ofLiteral(address)};
            },
            now::get)) {
      ConfigApplier applier = new ConfigApplier(mapper, names, plans::add, null, 8100);
      assertThat(applier.apply("a.example: {}\nb.example: {}\n10.0.0.9: {}\n", "test")).isTrue();
      assertThat(targets(plans.getLast())).containsExactlyInAnyOrder("10.0.0.2", "10.0.0.9");
      assertThat(applier.state().skipped()).singleElement().asString().contains("b.example");

      dns.put("a.example", "10.0.0.4");
      dns.put("b.example", "10.0.0.3");
      now.addAndGet(HostNames.AGAIN_NANOS);
      await()
          .until(() -> {
            if (names.look()) {
              applier.namesChanged();
            }
            return targets(plans.getLast()).size() == 3;
          });
      await()
          .until(() -> {
            if (names.look()) {
              applier.namesChanged();
            }
            return targets(plans.getLast()).contains("10.0.0.4");
          });

      assertThat(targets(plans.getLast()))
          .containsExactlyInAnyOrder("10.0.0.4", "10.0.0.3", "10.0.0.9");
      assertThat(applier.state().skipped()).isEmpty();
    }
  }

  private static List<String> targets(ProbePlan plan) {
    return plan.pairs().stream()
        .map(pair -> pair.target().getAddress().getHostAddress())
        .distinct()
        .toList();
  }
}
