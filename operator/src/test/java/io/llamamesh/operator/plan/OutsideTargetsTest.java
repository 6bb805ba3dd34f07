package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.crd.MeshSettings;
import io.llamamesh.registration.RegistryClient.ListedProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Registered probes in a plan, and nodes as their targets. */
final class OutsideTargetsTest {
  private static final String REGISTRATION = "registration: {enabled: true, tokenSecret: t}";

  private static MeshPlan plan(MeshSettings settings, int nodes, List<ListedProbe> outside) {
    return Planner.plan(facts(settings, nodes, outside));
  }

  private static MeshFacts facts(MeshSettings settings, int nodes, List<ListedProbe> outside) {
    return new MeshFacts("m", settings, Cluster.INGEST, Cluster.nodes(nodes), outside);
  }

  private static ListedProbe probe(String name, int number) {
    return new ListedProbe(
        "default", "198.51." + number / 256 + "." + number % 256, 8100, "", name, false, Map.of());
  }

  @Test
  void eachNodeProbesAFewOfManyAndEachIsProbedByNoMoreThanTheTopologyAllows() {
    MeshSettings settings = Cluster.spec(REGISTRATION + "\ntopology: {maxPeers: 8}");
    List<ListedProbe> outside = IntStream.range(0, 50).mapToObj(i -> probe("out-" + i, i)).toList();
    MeshPlan plan = plan(settings, 100, outside);

    for (ListedProbe probe : outside) {
      long sources =
          plan.configs().keySet().stream()
              .filter(node -> Cluster.peers(plan, node).contains(probe.name()))
              .count();
      assertThat(sources).isEqualTo(16);
    }
  }

  @Test
  void theOrderOfTheListChangesNothing() {
    MeshSettings settings = Cluster.spec(REGISTRATION);
    List<ListedProbe> outside =
        new ArrayList<>(IntStream.range(0, 20).mapToObj(i -> probe("out-" + i, i)).toList());
    MeshPlan before = plan(settings, 5, outside);

    assertThat(plan(settings, 5, List.copyOf(outside))).isEqualTo(before);
  }

  @Test
  void neitherANodesNameNorItsAddressIsTakenByAProbe() {
    MeshSettings settings = Cluster.spec(REGISTRATION);
    MeshPlan plan =
        plan(
            settings,
            2,
            List.of(
                probe("node-1", 1),
                new ListedProbe("default", "10.0.0.2", 8100, "", "thief", false)));

    assertThat(Cluster.peers(plan, "node-1")).containsExactly("node-2");
    assertThat(Cluster.peers(plan, "node-2")).containsExactly("node-1");
    assertThat(plan.duplicateNames()).containsExactly("node-1");
    assertThat(plan.sharedAddresses()).containsEntry("thief", "node-2");
  }

  @Test
  void whatIsNotInAGroupOfRegistrationIsNobodysTarget() {
    String spec =
        "groups: [{name: a}, {name: b}]\nregistration: {enabled: true, tokenSecret: t, groups: [a]}";
    List<ListedProbe> outside =
        List.of(
            new ListedProbe("a", "198.51.100.1", 8100, "", "in-a", false),
            new ListedProbe("b", "198.51.100.2", 8100, "", "in-b", false));

    assertThat(Cluster.peers(plan(Cluster.spec(spec), 2, outside), "node-1"))
        .containsExactly("in-a", "node-2");
    assertThat(
            Cluster.peers(
                plan(Cluster.spec("groups: [{name: a}, {name: b}]"), 2, outside), "node-1"))
        .containsExactly("node-2");
  }

  @Test
  void membersOfEachGroupAreTargetsOfItsProbes() {
    MeshSettings settings =
        Cluster.spec(
            "groups: [{name: a, nodeSelector: {matchLabels: {r: a}}}, {name: b}]\n"
                + "tagLabels: {zone: z}\n"
                + REGISTRATION);
    List<NodeFacts> nodes =
        List.of(
            Cluster.node(1, Map.of("r", "a", "z", "z1")),
            Cluster.node(2),
            Cluster.notJoined(Cluster.node(3)));
    MeshFacts facts = new MeshFacts("m", settings, Cluster.INGEST, nodes, List.of());

    assertThat(OutsideTargets.nodes(facts, Planner.plan(facts)))
        .containsOnlyKeys("a", "b")
        .containsEntry(
            "a",
            List.of(
                new OutsideTargets.NodeTarget(
                    "node-1", "10.0.0.1", 8100, Map.of("dst_zone", "z1"))))
        .satisfies(groups ->
            assertThat(groups.get("b").stream().map(OutsideTargets.NodeTarget::name))
                .containsExactly("node-1", "node-2"));
  }

