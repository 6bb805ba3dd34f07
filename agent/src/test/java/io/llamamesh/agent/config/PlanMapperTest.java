package io.llamamesh.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
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
      assertThat(applier.tryApply("a.example: {}\nb.example: {}\n10.0.0.9: {}\n", "test")).isTrue();
      assertThat(targets(plans.getLast())).containsExactlyInAnyOrder("10.0.0.2", "10.0.0.9");
      assertThat(applier.state().skipped()).singleElement().asString().contains("b.example");

      dns.put("a.example", "10.0.0.4");
      dns.put("b.example", "10.0.0.3");
      now.addAndGet(HostNames.RETRY_NANOS);
      await()
          .until(() -> {
            if (names.refresh()) {
              applier.namesChanged();
            }
            return targets(plans.getLast()).size() == 3;
          });
      await()
          .until(() -> {
            if (names.refresh()) {
              applier.namesChanged();
            }
            return targets(plans.getLast()).contains("10.0.0.4");
          });

      assertThat(targets(plans.getLast()))
          .containsExactlyInAnyOrder("10.0.0.4", "10.0.0.3", "10.0.0.9");
      assertThat(applier.state().skipped()).isEmpty();
    }
  }

  private static final String AGENTLESS =
      """
      ports: {default: {timeout: 500}, gold: {tos: 184}}
      port_groups: {default: [{port: default, count: 4}, {port: gold, count: 2}]}
      rate_limits: {slow: {cps: 2}, fast: {cps: 100}}
      tests:
      - {targets: hosts, port_group: default, rate_limit: slow}
      - {targets: again, port_group: default, rate_limit: fast}
      targets:
        hosts:
        - {ip: 10.0.0.2, port: 53, name: dns, method: udp}
        - {ip: 10.0.0.2, method: icmp, name: host, tags: {site: fra, method: theirs}}
        - {ip: 10.0.0.2, port: 53, name: dns-tcp, method: tcp}
        again:
        - {ip: 10.0.0.2, method: icmp, name: host}
      """;

  @Test
  void targetsWithoutAReflectorAreMarkedAndPacedByThemselvesAndNoReflectorsPairs()
      throws Exception {
    CollectorConfig config = CollectorConfigYaml.read(AGENTLESS, 8100).config();

    PlanMapper.Mapped mapped = mapper.map(config, name -> null);

    assertThat(mapped.skipped()).isEmpty();
    assertThat(mapped.plan().pairs())
        .extracting(pair -> pair.tags().get("dst_name"), pair -> pair.tags().get("method"))
        .containsExactly(tuple("dns", null), tuple("dns", null));
    assertThat(mapped.plan().agentless())
        .extracting(
            pair -> pair.tags().get("dst_name"),
            pair -> pair.tags().get("port"),
            pair -> pair.tags().get("method"),
            pair -> pair.target().getPort(),
            pair -> pair.periodNanos() / 1_000_000)
        .containsExactlyInAnyOrder(
            tuple("host", "default", "icmp", 0, 100L),
            tuple("host", "gold", "icmp", 0, 100L),
            tuple("dns-tcp", "default", "tcp", 53, 500L),
            tuple("dns-tcp", "gold", "tcp", 53, 500L));
    assertThat(mapped.plan().agentless().getFirst().tags())
        .containsEntry("group", "again+hosts")
        .containsEntry("site", "fra")
        .containsEntry("src_ip", "10.0.0.1")
        .containsEntry("dst_ip", "10.0.0.2");
  }

  @Test
  void moreTargetsWithoutAReflectorThanAnAgentProbesAreLeftOutAndNamed() throws Exception {
    StringBuilder document = new StringBuilder(AGENTLESS);
    for (int i = 0; i < 600; i++) {
      document.append("  - {ip: 10.1.%d.%d, method: icmp}\n".formatted(i / 250, i % 250));
    }

    PlanMapper.Mapped mapped =
        mapper.map(CollectorConfigYaml.read(document.toString(), 8100).config(), name -> null);

    assertThat(mapped.plan().agentless()).hasSize(PlanMapper.MAX_AGENTLESS);
    assertThat(mapped.plan().pairs()).hasSize(2);
    assertThat(mapped.skipped())
        .hasSize(90) // 510 of the 600 fit, in two classes each
        .allMatch(line -> line.contains("an agent probes 1024 targets by icmp and tcp"));
  }

  @Test
  void oneNameForAHostByTwoMethodsIsToldApart() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                AGENTLESS.replace("dns-tcp", "host").replace("name: dns,", "name: host,"), 8100)
            .config();

    assertThat(mapper.map(config, name -> null).plan().agentless())
        .extracting(pair -> pair.tags().get("dst_name"))
        .contains("host (icmp 10.0.0.2)", "host (tcp 10.0.0.2:53)");
  }

  private static final String LLAMA =
      """
      ports: {default: {ip: 0.0.0.0, port: 0, tos: 0, timeout: 300}}
      port_groups: {default: [{port: default, count: 1}]}
      rate_limits: {default: {cps: 4.0}}
      tests: [{targets: default, port_group: default, rate_limit: default}]
      targets:
        default:
      """;

  private static PlanMapper.Mapped llama(PlanMapper mapper, String targets) throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(LLAMA + targets.indent(2), 8100, "this-host").config();
    return mapper.map(config, name -> null);
  }

  /** A collector of bare metal. */
  private static final PlanMapper BARE =
      new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.1"), null);

  private static List<String> names(PlanMapper.Mapped mapped) {
    return mapped.plan().pairs().stream()
        .map(pair -> pair.tags().get("src_name") + ">" + pair.tags().get("dst_name"))
        .toList();
  }

  @Test
  void llamasHostNamesNameSourceAndDestinationWhereOursAreAbsent() throws Exception {
    PlanMapper.Mapped mapped =
        llama(
            BARE,
            """
            - {ip: 10.0.0.2, port: 8100, tags: {src_hostname: a, dst_hostname: b}}
            - {ip: 10.0.0.3, port: 8100, tags: {dst_hostname: c, dst_name: ours, src_name: us}}
            - {ip: 10.0.0.4, port: 8100, name: d, tags: {dst_hostname: c, dst_name: no}}
            - {ip: 10.0.0.5, port: 8100, tags: {dst_name: " "}}
            """);

    assertThat(names(mapped)).containsExactly("a>b", "us>ours", "a>d", "a>10.0.0.5");
    assertThat(mapped.plan().pairs().getFirst().tags())
        .containsEntry("src_hostname", "a")
        .containsEntry("dst_hostname", "b");
    assertThat(names(llama(mapper, "- {ip: 10.0.0.2, port: 1, tags: {src_hostname: a}}")))
        .as("an agent is called as its node is")
        .containsExactly("node-1>10.0.0.2");
  }

  @Test
  void udprobesHostNameIsTheSourceAndATargetMayNameAnother() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                "src_hostname: one\n"
                    + LLAMA
                    + "  - {ip: 10.0.0.2, port: 8100}\n"
                    + "  - {ip: 10.0.0.3, port: 8100, tags: {src_hostname: other}}\n",
                8100)
            .config();

    assertThat(names(BARE.map(config, name -> null)))
        .containsExactly("one>10.0.0.2", "other>10.0.0.3");
  }

  @Test
  void theLegacyFormIsNamedAsThePythonCollectorNamesIt() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read("10.0.0.2: {rack: r1}\n10.0.0.3: {dst_hostname: c}\n", 8100, "me")
            .config();

    assertThat(names(BARE.map(config, name -> null))).containsExactly("me>10.0.0.2", "me>c");
  }

  @Test
  void targetsThatHaveANameInCommonAreDistinguishedByAddress() throws Exception {
    assertThat(
            names(
                llama(
                    BARE,
                    """
                    - {ip: 10.0.0.2, port: 8100, tags: {dst_hostname: localhost}}
                    - {ip: 10.0.0.3, port: 8100, tags: {dst_hostname: localhost}}
                    - {ip: 10.0.0.4, port: 8100}
                    - {ip: 10.0.0.4, port: 8101}
                    - {ip: 10.0.0.5, port: 8100, name: dual}
                    - {ip: '[fd00::5]', port: 8100, name: dual}
                    - {ip: fd00::6, port: 8100, tags: {dst_name: six}}
                    - {ip: fd00::7, port: 8100, tags: {dst_name: six}}
                    """)))
        .containsExactly(
            "null>localhost (10.0.0.2:8100)",
            "null>localhost (10.0.0.3:8100)",
            "null>10.0.0.4:8100",
            "null>10.0.0.4:8101",
            "null>dual",
            "null>dual",
            "null>six ([fd00::6]:8100)",
            "null>six ([fd00::7]:8100)");
  }

  @Test
  void ofTwoNamesForOneAddressTheFirstIsProbedWithItsOwnTagsAndTheOtherSkipped() throws Exception {
    PlanMapper.Mapped mapped =
        llama(
            BARE,
            """
            - {ip: 10.0.0.2, port: 8100, name: a, tags: {rack: r1}}
            - {ip: 10.0.0.2, port: 8100, name: b, tags: {dc: x}}
            - {ip: '0:0:0:0:0:0:0:2', port: 8100, tags: {dst_hostname: c}}
            - {ip: '::2', port: 8100, tags: {dst_hostname: d}}
            """);

    assertThat(names(mapped)).containsExactly("null>a", "null>c");
    assertThat(mapped.plan().pairs().getFirst().tags())
        .containsEntry("rack", "r1")
        .doesNotContainKey("dc");
    assertThat(mapped.skipped())
        .containsExactly(
            "b: is at 10.0.0.2:8100 like a, which is probed",
            "d: is at [::2]:8100 like c, which is probed");
  }

  @Test
  void ofTwoPortsOfOneClassTheFirstProbesATargetSinceTheirPointsWouldBeOne() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                """
                ports: {a: {tos: 184, class: gold}, b: {tos: 8, class: gold}, c: {tos: 0}}
                port_groups: {default: [{port: a, count: 1}, {port: b, count: 1}, {port: c, count: 1}]}
                rate_limits: {default: {cps: 4.0}}
                tests: [{targets: default, port_group: default, rate_limit: default}]
                targets: {default: [{ip: 10.0.0.2, port: 8100}]}
                """,
                8100)
            .config();

    PlanMapper.Mapped mapped = BARE.map(config, name -> null);

    assertThat(mapped.plan().pairs())
        .extracting(pair -> pair.trafficClass().name() + " " + pair.trafficClass().tos())
        .containsExactly("gold 184", "c 0");
    assertThat(mapped.skipped())
        .containsExactly("10.0.0.2: is probed by another port of class gold, give one another");
  }

  @Test
  void anAgentOfAMeshDoesNotProbeItselfButAFileMayAskForIt() throws Exception {
    PlanMapper agent =
        new PlanMapper(
            target -> InetAddress.ofLiteral("10.0.0.2"), address -> true, "node-1", true, 8100);
    String mesh = "version: 1\n" + LLAMA + "  - {ip: 10.0.0.2, port: 8100, name: twin}\n";

    assertThat(agent.map(CollectorConfigYaml.read(mesh, 1).config(), name -> null))
        .satisfies(mapped -> {
          assertThat(mapped.plan().pairs()).isEmpty();
          assertThat(mapped.skipped())
              .containsExactly("twin: is at 10.0.0.2:8100, which is this agent itself");
        });
    assertThat(llama(agent, "- {ip: 10.0.0.2, port: 8100}").plan().pairs()).hasSize(1);
  }

  @Test
  void addressesInTagsAreThoseOfRfc5952() throws Exception {
    PlanMapper six =
        new PlanMapper(target -> InetAddress.ofLiteral("fd00:0:0:0:0:0:0:1"), "node-1");

    assertThat(llama(six, "- {ip: 'FD00:0:0::2', port: 8100}").plan().pairs().getFirst().tags())
        .containsEntry("src_ip", "fd00::1")
        .containsEntry("dst_ip", "fd00::2")
        .containsEntry("dst_name", "fd00::2");
  }

  @Test
  void aPortsOwnAddressIsWhereItsProbesLeaveFromAndWhatTheirTagSays() throws Exception {
    CollectorConfig config =
        CollectorConfigYaml.read(
                LLAMA.replace("ip: 0.0.0.0", "ip: 127.0.0.5")
                    + "  - {ip: 10.0.0.2, port: 8100}\n  - {ip: fd00::2, port: 8100}\n",
                8100)
            .config();

    PlanMapper.Mapped mapped = BARE.map(config, name -> null);

    ProbePlan.Pair pair = mapped.plan().pairs().getFirst();
    assertThat(pair.trafficClass().local()).isEqualTo(InetAddress.ofLiteral("127.0.0.5"));
    assertThat(pair.tags()).containsEntry("src_ip", "127.0.0.5");
    assertThat(mapped.plan().pairs()).hasSize(1);
    assertThat(mapped.skipped())
        .containsExactly(
            "fd00::2: is of another family than 127.0.0.5, which is the ip of port default");
    assertThat(llama(BARE, "- {ip: 10.0.0.2, port: 8100}").plan().pairs().getFirst().trafficClass())
        .extracting(ProbePlan.TrafficClass::local)
        .as("0.0.0.0 is any")
        .isNull();
  }

  @Test
  void aPortsAddressThatIsNotOnThisHostIsRefusedAndWhatRunsStays() {
    List<ProbePlan> plans = new ArrayList<>();
    try (HostNames names = HostNames.ofSystem()) {
      ConfigApplier applier = new ConfigApplier(BARE, names, plans::add, null, 8100);
      String good = LLAMA + "  - {ip: 10.0.0.2, port: 8100}\n";

      assertThat(applier.tryApply(good, "test")).isTrue();
      assertThat(applier.tryApply(good.replace("0.0.0.0", "192.0.2.7"), "test")).isFalse();

      assertThat(applier.state().error())
          .isEqualTo(
              "ports.default.ip 192.0.2.7 is on no interface of this host; write one that is, or"
                  + " 0.0.0.0 for any");
      assertThat(plans).hasSize(1);
    }
  }

  @Test
  void aCollectorWithKeysSignsToAllButThoseThatAreMarkedOtherwise() throws Exception {
    String targets = "- {ip: 10.0.0.2, port: 8100}\n- {ip: 10.0.0.3, port: 8100, keyed: false}\n";
    PlanMapper signing =
        new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.1"), address -> true, null, true, 0);

    assertThat(llama(signing, targets).plan().pairs())
        .extracting(ProbePlan.Pair::keyed)
        .containsExactly(true, false);
    assertThat(llama(BARE, targets).plan().pairs())
        .extracting(ProbePlan.Pair::keyed)
        .containsExactly(false, false);
  }

  @Test
  void aReflectorOfThePythonLlamaIsProbedWithItsDatagramAndNeverSignedTo() throws Exception {
    String targets = "- {ip: 10.0.0.2, port: 60000, wire: legacy}\n- {ip: 10.0.0.3, port: 8100}\n";
    PlanMapper signing =
        new PlanMapper(target -> InetAddress.ofLiteral("10.0.0.1"), address -> true, null, true, 0);

    assertThat(llama(signing, targets).plan().pairs())
        .extracting(pair -> pair.trafficClass().datagramBytes(), ProbePlan.Pair::keyed)
        .containsExactly(tuple(36, false), tuple(1028, true));
  }

  private static List<String> targets(ProbePlan plan) {
    return plan.pairs().stream()
        .map(pair -> pair.target().getAddress().getHostAddress())
        .distinct()
        .toList();
  }
}
