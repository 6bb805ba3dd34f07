package io.llamamesh.fabric.routes;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.linkstate.LinkState;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateAdEntry;
import io.llamamesh.fabric.linkstate.LinkStateMessage;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jgrapht.Graph;
import org.jgrapht.alg.shortestpath.BFSShortestPath;
import org.jgrapht.graph.DefaultDirectedGraph;
import org.jgrapht.graph.DefaultEdge;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Trees are held against JGraphT's, on random graphs. */
class RouteTreeTest {

  private static final int GRAPHS = 10_000;

  @Test
  void distancesAndPathsAreThoseOfAnOracle() {
    Random random = new Random(1);
    for (int i = 0; i < GRAPHS; i++) {
      RandomMesh mesh = new RandomMesh(random);
      mesh.addAll(2 + random.nextInt(24), random.nextDouble() * 0.3);
      mesh.assertRoutes();
    }
  }

  /**
   * Who is reachable is kept up edge by edge, and must be what a computation from nothing finds.
   */
  @Test
  void reachabilityIsThatOfAnOracleAfterEveryChange() {
    Random random = new Random(2);
    for (int i = 0; i < GRAPHS / 20; i++) {
      RandomMesh mesh = new RandomMesh(random);
      int nodes = 2 + random.nextInt(20);
      mesh.addAll(nodes, 0.1 + random.nextDouble() * 0.2);
      for (int change = 0; change < 20; change++) {
        mesh.change(random.nextInt(nodes), random.nextDouble() * 0.25);
        mesh.assertReachable();
      }
    }
  }

  private static final class RandomMesh implements LinkState.Host {
    private final Random random;
    private final LinkState linkState;
    private final Reachability reachability;
    private final Map<String, Set<String>> links = new HashMap<>();
    private final Map<String, Long> sequences = new HashMap<>();
    private int nodes;

    RandomMesh(Random random) {
      this.random = random;
      this.linkState = new LinkState("self", 1, random, this, 0);
      this.reachability = new Reachability(linkState.own());
    }

    void addAll(int count, double density) {
      nodes = count;
      for (int i = 0; i < count; i++) {
        change(i, density);
      }
    }

    void change(int node, double density) {
      String from = "n" + node;
      Set<String> neighbors = new HashSet<>();
      for (int other = 0; other < nodes && neighbors.size() < LinkStateAd.MAX_NEIGHBORS; other++) {
        if (other != node && random.nextDouble() < density) {
          neighbors.add("n" + other);
        }
      }
      links.put(from, neighbors);
      LinkStateAd ad =
          new LinkStateAd(
              from,
              "a:1",
              1,
              sequences.merge(from, 1L, Long::sum),
              Status.MEMBER,
              List.copyOf(neighbors),
              List.of(),
              List.of(),
              0);
      linkState.receive("", new Ads(List.of(new AgedAd(ad, 0))), 0);
    }

    void assertRoutes() {
      Graph<String, DefaultEdge> graph = new DefaultDirectedGraph<>(DefaultEdge.class);
      for (int i = 0; i < nodes; i++) {
        graph.addVertex("n" + i);
      }
      links.forEach((from, all) -> all.forEach(to -> graph.addEdge(from, to)));
      String origin = "n" + random.nextInt(nodes);
      var oracle = new BFSShortestPath<>(graph).getPaths(origin);
      RouteTree tree = RouteTree.from(origin, linkState.table());
      for (int i = 0; i < nodes; i++) {
        String node = "n" + i;
        double weight = oracle.getWeight(node);
        if (Double.isInfinite(weight)) {
          assertThat(tree.distance(node)).isEmpty();
          assertThat(tree.path(node)).isEmpty();
          continue;
        }
        assertThat(tree.distance(node)).hasValue((int) weight);
        List<String> path = tree.path(node);
        assertThat(path).hasSize((int) weight + 1).startsWith(origin).endsWith(node);
        for (int hop = 1; hop < path.size(); hop++) {
          assertThat(links.get(path.get(hop - 1))).contains(path.get(hop));
        }
      }
    }

    void assertReachable() {
      if (reachability.isDirty()) {
        reachability.recompute(linkState.table().entries(), new ArrayList<>());
      }
      Set<String> oracle = new HashSet<>();
      List<String> queue = new ArrayList<>(List.of("n0"));
      oracle.add("n0");
      while (!queue.isEmpty()) {
        for (String next : links.get(queue.removeLast())) {
          if (oracle.add(next)) {
            queue.add(next);
          }
        }
      }
      for (int i = 0; i < nodes; i++) {
        LinkStateAdEntry entry = linkState.table().get("n" + i);
        assertThat(reachability.isReachable(entry))
            .as("n%d of %s", i, links)
            .isEqualTo(oracle.contains("n" + i));
      }
    }

    @Override
    public void adChanged(LinkStateAdEntry entry, @Nullable LinkStateAd before) {
      List<LinkStateAdEntry> added = new ArrayList<>();
      List<LinkStateAdEntry> removed = new ArrayList<>();
      Set<String> had = before == null ? Set.of() : Set.copyOf(before.neighbors());
      for (String now : entry.ad().neighbors()) {
        if (!had.contains(now)) {
          added.add(linkState.table().get(now));
        }
      }
      for (String then : had) {
        if (!entry.ad().neighbors().contains(then)) {
          removed.add(linkState.table().get(then));
        }
      }
      if (entry.name().equals("n0") && before == null) {
        // The root is linked to n0 and to nobody else.
        linkState.flush(0);
      }
      reachability.changed(entry, added, removed, new ArrayList<>());
    }

    @Override
    public LinkStateAd describe() {
      return new LinkStateAd(
          "self", "a:1", 1, 1, Status.MEMBER, List.of("n0"), List.of(), List.of(), 0);
    }

    @Override
    public void send(String peer, LinkStateMessage message) {}

    @Override
    public void nodeGone(LinkStateAdEntry entry) {}

    @Override
    public void outbid(long incarnation) {}
  }
}