  @Test
  void theNodesToChooseFromAreBounded() {
    MeshSettings settings = Cluster.spec(REGISTRATION);
    MeshFacts facts = facts(settings, 1_000, List.of());

    assertThat(OutsideTargets.nodes(facts, Planner.plan(facts)).get("default")).hasSize(256);
  }

  @Test
  void theNamesOfAllNodesAreReservedAlsoOfThoseInNoGroup() {
    MeshSettings settings =
        Cluster.spec(
            "groups: [{name: a, nodeSelector: {matchLabels: {r: a}}}]\n"
                + "probes: [{from: a, to: a}]\n"
                + REGISTRATION);
    List<NodeFacts> nodes =
        List.of(
            Cluster.node(1, Map.of("r", "a")), Cluster.node(2), Cluster.notJoined(Cluster.node(3)));
    MeshPlan plan = Planner.plan(new MeshFacts("m", settings, Cluster.INGEST, nodes, List.of()));

    assertThat(plan.outside().reserved()).containsExactly("node-1", "node-2", "node-3");
    assertThat(plan.outside().unreserved()).isZero();
    assertThat(plan(Cluster.spec(""), 3, List.of()).outside().reserved()).isEmpty();
  }

  @Test
  void namesThatNoConfigMapHoldsAreCountedAndTheOthersReserved() {
    List<NodeFacts> nodes =
        IntStream.range(0, 5_000)
            .mapToObj(i -> Cluster.named("n".repeat(i < 1_000 ? 20 : 120) + i))
            .toList();
    MeshPlan plan =
        Planner.plan(
            new MeshFacts("m", Cluster.spec(REGISTRATION), Cluster.INGEST, nodes, List.of()));

    assertThat(plan.outside().reserved()).hasSizeBetween(3_000, 3_500).contains("n".repeat(20) + 1);
    assertThat(plan.outside().unreserved()).isEqualTo(5_000 - plan.outside().reserved().size());
  }

  @Test
  void aProbeTakesTheNameOfNoTargetOfTheSpecInWhateverGroup() {
    MeshSettings settings =
        Cluster.spec(
            "groups: [{name: a}, {name: b, targets: [{name: gateway, host: 203.0.113.9}]}]\n"
                + REGISTRATION);
    List<ListedProbe> outside =
        List.of(new ListedProbe("a", "198.51.100.1", 8100, "", "gateway", false));

    assertThat(plan(settings, 1, outside).configs().get("node-1").targets().values())
        .allSatisfy(
            list -> assertThat(list).noneMatch(target -> target.ip().equals("198.51.100.1")));
  }

  @Test
  void registeredProbesLeaveRoomForTheConfigThatTheSpecAsksFor() {
    String tag = "x".repeat(500);
    MeshSettings settings =
        Cluster.spec(
            "groups: [{name: default, tags: {one: %s, two: %s}}]\n".formatted(tag, tag)
                + REGISTRATION);
    List<ListedProbe> outside =
        IntStream.range(0, 2_000).mapToObj(i -> probe("out-" + i, i)).toList();
    MeshPlan plan = plan(settings, 3, outside);

    assertThat(SizeCheck.check(plan)).isEmpty();
    plan.configs()
        .forEach((node, config) -> {
          int targets = config.targets().values().stream().mapToInt(List::size).sum();
          assertThat(targets).as(node).isBetween(250, 400);
          assertThat(Cluster.peers(plan, node)).hasSize(targets);
          assertThat(Cluster.peers(plan, node).stream().filter(name -> name.startsWith("node-")))
              .hasSize(2);
        });
    // Not the same ones at each node, so that more of them are probed by somebody.
    assertThat(Cluster.peers(plan, "node-1")).isNotEqualTo(Cluster.peers(plan, "node-2"));
    assertThat(plan.outside().withoutRoom()).hasSizeGreaterThan(1_600);
    assertThat(plan(settings, 3, outside)).isEqualTo(plan);
    assertThat(plan(Cluster.spec(REGISTRATION), 3, outside).outside().withoutRoom()).isEmpty();
  }
}
