package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a sparse graph promises (connected, bounded degrees, few changes), over seeded churn. */
final class SparseGraphTest {
  @ParameterizedTest(name = "{0} nodes, k={1}, {2} zones")
  @CsvSource({
    "10,8,1",
    "10,8,2",
    "10,8,3",
    "10,64,3",
    "100,8,2",
    "100,16,3",
    "100,64,9",
    "100,64,20",
    "1000,8,2",
    "1000,64,3",
    "1000,64,9",
    "1000,256,33",
    "5000,8,2",
    "5000,64,9"
  })
  void staysConnectedBalancedAndCalmUnderChurn(int size, int k, int zones) {
    Random random = new Random(1_000L * size + 10L * k + zones);
    List<NodeFacts> members = new ArrayList<>();
    int named = 0;
    while (members.size() < size) {
      members.add(node(named++, random.nextInt(zones)));
    }
    Map<String, List<NodeFacts>> graph = graph(members, k);
    for (int step = 0; step < 12; step++) {
      if (step % 2 == 0) {
        members.add(node(named++, random.nextInt(zones)));
      } else {
        members.remove(random.nextInt(members.size()));
      }
      Map<String, List<NodeFacts>> next = graph(members, k);
      assertThat(changed(graph, next)).isLessThanOrEqualTo(2 * k + 1);
      checkDegrees(next, k);
      assertThat(isStronglyConnected(next)).isTrue();
      graph = next;
    }
  }

  @ParameterizedTest
  @CsvSource({"100,16,3", "1000,64,9"})
  void everyPairOfZonesIsProbedBothWays(int size, int k, int zones) {
    List<NodeFacts> members = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      members.add(node(i, i % zones));
    }
    Set<String> covered = new HashSet<>();
    graph(members, k)
        .forEach((source, peers) -> {
          String from = zoneOf(members, source);
          peers.forEach(peer -> covered.add(from + ">" + peer.zone()));
        });
    for (int a = 0; a < zones; a++) {
      for (int b = 0; b < zones; b++) {
        assertThat(covered).contains("zone-" + a + ">zone-" + b);
      }
    }
  }

  @Test
  void twoNodesProbeEachOther() {
    Map<String, List<NodeFacts>> graph = graph(List.of(node(1, 0), node(2, 0)), 8);

    assertThat(graph.get("n-1")).extracting(NodeFacts::name).containsExactly("n-2");
    assertThat(graph.get("n-2")).extracting(NodeFacts::name).containsExactly("n-1");
  }

  @Test
  void aLonelyNodeProbesNobody() {
    assertThat(graph(List.of(node(1, 0)), 8).get("n-1")).isEmpty();
  }

  private static Map<String, List<NodeFacts>> graph(List<NodeFacts> members, int k) {
    List<NodeFacts> sorted =
        members.stream().sorted(Comparator.comparing(NodeFacts::name)).toList();
    return SparseGraph.of("mesh/default", sorted, k);
  }

  private static NodeFacts node(int i, int zone) {
    return new NodeFacts(
        "n-" + i,
        Map.of("topology.kubernetes.io/zone", "zone-" + zone),
        "10.0.0.1",
        null,
        false,
        Cluster.JOINED,
        8100,
        List.of());
  }

  private static String zoneOf(List<NodeFacts> members, String name) {
    return members.stream()
        .filter(m -> m.name().equals(name))
        .map(NodeFacts::zone)
        .map(String::valueOf)
        .findFirst()
        .orElseThrow();
  }

  private static int changed(
      Map<String, List<NodeFacts>> before, Map<String, List<NodeFacts>> after) {
    int changed = 0;
    for (Map.Entry<String, List<NodeFacts>> entry : after.entrySet()) {
      if (!entry.getValue().equals(before.get(entry.getKey()))) {
        changed++;
      }
    }
    for (String name : before.keySet()) {
      if (!after.containsKey(name)) {
        changed++;
      }
    }
    return changed;
  }

  private static void checkDegrees(Map<String, List<NodeFacts>> graph, int k) {
    Map<String, Integer> in = new HashMap<>();
    graph
        .values()
        .forEach(peers -> {
          assertThat(peers).hasSizeLessThanOrEqualTo(2 * k);
          peers.forEach(peer -> in.merge(peer.name(), 1, Integer::sum));
        });
    assertThat(in.values()).allSatisfy(degree -> assertThat(degree).isLessThanOrEqualTo(2 * k));
  }

  private static boolean isStronglyConnected(Map<String, List<NodeFacts>> graph) {
    Map<String, List<String>> forward = new HashMap<>();
    Map<String, List<String>> backward = new HashMap<>();
    graph.forEach((source, peers) ->
        peers.forEach(peer -> {
          forward.computeIfAbsent(source, s -> new ArrayList<>()).add(peer.name());
          backward.computeIfAbsent(peer.name(), s -> new ArrayList<>()).add(source);
        }));
    String start = graph.keySet().iterator().next();
    return reach(start, forward) == graph.size() && reach(start, backward) == graph.size();
  }

  private static int reach(String start, Map<String, List<String>> edges) {
    Set<String> seen = new HashSet<>(Set.of(start));
    ArrayDeque<String> queue = new ArrayDeque<>(seen);
    while (!queue.isEmpty()) {
      for (String next : edges.getOrDefault(queue.remove(), List.of())) {
        if (seen.add(next)) {
          queue.add(next);
        }
      }
    }
    return seen.size();
  }
}
