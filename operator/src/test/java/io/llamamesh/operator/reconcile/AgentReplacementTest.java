package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.operator.plan.MeshFacts;
import io.llamamesh.operator.plan.MeshPlan;
import io.llamamesh.operator.plan.NodeFacts;
import io.llamamesh.operator.plan.Planner;
import io.llamamesh.operator.status.AgentsReadiness;
import io.llamamesh.operator.status.Obstacle;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentReplacementTest {
  private static final Map<String, String> LINUX = Map.of("kubernetes.io/os", "linux");
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final IntOrString ONE = new IntOrString(1);

  private final AgentReplacement replacement = new AgentReplacement();

  @Test
  void aNodeWhoseAddressChangedUnderItsAgentIsFound() {
    assertThat(changes(node("n1", "10.0.0.9", null), pod("n1", true, "10.0.0.1")))
        .containsExactly(
            new AddressChange("n1", "m-agent-n1", "uid-n1", true, "10.0.0.1", "10.0.0.9"));
  }

  @Test
  void anAddressWrittenInAnotherWayIsTheSame() {
    assertThat(
            changes(
                node("n1", "10.0.0.1", "fd00::1"),
                pod("n1", true, "10.0.0.1", "FD00:0:0:0:0:0:0:1")))
        .isEmpty();
  }

  @Test
  void theSecondFamilyCountsAsWellWhereThePodHasIt() {
    NodeView node = node("n1", "10.0.0.1", "fd00::2");

    assertThat(changes(node, pod("n1", true, "10.0.0.1", "fd00::1"))).hasSize(1);
    assertThat(changes(node, pod("n1", true, "10.0.0.1"))).isEmpty();
  }

  @Test
  void whoseAddressesAreNotKnownOrWhoCannotStartAnotherIsLeftAlone() {
    assertThat(changes(node("n1", "10.0.0.9", null), pod("n1", true))).isEmpty();
    assertThat(changes(node("n1", null, null), pod("n1", true, "10.0.0.1"))).isEmpty();
    NodeView down = NodeView.of(ready("n1", false, "10.0.0.9", null));
    assertThat(changes(down, pod("n1", true, "10.0.0.1"))).isEmpty();
    Pod leaving = pod("n1", true, "10.0.0.1");
    leaving.getMetadata().setDeletionTimestamp("2026-11-20T10:00:00Z");
    assertThat(changes(node("n1", "10.0.0.9", null), leaving)).isEmpty();
  }

  @Test
  void onlyAsManyAreReplacedAsMayBeAway() {
    List<AddressChange> all = IntStream.range(0, 5).mapToObj(i -> change("n" + i, true)).toList();

    assertThat(due(all, state(20, List.of()), new IntOrString("10%"), 0)).hasSize(2);
    assertThat(due(all, state(20, List.of("n9")), new IntOrString("10%"), 0)).hasSize(1);
    assertThat(due(all, state(20, List.of("n8", "n9")), new IntOrString("10%"), 0)).isEmpty();
    assertThat(due(all, state(3, List.of()), new IntOrString("10%"), 0)).hasSize(1);
    assertThat(due(all, state(20, List.of()), new IntOrString(3), 0)).hasSize(3);
    assertThat(due(all, state(20, List.of()), ONE, 0)).hasSize(1);
  }

  @Test
  void anAgentThatIsAwayAlreadyIsReplacedWhateverElseIs() {
    AddressChange crashing = change("n1", false);

    assertThat(
            due(
                List.of(change("n0", true), crashing),
                state(20, List.of("n1", "n2")),
                new IntOrString(1),
                0))
        .containsExactly(crashing);
  }

  @Test
  void aPodIsDeletedOnceThoughTheWatchLags() {
    AddressChange change = change("n1", true);
    List<AddressChange> both = List.of(change, change("n2", true));
    assertThat(due(both, state(3, List.of()), new IntOrString(1), 0)).containsExactly(change);
    replacement.recordDeletion(change, NOW);

    // It still looks ready, and is away.
    assertThat(due(both, state(3, List.of()), new IntOrString(1), 1)).isEmpty();
    assertThat(due(both, state(3, List.of()), new IntOrString(1), 300)).isEmpty();
  }

  @Test
  void whereNewPodsGetTheOldAddressTheyAreReplacedLessAndLessOften() {
    List<Integer> deleted = new ArrayList<>();
    int pod = 0;
    for (int second = 0; second < 3600; second++) {
      AddressChange change =
          new AddressChange("n1", "p" + pod, "u" + pod, true, "10.0.0.1", "10.0.0.9");
      if (!due(List.of(change), state(3, List.of()), ONE, second).isEmpty()) {
        replacement.recordDeletion(change, NOW.plusSeconds(second));
        deleted.add(second);
        pod++;
      }
    }

    assertThat(deleted).containsExactly(0, 60, 180, 420, 900, 1860, 2820);
  }

  @Test
  void whatHappensIsSaid() {
    AddressChange first = change("n1", true);
    assertThat(said(first, false))
        .startsWith("n1 has address 10.0.0.9 now")
        .contains("is replaced");
    assertThat(said(first, true)).contains("spec.paused");

    replacement.recordDeletion(first, NOW);
    AddressChange again = new AddressChange("n1", "p2", "u2", true, "10.0.0.1", "10.0.0.9");
    assertThat(said(again, false))
        .contains("the node's kubelet does not know", "replaced again after 2026-11-20T10:01:00Z");
  }

  @Test
  void whatMayNotBeDeletedIsSaidAndTriedOnceAMinute() {
    AddressChange change = change("n1", true);
    replacement.recordFailure("pods \"p-n1\" is forbidden", NOW);

    assertThat(due(List.of(change), state(3, List.of()), ONE, 59)).isEmpty();
    assertThat(said(change, false)).endsWith("cannot be deleted: pods \"p-n1\" is forbidden");
    assertThat(due(List.of(change), state(3, List.of()), ONE, 60)).containsExactly(change);
    replacement.recordDeletion(change, NOW.plusSeconds(60));
    assertThat(said(change, false)).contains("is replaced");
  }

  @Test
  void somethingWorseIsSaidFirst() {
    AgentsReadiness worse =
        state(3, List.of("n2")).withObstacle(new Obstacle("PodsRefused", "quota"));

    assertThat(replacement.explain(worse, List.of(change("n1", true)), false)).isEqualTo(worse);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void neverAreMoreAwayThanAllowedAndAllAreReplacedInTheEnd(long seed) {
    Random random = new Random(seed);
    int nodes = 5 + random.nextInt(40);
    int allowed = 1 + random.nextInt(4);
    // By node: second at which its new pod is ready; until then it is away.
    Map<String, Integer> away = new TreeMap<>();
    Set<String> old = new HashSet<>();
    IntStream.range(0, nodes).forEach(i -> old.add("n" + i));
    for (int second = 0; second < 4000 && !(old.isEmpty() && away.isEmpty()); second++) {
      int now = second;
      away.values().removeIf(ready -> ready <= now);
      List<AddressChange> changes = old.stream().sorted().map(node -> change(node, true)).toList();
      for (AddressChange change :
          due(
              changes,
              state(nodes, List.copyOf(away.keySet())),
              new IntOrString(allowed),
              second)) {
        replacement.recordDeletion(change, NOW.plusSeconds(second));
        old.remove(change.node());
        away.put(change.node(), second + 1 + random.nextInt(20));
      }
      assertThat(away).hasSizeLessThanOrEqualTo(allowed);
    }
    assertThat(old).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0%, 1", "1%, 1", "25%, 3", "100%, 10", "nonsense, 1"})
  void aShareIsRoundedUp(String share, int allowed) {
    List<AddressChange> all = IntStream.range(0, 10).mapToObj(i -> change("n" + i, true)).toList();

    assertThat(due(all, state(10, List.of()), new IntOrString(share), 0)).hasSize(allowed);
  }

  private String said(AddressChange change, boolean paused) {
    Obstacle obstacle =
        Objects.requireNonNull(
            replacement.explain(state(3, List.of()), List.of(change), paused).obstacle());
    assertThat(obstacle.reason()).isEqualTo("AddressChanged");
    return obstacle.message();
  }

  private List<AddressChange> due(
      List<AddressChange> changes, AgentsReadiness state, IntOrString max, int second) {
    return replacement.due(changes, state, max, NOW.plusSeconds(second));
  }

  private static AgentsReadiness state(int expected, List<String> missing) {
    return new AgentsReadiness(expected, expected - missing.size(), missing, "", null);
  }

  private static AddressChange change(String node, boolean ready) {
    return new AddressChange(node, "p-" + node, "u-" + node, ready, "10.0.0.1", "10.0.0.9");
  }

  private static List<AddressChange> changes(NodeView node, Pod pod) {
    MeshPlan plan =
        Planner.plan(
            new MeshFacts(
                "m",
                MeshSettings.defaults(),
                "http://ingest",
                List.of(
                    new NodeFacts(
                        node.name(), LINUX, "10.0.0.1", null, false, null, null, List.of()))));
    return AddressChange.of(plan, List.of(node), List.of(PodFacts.of(ObjectPruner.pod(pod))));
  }

  private static NodeView node(String name, @Nullable String ipv4, @Nullable String ipv6) {
    return NodeView.of(ready(name, true, ipv4, ipv6));
  }

  private static Node ready(
      String name, boolean ready, @Nullable String ipv4, @Nullable String ipv6) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(LINUX)
        .endMetadata()
        .withNewStatus()
        .withAddresses(
            Stream.of(ipv4, ipv6)
                .filter(Objects::nonNull)
                .map(address -> new NodeAddress(address, "InternalIP"))
                .toList())
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "Unknown")
        .endCondition()
        .endStatus()
        .build();
  }

  private static Pod pod(String node, boolean ready, String... addresses) {
    return new PodBuilder()
        .withNewMetadata()
        .withName("m-agent-" + node)
        .withUid("uid-" + node)
        .withLabels(Names.labels("m", Component.AGENT))
        .endMetadata()
        .withNewSpec()
        .withNodeName(node)
        .endSpec()
        .withNewStatus()
        .withPodIPs(Stream.of(addresses).map(PodIP::new).toList())
        .addNewCondition()
        .withType("Ready")
        .withStatus(ready ? "True" : "False")
        .withLastTransitionTime("2026-11-20T09:00:00Z")
        .endCondition()
        .endStatus()
        .build();
  }
}
