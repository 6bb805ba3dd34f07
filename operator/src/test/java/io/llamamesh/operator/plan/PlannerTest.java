package io.llamamesh.operator.plan;

import static io.llamamesh.operator.plan.Cluster.node;
import static io.llamamesh.operator.plan.Cluster.nodes;
import static io.llamamesh.operator.plan.Cluster.notJoined;
import static io.llamamesh.operator.plan.Cluster.peers;
import static io.llamamesh.operator.plan.Cluster.plan;
import static io.llamamesh.operator.plan.Cluster.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.config.CollectorConfigYaml;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlannerTest {
  @Test
  void anEmptySpecIsAFullMeshOfAllNodes() {
    MeshPlan plan = plan(spec(""), nodes(4));

    assertThat(plan.members()).containsExactly("node-1", "node-2", "node-3", "node-4");
    assertThat(peers(plan, "node-2")).containsExactly("node-1", "node-3", "node-4");
    assertThat(plan.groups()).containsExactly(new MeshPlan.GroupSize("default", 4, 0));
  }

  @Test
  void withTheFabricOnEachConfigHasItsSectionAndPeersAreTheFirstContacts() {
    MeshPlan off = plan(spec(""), nodes(3));
    MeshPlan on = plan(spec("fabric: {enabled: true, port: 8201}"), nodes(3));

    assertThat(off.configs().values()).allSatisfy(c -> assertThat(c.fabric()).isNull());
    assertThat(on.configs().values())
        .allSatisfy(c ->
            assertThat(c.fabric())
                .isEqualTo(new CollectorConfig.Fabric(true, 8201, List.of(), null)));
    assertThat(CollectorConfigYaml.write(config(on, "node-1")))
        .endsWith("fabric:\n  enabled: true\n  port: 8201\n");
  }

  @Test
  void groupsThatDoNotProbeEachOtherAreOneFabricThroughContacts() {
    String yaml =
        """
        fabric: {enabled: true}
        groups:
        - {name: a, nodeSelector: {matchLabels: {g: a}}}
        - {name: b, nodeSelector: {matchLabels: {g: b}}}
        - {name: c, nodeSelector: {matchLabels: {g: c}}}
        """;
    List<NodeFacts> nodes = new ArrayList<>();
    for (int i = 1; i <= 30; i++) {
      nodes.add(node(i, Map.of("g", List.of("a", "b", "c").get(i % 3))));
    }

    MeshPlan plan = plan(spec(yaml), nodes);

    Map<String, Set<String>> known = new TreeMap<>();
    plan.configs()
        .forEach((name, config) -> {
          CollectorConfig.Fabric fabric = Objects.requireNonNull(config.fabric());
          assertThat(fabric.contactNodes()).hasSizeLessThanOrEqualTo(3);
          Set<String> all = new TreeSet<>(peers(plan, name));
          fabric.contactNodes().forEach(contact -> all.add(contact.name()));
          known.put(name, all);
        });
    assertThat(reachable(known, "node-1")).isEqualTo(plan.members());
    // Who leaves a part changes the contacts of few.
    MeshPlan fewer = plan(spec(yaml), nodes.subList(0, 29));
    assertThat(
            fewer.configs().keySet().stream()
                .filter(name ->
                    !Objects.equals(config(fewer, name).fabric(), config(plan, name).fabric())))
        .hasSizeLessThanOrEqualTo(6);
  }

  private static Set<String> reachable(Map<String, Set<String>> known, String from) {
    Set<String> seen = new TreeSet<>();
    Deque<String> next = new ArrayDeque<>(List.of(from));
    while (!next.isEmpty()) {
      String name = next.remove();
      if (seen.add(name)) {
        next.addAll(known.getOrDefault(name, Set.of()));
      }
    }
    return seen;
  }

  @Test
  void aConfigIsTheDocumentThatTheDesignDescribes() throws Exception {
    String yaml =
        """
        tagLabels: {zone: topology.kubernetes.io/zone}
        groups: [{name: workers, tags: {tier: worker}}]
        ports: [{name: voice, dscp: 46, count: 2, timeout: 500ms, payloadBytes: 64}]
        probes: [{from: workers, to: workers, interval: 20ms}]
        collector: {interval: 5s, retention: 10m}
        """;
    Map<String, String> zoneA = Map.of("topology.kubernetes.io/zone", "a");

    MeshPlan plan = plan(spec(yaml), List.of(node(1, zoneA), node(2)));

    assertThat(CollectorConfigYaml.write(config(plan, "node-2")))
        .isEqualTo(
            """
            version: 1
            mesh: default
            source:
              name: node-2
            summarization:
              interval: 5
            ports:
              voice:
                tos: 184
                timeout: 500
                base_port: 25000
                payload_bytes: 64
            port_groups:
              voice:
              - port: voice
                count: 2
            rate_limits:
              "20ms":
                cps: 50.0
            tests:
            - targets: workers>workers
              port_group: voice
              rate_limit: 20ms
            targets:
              workers>workers:
              - name: node-1
                ip: 10.0.0.1
                port: 8100
                keyed: true
                tags:
                  dst_zone: a
                  group: workers
                  tier: worker
            retention: 600
            ingest:
              url: http://default-scraper-ingest.llama-mesh.svc:8081/ingest
            """);
    assertThat(Objects.requireNonNull(config(plan, "node-1").source()).tags())
        .containsExactly(Map.entry("src_zone", "a"));
  }

  @Test
  void theSameFactsInAnyOrderGiveTheSameBytes() {
    List<NodeFacts> shuffled = new ArrayList<>(nodes(120));
    Collections.shuffle(shuffled, new Random(7));

    assertThat(documents(plan(spec(""), shuffled)))
        .isEqualTo(documents(plan(spec(""), nodes(120))));
  }

  @Test
  void aNodeThatHasNotJoinedHasAConfigWithoutTargetsAndIsNobodysTarget() {
    MeshPlan plan = plan(spec(""), List.of(node(1), node(2), notJoined(node(3))));

    assertThat(plan.selected()).contains("node-3");
    assertThat(plan.members()).containsExactly("node-1", "node-2");
    assertThat(peers(plan, "node-3")).isEmpty();
    assertThat(peers(plan, "node-1")).containsExactly("node-2");
  }

  @Test
  void excludedForeignAndVirtualNodesAreNotSelected() {
    NodeFacts excluded =
        new NodeFacts(
            "node-9", node(9).labels(), "10.0.0.9", null, true, Cluster.JOINED, 8100, List.of());
    MeshPlan plan =
        plan(
            spec(""),
            List.of(
                node(1),
                excluded,
                node(2, Map.of("kubernetes.io/os", "windows")),
                node(3, Map.of("type", "virtual-kubelet"))));

    assertThat(plan.selected()).containsExactly("node-1");
  }

  @Test
  void aNodeMayBeInSeveralGroupsAndProbesForEach() {
    String yaml =
        """
        groups:
        - name: all
        - {name: gpu, nodeSelector: {matchExpressions: [{key: gpu, operator: Exists}]}}
        """;

    MeshPlan plan =
        plan(
            spec(yaml), List.of(node(1), node(2, Map.of("gpu", "1")), node(3, Map.of("gpu", "1"))));

    assertThat(config(plan, "node-2").targets().keySet()).containsExactly("all>all", "gpu>gpu");
    assertThat(config(plan, "node-1").targets().keySet()).containsExactly("all>all");
    assertThat(plan.groups())
        .containsExactly(new MeshPlan.GroupSize("all", 3, 0), new MeshPlan.GroupSize("gpu", 2, 0));
  }

  @Test
  void bothFamiliesOfADualStackNodeAreProbed() {
    NodeFacts dual =
        new NodeFacts(
            "node-2",
            node(2).labels(),
            "10.0.0.2",
            "fd00::2",
            false,
            Cluster.JOINED,
            8100,
            List.of());

    MeshPlan plan = plan(spec("ipFamilies: [IPv4, IPv6]"), List.of(node(1), dual));

    assertThat(targets(plan, "node-1"))
        .extracting(Target::ip)
        .containsExactly("10.0.0.2", "fd00::2");
  }

  @Test
  void aMemberWithoutAnAddressOfTheFamilyIsNamed() {
    MeshPlan plan = plan(spec("ipFamilies: [IPv6]"), nodes(2));

    assertThat(plan.withoutAddress()).containsExactly("node-1", "node-2");
    assertThat(targets(plan, "node-1")).isEmpty();
  }

  @Test
  void aTargetsPortIsThatOfThePodNowOnItsNode() {
    NodeFacts old =
        new NodeFacts(
            "node-2", node(2).labels(), "10.0.0.2", null, false, Cluster.JOINED, 8100, List.of());
    NodeFacts gone =
        new NodeFacts(
            "node-3", node(3).labels(), "10.0.0.3", null, false, Cluster.JOINED, null, List.of());

    MeshPlan plan = plan(spec("reflector: {port: 8200}"), List.of(node(1), old, gone));

    assertThat(targets(plan, "node-1")).extracting(Target::port).containsExactly(8100, 8200);
  }

  @Test
  void aChangeOfOneNodeTouchesOnlyThoseThatProbeIt() {
    List<NodeFacts> before = nodes(200);
    List<NodeFacts> after = new ArrayList<>(before);
    after.set(10, node(11, Map.of("zone", "b")));
    var tagged = spec("{tagLabels: {zone: zone}, topology: {mode: Sparse, maxPeers: 8}}");

    Map<String, String> first = documents(plan(tagged, before));
    Map<String, String> second = documents(plan(tagged, after));

    List<String> changed =
        first.keySet().stream().filter(n -> !first.get(n).equals(second.get(n))).toList();
    MeshPlan plan = plan(tagged, before);
    List<String> probers =
        plan.members().stream()
            .filter(n -> n.equals("node-11") || peers(plan, n).contains("node-11"))
            .toList();
    assertThat(changed).isEqualTo(probers).hasSizeLessThan(20);
  }

  @Test
  void outsideTargetsAreProbedAsTheGroupProbesItself() {
    String yaml =
        """
        groups: [{name: workers, targets: [{name: fra-edge, host: 203.0.113.9, port: 9000, tags: {site: fra}}]}]
        """;

    MeshPlan plan = plan(spec(yaml), nodes(2));

    assertThat(config(plan, "node-1").targets().get("workers>outside"))
        .containsExactly(
            new Target(
                "203.0.113.9", 9000, Map.of("group", "workers", "site", "fra"), "fra-edge", false));
    assertThat(plan.groups()).containsExactly(new MeshPlan.GroupSize("workers", 2, 1));
  }

  @Test
  void aReflectorOfThePythonLlamaIsToldToAgentsAsSuch() {
    String yaml =
        """
        groups: [{name: workers, targets: [{name: old, host: 203.0.113.9, port: 60000, wire: legacy}]}]
        """;

    MeshPlan plan = plan(spec(yaml), nodes(2));

    assertThat(config(plan, "node-1").targets().get("workers>outside"))
        .containsExactly(
            new Target("203.0.113.9", 60000, Map.of("group", "workers"), "old", false, "legacy"));
  }

  @Test
  void targetsWithoutAnAgentAreToldWithTheirMethodEvenAtANodesAddress() {
    String yaml =
        """
        groups: [{name: workers, targets: [
          {name: gateway, host: 203.0.113.1, method: icmp},
          {name: api-of-node-2, host: 10.0.0.2, port: 8100, method: tcp}]}]
        """;

    MeshPlan plan = plan(spec(yaml), nodes(2));

    assertThat(config(plan, "node-1").targets().get("workers>outside"))
        .containsExactly(
            new Target(
                "203.0.113.1", 0, Map.of("group", "workers"), "gateway", false, null, "icmp"),
            new Target(
                "10.0.0.2", 8100, Map.of("group", "workers"), "api-of-node-2", false, null, "tcp"));
  }

  @Test
  void anOutsideTargetThatHasTheNameOfANodeIsNotProbedAndIsNamed() {
    String yaml =
        """
        groups: [{name: workers, targets: [{name: node-2, host: 203.0.113.9}, {name: edge, host: 203.0.113.10}]}]
        """;

    MeshPlan plan = plan(spec(yaml), nodes(2));

    assertThat(plan.duplicateNames()).containsExactly("node-2");
    assertThat(targets(plan, "node-1")).extracting(Target::name).containsExactly("edge", "node-2");
    assertThat(targets(plan, "node-1"))
        .extracting(Target::ip)
        .containsExactly("203.0.113.10", "10.0.0.2");
  }

  @Test
  void whoHasTheAddressOfAnotherIsNotProbedAndIsNamed() {
    String yaml =
        """
        groups: [{name: workers, targets: [{name: twin, host: 10.0.0.2}, {name: other-port, host: 10.0.0.2, port: 9}]}]
        """;
    NodeFacts left =
        new NodeFacts(
            "a-node-1-of-yesterday",
            node(1).labels(),
            "10.0.0.1",
            null,
            false,
            Cluster.JOINED,
            null,
            List.of());

    MeshPlan plan = plan(spec(yaml), List.of(left, node(1), node(2), node(3)));

    assertThat(plan.sharedAddresses())
        .containsExactly(Map.entry("a-node-1-of-yesterday", "node-1"), Map.entry("twin", "node-2"));
    assertThat(peers(plan, "node-3")).containsExactly("node-1", "node-2", "other-port");
    assertThat(peers(plan, "node-1")).containsExactly("node-2", "node-3", "other-port");
    assertThat(peers(plan, "a-node-1-of-yesterday")).isEmpty();
    assertThat(plan.members()).containsExactly("node-1", "node-2", "node-3");
    assertThat(plan.selected()).contains("a-node-1-of-yesterday");
  }

  @Test
  void whatIsNotProbedOwnsNoAddress() {
    NodeFacts one = both(1, "10.0.0.1", "fd00::1");
    NodeFacts shares = both(2, "10.0.0.1", "fd00::2");
    NodeFacts three = both(3, "10.0.0.3", "fd00::2");

    MeshPlan plan = plan(spec("ipFamilies: [IPv6, IPv4]"), List.of(one, shares, three));

    assertThat(plan.sharedAddresses()).containsExactly(Map.entry("node-2", "node-1"));
    assertThat(plan.members()).containsExactly("node-1", "node-3");
  }

  private static NodeFacts both(int i, String v4, String v6) {
    return new NodeFacts(
        "node-" + i, node(i).labels(), v4, v6, false, Cluster.JOINED, 8100, List.of());
  }

  @Test
  void anIpv6AddressIsTheSameHoweverItIsWritten() {
    NodeFacts one = v6(1, "fd00:0:0::1");
    NodeFacts two = v6(2, "FD00::1");

    assertThat(plan(spec("ipFamilies: [IPv6]"), List.of(two, one)).sharedAddresses())
        .containsExactly(Map.entry("node-2", "node-1"));
  }

  private static NodeFacts v6(int i, String address) {
    return new NodeFacts(
        "node-" + i, node(i).labels(), null, address, false, Cluster.JOINED, 8100, List.of());
  }

  @Test
  void membersAreProbedWithAKeyAndOutsideTargetsAsTheySay() {
    String yaml =
        """
        groups: [{name: workers, targets: [{name: a, host: 203.0.113.9}, {name: b, host: 203.0.113.10, keyed: true}]}]
        """;

    CollectorConfig config = config(plan(spec(yaml), nodes(3)), "node-1");

    assertThat(config.targets().get("workers>workers")).hasSize(2).allMatch(t -> t.keyed());
    assertThat(config.targets().get("workers>outside"))
        .extracting(Target::name, Target::keyed)
        .containsExactly(tuple("a", false), tuple("b", true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{security: {keys: Node}} | pair",
        "{security: {keys: Mesh}} |",
        "{security: {}} |",
        "{security: {authentication: false}} |"
      })
  void configsAskForKeysOfPairsWhereNodesHaveTheirOwnAndSayNothingElse(
      String yaml, @Nullable String keys) {
    assertThat(config(plan(spec(yaml), nodes(2)), "node-1").keys()).isEqualTo(keys);
  }

  @Test
  void withoutAuthenticationNothingIsSaidOfKeys() {
    String yaml =
        """
        security: {authentication: false}
        groups: [{name: workers, targets: [{name: a, host: 203.0.113.9, keyed: true}]}]
        """;

    CollectorConfig config = config(plan(spec(yaml), nodes(2)), "node-1");

    assertThat(config.targets().values())
        .hasSize(2)
        .allSatisfy(list -> assertThat(list).isNotEmpty().allMatch(t -> t.keyed() == null));
  }

  @Test
  void anOutsideTargetHasAtMostTwiceMaxPeersSources() {
    String yaml =
        """
        topology: {maxPeers: 8}
        groups: [{name: all, targets: [{name: edge, host: edge.example.net}]}]
        """;

    MeshPlan plan = plan(spec(yaml), nodes(100));

    assertThat(plan.members().stream().filter(n -> peers(plan, n).contains("edge"))).hasSize(16);
  }

  @Test
  void oneGroupProbesAnotherAndNotItself() {
    String yaml =
        """
        groups:
        - {name: front, nodeSelector: {matchLabels: {role: front}}}
        - {name: back, nodeSelector: {matchLabels: {role: back}}}
        probes: [{from: front, to: back}]
        """;
    List<NodeFacts> nodes =
        List.of(
            node(1, Map.of("role", "front")),
            node(2, Map.of("role", "front")),
            node(3, Map.of("role", "back")),
            node(4, Map.of("role", "back")));

    MeshPlan plan = plan(spec(yaml), nodes);

    assertThat(peers(plan, "node-1")).containsExactly("node-3", "node-4");
    assertThat(peers(plan, "node-3")).isEmpty();
  }

  @Test
  void fiveThousandNodesFitTheirConfigMaps() {
    MeshPlan plan = plan(spec("tagLabels: {zone: kubernetes.io/os}"), nodes(5_000));

    int longest =
        plan.configs().values().stream()
            .mapToInt(c -> CollectorConfigYaml.write(c).length())
            .max()
            .orElse(0);
    assertThat(longest).isBetween(1_000, 20_000);
  }

  private static CollectorConfig config(MeshPlan plan, String node) {
    return Objects.requireNonNull(plan.configs().get(node));
  }

  private static List<Target> targets(MeshPlan plan, String node) {
    return config(plan, node).targets().values().stream().flatMap(List::stream).toList();
  }

  private static Map<String, String> documents(MeshPlan plan) {
    Map<String, String> documents = new java.util.TreeMap<>();
    plan.configs()
        .forEach((node, config) -> documents.put(node, CollectorConfigYaml.write(config)));
    return documents;
  }
}
