package io.llamamesh.fabric.multicast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.fabric.testing.Cases;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MulticastTest {

  private static final byte[] PAYLOAD = "hello".getBytes(StandardCharsets.UTF_8);
  private static final int USUAL = 30;

  @Test
  void everyOtherNodeGetsOneCopyOverTheShortestWay() {
    forEachMesh((mesh, seed) -> {
      MessageId id = mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT);
      assertThat(mesh.at("n0")).isEmpty();
      for (String node : others(mesh)) {
        Delivery delivery = only(mesh.at(node));
        assertThat(delivery.id()).isEqualTo(id);
        assertThat(delivery.topic()).isEqualTo("topic");
        assertThat(delivery.payload()).isEqualTo(PAYLOAD);
        assertThat(delivery.hops()).isEqualTo(mesh.distance("n0", node));
        assertThat(delivery.route()).isEmpty();
      }
      assertThat(mesh.transmitted()).isEqualTo(mesh.names.size() - 1);
    });
  }

  @Test
  void loopDeliversToTheSenderToo() {
    forEachMesh((mesh, seed) -> {
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT.withLoop(true).withFanout(3));
      assertThat(only(mesh.at("n0")).hops()).isZero();
      others(mesh).forEach(node -> assertThat(mesh.at(node)).hasSize(1));
    });
  }

  @Test
  void onlyNodesPrunesTheTreeToTheWaysThere() {
    forEachMesh((mesh, seed) -> {
      Set<String> targets = targets(mesh, seed);
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT.withOnlyNodes(targets));
      Set<String> edges = new HashSet<>();
      for (String target : targets) {
        for (String at = target; !at.equals("n0"); at = mesh.tree("n0").parent(at)) {
          edges.add(at);
        }
      }
      assertThat(mesh.transmitted()).isEqualTo(edges.size());
      for (String node : mesh.names) {
        boolean meant = targets.contains(node) && !node.equals("n0");
        assertThat(mesh.at(node)).as("seed %d %s", seed, node).hasSize(meant ? 1 : 0);
      }
    });
  }

  @Test
  void fanoutSendsAlongSoManyTreesAndEachNodeCountsTheCopies() {
    forEachMesh((mesh, seed) -> {
      int fanout = 1 + (int) (seed % 5);
      int trees = Math.min(fanout, 1 + mesh.links.get("n0").size());
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT.withFanout(fanout).withOnce(false));
      others(mesh).forEach(node -> assertThat(mesh.at(node)).hasSize(trees));
      assertThat(mesh.at("n0")).isEmpty();
    });
  }

  @Test
  void withOnceTheOtherCopiesAreCountedAndNotDelivered() {
    forEachMesh((mesh, seed) -> {
      int trees = Math.min(4, 1 + mesh.links.get("n0").size());
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT.withFanout(4));
      for (String node : others(mesh)) {
        assertThat(mesh.at(node)).hasSize(1);
        assertThat(mesh.nodes.get(node).counters().duplicates()).isEqualTo(trees - 1);
      }
    });
  }

  @Test
  void loopWithoutOnceGivesTheSenderACopyOfEachTree() {
    forEachMesh((mesh, seed) -> {
      int trees = Math.min(3, 1 + mesh.links.get("n0").size());
      mesh.send(
          "n0", PAYLOAD, MulticastOptions.DEFAULT.withFanout(3).withOnce(false).withLoop(true));
      mesh.names.forEach(node -> assertThat(mesh.at(node)).hasSize(trees));
    });
  }

  @Test
  void ttlBoundsTheHopsAndWhatIsDroppedForItIsCounted() {
    forEachMesh((mesh, seed) -> {
      int ttl = (int) (seed % 4);
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT.withTtl(ttl));
      long expected = 0;
      for (String node : others(mesh)) {
        int distance = mesh.distance("n0", node);
        assertThat(mesh.at(node)).hasSize(distance <= ttl ? 1 : 0);
        expected += distance == ttl + 1 ? 1 : 0;
      }
      assertThat(mesh.expired()).isEqualTo(expected);
    });
  }

  @Test
  void recordedRoutesGoFromNeighbourToNeighbour() {
    forEachMesh((mesh, seed) -> {
      mesh.send(
          "n0",
          PAYLOAD,
          MulticastOptions.DEFAULT.withRecordRoute(true).withFanout(3).withOnce(false));
      for (String node : others(mesh)) {
        for (Delivery delivery : mesh.at(node)) {
          List<String> route = delivery.route();
          assertThat(route).hasSize(delivery.hops() + 1);
          assertThat(route.getFirst()).isEqualTo("n0");
          assertThat(route.getLast()).isEqualTo(node);
          for (int i = 1; i < route.size(); i++) {
            assertThat(mesh.links.get(route.get(i - 1))).contains(route.get(i));
          }
        }
      }
    });
  }

  /** All options at random: how often each node gets it follows from trees and distances. */
  @Test
  void optionsTogetherGiveExactCounts() {
    forEachMesh((mesh, seed) -> {
      Random random = new Random(seed);
      Set<String> targets = random.nextBoolean() ? Set.of() : targets(mesh, seed);
      MulticastOptions options =
          new MulticastOptions(
              targets,
              random.nextBoolean(),
              1 + random.nextInt(4),
              random.nextInt(6),
              random.nextBoolean(),
              random.nextBoolean());
      mesh.send("n0", PAYLOAD, options);
      long transmitted = 0;
      for (Map.Entry<Integer, String> tree : mesh.roots.entrySet()) {
        transmitted += reached(mesh, tree.getKey(), tree.getValue(), options).size();
      }
      assertThat(mesh.transmitted()).as("seed %d %s", seed, options).isEqualTo(transmitted);
      for (String node : mesh.names) {
        assertThat(mesh.at(node))
            .as("seed %d %s %s", seed, node, options)
            .hasSize(copies(mesh, node, options));
      }
    });
  }

  /** Copies that a node delivers. */
  private static int copies(SimulatedMulticast mesh, String node, MulticastOptions options) {
    boolean meant =
        (options.onlyNodes().isEmpty() || options.onlyNodes().contains(node))
            && (options.loop() || !node.equals("n0"));
    int copies = meant && node.equals("n0") ? 1 : 0;
    for (Map.Entry<Integer, String> tree : mesh.roots.entrySet()) {
      if (meant && reached(mesh, tree.getKey(), tree.getValue(), options).contains(node)) {
        copies++;
      }
    }
    return options.once() ? Math.min(1, copies) : copies;
  }

  /** Nodes to which a copy goes on one tree: those on the ways to whom it is for. */
  private static Set<String> reached(
      SimulatedMulticast mesh, int tree, String root, MulticastOptions options) {
    Set<String> reached = new TreeSet<>();
    int hopsToRoot = tree == 0 ? 0 : 1;
    Set<String> targets =
        new TreeSet<>(options.onlyNodes().isEmpty() ? mesh.names : options.onlyNodes());
    if (!options.loop() || options.once()) {
      targets.remove("n0");
    }
    if (tree > 0) {
      targets.add(root);
    } else {
      targets.remove("n0");
    }
    for (String target : targets) {
      String at = target;
      while (at != null && (tree > 0 || !at.equals(root))) {
        if (hopsToRoot + mesh.distance(root, at) <= options.ttl()) {
          reached.add(at);
        }
        at = mesh.tree(root).parent(at);
      }
    }
    return reached;
  }

  @Test
  void fourTreesDeliverNearlyAllWhenLinksLoseOneInAHundredAndEachOnce() {
    SimulatedMulticast mesh = new SimulatedMulticast(200, 1);
    mesh.lose(0.01);
    int messages = Cases.count(60);
    for (int i = 0; i < messages; i++) {
      String sender = mesh.names.get(mesh.random.nextInt(200));
      mesh.send(sender, PAYLOAD, MulticastOptions.DEFAULT.withFanout(4));
    }
    long delivered = 0;
    for (String node : mesh.names) {
      List<MessageId> ids = mesh.at(node).stream().map(Delivery::id).toList();
      assertThat(ids).doesNotHaveDuplicates();
      delivered += ids.size();
    }
    assertThat((double) delivered / messages / 199).isGreaterThan(0.999);
  }

  @Test
  void nodesThatSeeOtherLinksDeliverAtMostOnceAndCopiesComeToAnEnd() {
    forEachMesh((mesh, seed) -> {
      mesh.disagree();
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT.withFanout(2));
      others(mesh).forEach(node -> assertThat(mesh.at(node).size()).isLessThanOrEqualTo(1));
      assertThat(mesh.transmitted()).isLessThan(2L * 7 * mesh.names.size());
    });
  }

  @Test
  void aNodeThatStartsAgainWithoutItsMemoryIsHeardOnce() {
    SimulatedMulticast mesh = new SimulatedMulticast(10, 1);
    for (int i = 0; i < 5; i++) {
      mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT);
    }
    mesh.start("n0", 2);
    mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT);
    others(mesh).forEach(node -> assertThat(mesh.at(node)).hasSize(6));
  }

  @Test
  void aChildWithoutALinkIsCounted() {
    SimulatedMulticast mesh = new SimulatedMulticast(20, 1);
    String child = mesh.tree("n0").children("n0").getFirst();
    mesh.links.get("n0").remove(child);
    mesh.send("n0", PAYLOAD, MulticastOptions.DEFAULT);
    assertThat(mesh.nodes.get("n0").counters().unlinked()).isEqualTo(1);
    assertThat(mesh.at(child)).isEmpty();
  }

  @Test
  void whatIsOutOfBoundsIsRefused() {
    SimulatedMulticast mesh = new SimulatedMulticast(2, 1);
    Multicast node = mesh.nodes.get("n0");
    byte[] large = new byte[Multicast.MAX_PAYLOAD_BYTES + 1];
    assertThatThrownBy(() -> node.send("t", large, MulticastOptions.DEFAULT))
        .hasMessageContaining("65537 bytes");
    assertThatThrownBy(() -> node.send("", PAYLOAD, MulticastOptions.DEFAULT))
        .hasMessageContaining("topic");
    assertThatThrownBy(() -> MulticastOptions.DEFAULT.withFanout(9)).hasMessageContaining("fanout");
    assertThatThrownBy(() -> MulticastOptions.DEFAULT.withTtl(65)).hasMessageContaining("ttl");
    mesh.send("n0", new byte[Multicast.MAX_PAYLOAD_BYTES], MulticastOptions.DEFAULT);
    assertThat(only(mesh.at("n1")).payload()).hasSize(Multicast.MAX_PAYLOAD_BYTES);
    assertThat(node.counters().originated()).isEqualTo(1);
  }

  @Test
  void noiseIsCountedAndNeitherDeliveredNorSentOn() {
    SimulatedMulticast mesh = new SimulatedMulticast(5, 1);
    Random random = new Random(1);
    for (int i = 0; i < 5_000; i++) {
      byte[] noise = new byte[random.nextInt(100)];
      random.nextBytes(noise);
      if (noise.length > 0) {
        noise[0] = 1;
      }
      mesh.nodes.get("n0").onMessage("n1", noise);
    }
    assertThat(mesh.nodes.get("n0").counters().malformed()).isGreaterThan(4_900);
  }

  @Test
  void aCopyThatComesAgainOnItsTreeIsNotSentOnAgain() {
    List<byte[]> copies = new ArrayList<>();
    Multicast sender = multicast("a", copies, new ArrayList<>());
    List<byte[]> sentOn = new ArrayList<>();
    List<Delivery> delivered = new ArrayList<>();
    Multicast relay = multicast("b", sentOn, delivered);
    sender.send("t", PAYLOAD, MulticastOptions.DEFAULT);
    for (int i = 0; i < 10; i++) {
      relay.onMessage("a", copies.getFirst());
    }
    assertThat(delivered).hasSize(1);
    assertThat(sentOn).hasSize(1);
    assertThat(relay.counters().repeated()).isEqualTo(9);
  }

  @Test
  void copiesOutOfOrderAreDeliveredAndThoseTooOldAreCounted() {
    List<byte[]> copies = new ArrayList<>();
    Multicast sender = multicast("a", copies, new ArrayList<>());
    List<Delivery> delivered = new ArrayList<>();
    Multicast relay = multicast("b", new ArrayList<>(), delivered);
    for (int i = 0; i < 400; i++) {
      sender.send("t", PAYLOAD, MulticastOptions.DEFAULT);
    }
    List<byte[]> latest = new ArrayList<>(copies.subList(144, 400));
    Collections.shuffle(latest, new Random(1));
    latest.forEach(copy -> relay.onMessage("a", copy));
    latest.forEach(copy -> relay.onMessage("a", copy));
    assertThat(delivered).hasSize(256);
    relay.onMessage("a", copies.get(143));
    assertThat(relay.counters().late()).isEqualTo(1);
    assertThat(delivered).hasSize(256);
  }

  @Test
  void livesHeardOfAreBounded() {
    SeenMessages seen = new SeenMessages();
    for (int i = 0; i < 3 * SeenMessages.MAX_LIVES; i++) {
      seen.window(new MessageId("n" + i, 1, 1)).advance(1);
    }
    assertThat(seen.lives()).isEqualTo(SeenMessages.MAX_LIVES);
  }

  /** A node on the line a, b, c that never fails to send. */
  private static Multicast multicast(String name, List<byte[]> sent, List<Delivery> delivered) {
    Tree line = Tree.of(Map.of("b", "a", "c", "b"));
    return new Multicast(
        name,
        1,
        root -> line,
        new MulticastOutbox() {
          @Override
          public boolean trySend(String neighbour, byte[] message) {
            sent.add(message);
            return true;
          }

          @Override
          public void deliver(Delivery delivery) {
            delivered.add(delivery);
          }
        },
        new Random(1));
  }

  private interface MeshTest {
    void run(SimulatedMulticast mesh, long seed);
  }

  private static void forEachMesh(MeshTest test) {
    Cases.seeds(USUAL)
        .forEach(seed -> test.run(new SimulatedMulticast(2 + (int) (seed % 40), seed), seed));
  }

  private static List<String> others(SimulatedMulticast mesh) {
    return mesh.names.subList(1, mesh.names.size());
  }

  private static Set<String> targets(SimulatedMulticast mesh, long seed) {
    Random random = new Random(seed);
    Set<String> targets = new TreeSet<>();
    for (int i = 0; i <= mesh.names.size() / 4; i++) {
      targets.add(mesh.names.get(random.nextInt(mesh.names.size())));
    }
    return targets;
  }

  private static Delivery only(List<Delivery> deliveries) {
    assertThat(deliveries).hasSize(1);
    return deliveries.getFirst();
  }
}
