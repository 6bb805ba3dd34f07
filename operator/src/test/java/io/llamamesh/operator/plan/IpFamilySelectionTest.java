package io.llamamesh.operator.plan;

import static io.llamamesh.operator.plan.Cluster.notJoined;
import static io.llamamesh.operator.plan.Cluster.peers;
import static io.llamamesh.operator.plan.Cluster.plan;
import static io.llamamesh.operator.plan.Cluster.spec;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.crd.LlamaMeshSpec.IpFamily;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an absent {@code spec.ipFamilies} means. */
final class IpFamilySelectionTest {
  private static final int MOST_NODES = 40;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 200);
  }

  @Test
  void aClusterOfIpv6AloneIsAFullMeshByDefault() {
    MeshPlan plan = plan(spec(""), List.of(ipv6(1), ipv6(2), ipv6(3)));

    assertThat(plan.families()).containsExactly(IpFamily.IPV6);
    assertThat(peers(plan, "node-1")).containsExactly("node-2", "node-3");
    assertThat(addresses(plan, "node-1")).containsExactly("fd00::2", "fd00::3");
    assertThat(plan.withoutAddress()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"IPV4", "IPV6"})
  void dualStackNodesAreProbedOverTheFamilyThatTheyNameFirst(IpFamily primary) {
    MeshPlan plan = plan(spec(""), List.of(dual(1, primary), dual(2, primary)));

    assertThat(plan.families()).containsExactly(primary);
    assertThat(addresses(plan, "node-1"))
        .containsExactly(primary == IpFamily.IPV4 ? "10.0.0.2" : "fd00::2");
  }

  @Test
  void whatTheSpecNamesIsTakenWhateverTheNodesHave() {
    MeshPlan both = plan(spec("ipFamilies: [IPv6, IPv4]"), List.of(ipv4(1), ipv4(2)));

    assertThat(both.families()).containsExactly(IpFamily.IPV6, IpFamily.IPV4);
    assertThat(addresses(both, "node-1")).containsExactly("10.0.0.2");
    assertThat(plan(spec("ipFamilies: [IPv4]"), List.of(ipv6(1), ipv6(2))).families())
        .containsExactly(IpFamily.IPV4);
  }

  @Test
  void nodesThatTheMeshDoesNotSelectHaveNoVote() {
    String workers = "groups: [{name: workers, nodeSelector: {matchLabels: {role: worker}}}]";
    NodeFacts worker = node(1, "10.0.0.1", null, IpFamily.IPV4, Map.of("role", "worker"));

    assertThat(plan(spec(workers), List.of(worker, ipv6(2), ipv6(3))).families())
        .containsExactly(IpFamily.IPV4);
  }

  @Test
  void withoutAnyAddressThereIsNoFamilyAndNothingToMeasure() {
    MeshPlan plan =
        plan(
            spec(""),
            List.of(node(1, null, null, null, Map.of()), node(2, null, null, null, Map.of())));

    assertThat(plan.families()).isEmpty();
    assertThat(plan.hasNoAddresses()).isTrue();
  }

  @Test
  void familiesThatNoNodeHasLeaveNothingToMeasureUnlessThereAreTargetsOutside() {
    List<NodeFacts> nodes = List.of(ipv4(1), ipv4(2));

    assertThat(plan(spec("ipFamilies: [IPv6]"), nodes).hasNoAddresses()).isTrue();
    assertThat(plan(spec("ipFamilies: [IPv4]"), nodes).hasNoAddresses()).isFalse();
    assertThat(plan(spec(""), List.of()).hasNoAddresses()).isFalse();
    assertThat(
            plan(
                    spec(
                        """
                        ipFamilies: [IPv6]
                        groups: [{name: all, targets: [{name: edge, host: edge.example.net}]}]
                        """),
                    nodes)
                .hasNoAddresses())
        .isFalse();
  }

  /** Two nodes or more that agree are not moved by one that does not. */
  @ParameterizedTest
  @MethodSource("seeds")
  void anOddNodeThatJoinsOrLeavesChangesNothingForTheOthers(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    IpFamily primary = random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6;
    List<NodeFacts> nodes = new ArrayList<>();
    int count = 2 + random.nextInt(MOST_NODES);
    for (int i = 1; i <= count; i++) {
      NodeFacts node =
          random.nextBoolean() ? dual(i, primary) : primary == IpFamily.IPV4 ? ipv4(i) : ipv6(i);
      nodes.add(random.nextInt(4) == 0 ? notJoined(node) : node);
    }
    IpFamily other = primary == IpFamily.IPV4 ? IpFamily.IPV6 : IpFamily.IPV4;
    NodeFacts odd =
        switch (random.nextInt(3)) {
          case 0 -> dual(count + 1, other);
          case 1 -> other == IpFamily.IPV4 ? ipv4(count + 1) : ipv6(count + 1);
          default -> node(count + 1, null, null, null, Map.of());
        };
    List<NodeFacts> with = new ArrayList<>(nodes);
    with.add(random.nextInt(2) == 0 ? notJoined(odd) : odd);

    assertThat(IpFamilySelection.of(List.of(), nodes)).containsExactly(primary);
    assertThat(IpFamilySelection.of(List.of(), with)).containsExactly(primary);
    Collections.shuffle(with, new Random(seed));
    assertThat(IpFamilySelection.of(List.of(), with)).containsExactly(primary);
  }

  /** One against one: the newcomer does not turn the mesh round, whatever it is called. */
  @ParameterizedTest
  @MethodSource("seeds")
  void ofATieTheNodeDecidesThatJoinedFirst(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    IpFamily primary = random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6;
    NodeFacts first = dual(1 + random.nextInt(MOST_NODES), primary);
    NodeFacts newcomer =
        notJoined(
            dual(
                1 + MOST_NODES + random.nextInt(MOST_NODES),
                primary == IpFamily.IPV4 ? IpFamily.IPV6 : IpFamily.IPV4));
    List<NodeFacts> both = new ArrayList<>(List.of(first, newcomer));
    Collections.shuffle(both, new Random(seed));

    assertThat(IpFamilySelection.of(List.of(), both)).containsExactly(primary);
  }

  private static List<String> addresses(MeshPlan plan, String node) {
    var config = plan.configs().get(node);
    assertThat(config).isNotNull();
    return config.targets().values().stream().flatMap(List::stream).map(Target::ip).toList();
  }

  private static NodeFacts ipv4(int i) {
    return node(i, "10.0.0." + i, null, IpFamily.IPV4, Map.of());
  }

  private static NodeFacts ipv6(int i) {
    return node(i, null, "fd00::" + i, IpFamily.IPV6, Map.of());
  }

  private static NodeFacts dual(int i, IpFamily primary) {
    return node(i, "10.0.0." + i, "fd00::" + i, primary, Map.of());
  }

  private static NodeFacts node(
      int i,
      @Nullable String ipv4,
      @Nullable String ipv6,
      @Nullable IpFamily primary,
      Map<String, String> labels) {
    return new NodeFacts(
        "node-" + i,
        Cluster.node(i, labels).labels(),
        ipv4,
        ipv6,
        false,
        Cluster.JOINED,
        8100,
        List.of(),
        primary);
  }
}
