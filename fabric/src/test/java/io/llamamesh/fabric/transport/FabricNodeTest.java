package io.llamamesh.fabric.transport;

import static io.llamamesh.fabric.MemberState.FAILED;
import static io.llamamesh.fabric.MemberState.LEFT;
import static io.llamamesh.fabric.MemberState.UP;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.Member;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.node.FabricPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes in one process that speak over loopback. */
class FabricNodeTest {

  private static final MeshKeys KEYS = TestNode.key(1);

  private final List<FabricNode> nodes = new ArrayList<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  private final FabricNodeListener listener = failures::add;

  @AfterEach
  void end() {
    nodes.forEach(FabricNode::close);
    assertThat(failures).isEmpty();
  }

  @Test
  void fiveNodesKnowEachOtherAndOneThatEndsIsKnownToAll() throws Exception {
    List<FabricPeer> peers = peers(5);
    for (FabricPeer peer : peers) {
      start(peer, List.of(peers.getFirst()), new MemoryPersistence());
    }
    for (FabricNode node : nodes) {
      await(node, states(UP, UP, UP, UP, UP));
    }
    List<String> way = nodes.getFirst().ask(fabric -> fabric.routes("n5").path("n2"));
    assertThat(way).startsWith("n5").endsWith("n2");

    nodes.remove(2).close(); // without a word
    for (FabricNode node : nodes) {
      await(node, states(UP, UP, FAILED, UP, UP));
    }
    assertThat(nodes.get(3).tryLeave(Duration.ofSeconds(5))).isTrue();
    nodes.remove(3).close();
    for (FabricNode node : nodes) {
      await(node, states(UP, UP, FAILED, UP, LEFT));
    }
  }

  @Test
  void aNewLifeIsKnownByAGreaterIncarnationAndFindsItsPeersByItself() throws Exception {
    List<FabricPeer> peers = peers(3);
    MemoryPersistence memory = new MemoryPersistence();
    start(peers.get(0), List.of(), new MemoryPersistence());
    start(peers.get(1), List.of(peers.getFirst()), new MemoryPersistence());
    start(peers.get(2), List.of(peers.getFirst()), memory);
    Map<String, MemberState> all = states(UP, UP, UP);
    await(nodes.get(0), all);
    await(nodes.get(2), all);
    long first = memory.incarnation();

    nodes.remove(2).close();
    start(peers.get(2), List.of(), memory); // no contact but what it has kept
    assertThat(memory.incarnation()).isGreaterThanOrEqualTo(first);
    for (FabricNode node : nodes) {
      await(node, all);
    }
    assertThat(memory.incarnation()).isGreaterThan(first);
    Map<String, Long> lives = nodes.getFirst().ask(FabricNodeTest::incarnations);
    assertThat(lives).containsEntry("n3", memory.incarnation());
  }

  private static Map<String, Long> incarnations(Fabric fabric) {
    Map<String, Long> incarnations = new TreeMap<>();
    fabric.members().forEach(m -> incarnations.put(m.name(), m.incarnation()));
    return incarnations;
  }

  @Test
  void whosePortIsTakenSaysSoAndTakesPartOnceItIsFree() throws Exception {
    FabricPeer peer = peers(1).getFirst();
    int port = port(peer);
    FabricNode node;
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      node = start(peer, List.of(), new MemoryPersistence());
      long end = System.nanoTime() + 10_000_000_000L;
      while (node.problem() == null && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      assertThat(node.problem()).contains("in use");
      assertThat(taken.isBound()).isTrue();
    }
    await(node, states(UP));
    assertThat(node.problem()).isNull();
  }

  @Test
  void repliesCountForANodeOnlyWithItsOwnMark() throws Exception {
    List<FabricPeer> peers = peers(3);
    int own = peers.get(1).name().hashCode();
    AtomicInteger mark = new AtomicInteger(own);
    FabricEvidence probes =
        sink -> sink.answered("n2", System.nanoTime() - TestNode.MS, TestNode.MS, mark.get());
    start(peers.get(0), List.of(), new MemoryPersistence(), probes).setPeers(List.of(), peers);
    start(peers.get(1), List.of(peers.getFirst()), new MemoryPersistence());
    start(peers.get(2), List.of(), new MemoryPersistence(), probes)
        .setPeers(peers.subList(0, 1), peers);
    Map<String, MemberState> all = states(UP, UP, UP);
    for (FabricNode node : nodes) {
      await(node, all);
    }
    nodes.remove(1).close();
    // Its link is gone and its pings are, yet its reflector answers: it lives.
    long end = System.nanoTime() + 3_000 * TestNode.MS;
    while (System.nanoTime() < end) {
      Map<String, MemberState> states = nodes.getFirst().ask(FabricNodeTest::statesKnownTo);
      assertThat(states).isEqualTo(all);
    }
    mark.set(own + 1); // another node answers at its address
    for (FabricNode node : nodes) {
      await(node, states(UP, FAILED, UP));
      assertThat(
              Objects.requireNonNull(node.counters()).count(TransportEvent.REPLY_OF_ANOTHER_NODE))
          .isPositive();
    }
  }

  private FabricNode start(FabricPeer self, List<FabricPeer> contacts, MemoryPersistence memory) {
    return start(self, contacts, memory, FabricEvidence.NONE);
  }

  private FabricNode start(
      FabricPeer self,
      List<FabricPeer> contacts,
      MemoryPersistence memory,
      FabricEvidence evidence) {
    FabricNode node =
        FabricNode.start(
            new FabricNodeOptions(
                new TransportOptions(
                    "mesh",
                    self,
                    self.name().hashCode(),
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(self))),
                    false,
                    TransportLimits.standard()),
                FabricOptions.standard(),
                contacts),
            memory,
            () -> KEYS,
            evidence,
            listener);
    nodes.add(node);
    return node;
  }

  private static List<FabricPeer> peers(int count) throws IOException {
    List<FabricPeer> peers = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      peers.add(new FabricPeer("n" + i, "127.0.0.1:" + TestNode.freePort()));
    }
    return peers;
  }

  private static int port(FabricPeer peer) {
    return Integer.parseInt(peer.address().substring(peer.address().lastIndexOf(':') + 1));
  }

  private static void await(FabricNode node, Map<String, MemberState> wanted) throws Exception {
    long end = System.nanoTime() + 30_000_000_000L;
    Map<String, MemberState> found = Map.of();
    while (System.nanoTime() < end) {
      try {
        found = node.ask(FabricNodeTest::statesKnownTo);
        if (found.equals(wanted)) {
          return;
        }
      } catch (TimeoutException e) {
        // It is starting.
      }
      Thread.onSpinWait();
    }
    assertThat(found).as("members by the word of %s", node.self().name()).isEqualTo(wanted);
  }

  /** States of n1, n2 and so on. */
  private static Map<String, MemberState> states(MemberState... inOrder) {
    Map<String, MemberState> states = new TreeMap<>();
    for (MemberState state : inOrder) {
      states.put("n" + (states.size() + 1), state);
    }
    return states;
  }

  private static Map<String, MemberState> statesKnownTo(Fabric fabric) {
    Map<String, MemberState> states = new TreeMap<>();
    for (Member member : fabric.members()) {
      states.put(member.name(), member.state());
    }
    return states;
  }
}
