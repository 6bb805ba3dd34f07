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
}
