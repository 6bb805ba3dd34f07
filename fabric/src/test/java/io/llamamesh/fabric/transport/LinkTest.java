package io.llamamesh.fabric.transport;

import static io.llamamesh.fabric.transport.TestNode.MS;
import static io.llamamesh.fabric.transport.TestNode.key;
import static io.llamamesh.fabric.transport.TestNode.secret;
import static io.llamamesh.fabric.transport.TestNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Summary;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Version;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Links between nodes that are who they say they are, and between those that are not. */
class LinkTest {

  private static final MeshKeys NEW_AND_OLD =
      MeshKeys.NONE.with(1, secret(1), false).with(2, secret(2), true);

  @Test
  void theAcceptingSideIsUpFirstAndMessagesArriveInOrder() throws IOException {
    List<String> order = new ArrayList<>();
    try (TestNode a = TestNode.start("a", key(1), order);
        TestNode b = TestNode.start("b", key(1), order)) {
      link(a, b);

      assertThat(order).containsExactly("b up", "a up");
      assertThat(a.ups.getFirst().peer()).isEqualTo(b.peer);
      assertThat(b.ups.getFirst().peer()).isEqualTo(a.peer);
      assertThat(b.ups.getFirst().incarnation()).isEqualTo(1_000);
      assertThat(b.ups.getFirst().nonce()).isEqualTo(7);
      assertThat(b.ups.getFirst().seen()).isEqualTo(3);
      for (int i = 0; i < 100; i++) {
        a.transport.send(a.link(), new Ping(i, true));
        b.transport.send(b.link(), new Ping(1_000 + i, true));
      }
      until(() -> a.received.size() == 100 && b.received.size() == 100, a, b);
      assertThat(b.received).element(99).isEqualTo(new Ping(99, true));
      assertThat(a.received).element(0).isEqualTo(new Ping(1_000, true));
    }
  }

  @Test
  void withoutKeysNodesOfOneHostAreLinked() throws IOException {
    try (TestNode a = TestNode.start("a", MeshKeys.NONE);
        TestNode b = TestNode.start("b", MeshKeys.NONE)) {
      link(a, b);
      a.transport.send(a.link(), new Ping(1, true));
      until(() -> b.received.size() == 1, a, b);
    }
  }

  @Test
  void withoutKeysNoOtherHostIsDialled() throws IOException {
    try (TestNode a = TestNode.start("a", MeshKeys.NONE)) {
      a.transport.dial(new FabricPeer("far", "192.0.2.1:8101"), 1, 0);
      until(() -> !a.failedDials.isEmpty(), a);
      assertThat(a.failedDials).containsExactly(TransportEvent.NOT_LOOPBACK);
      a.transport.sendDatagram(new FabricPeer("far", "192.0.2.1:8101"), new Ping(1, true));
      assertThat(a.count(TransportEvent.DATAGRAM_UNSENT)).isEqualTo(1);
    }
  }

  @Test
  void aLargeMessageArrivesWhole() throws IOException {
    List<Version> versions = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      versions.add(new Version("n".repeat(200) + i, i + 1, i + 1));
    }
    Message large = new Summary(1, versions);
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      link(a, b);
      a.transport.send(a.link(), large);
      until(() -> b.received.size() == 1, a, b);
      assertThat(b.received).containsExactly(large);
    }
  }

  @Test
  void whoHasAnotherKeyOrNoneGetsNoLink() throws IOException {
    MeshKeys sameNumber = MeshKeys.NONE.with(1, secret(9), true);
    try (TestNode b = TestNode.start("b", key(1));
        TestNode otherNumber = TestNode.start("x", key(2));
        TestNode otherSecret = TestNode.start("y", sameNumber);
        TestNode keyless = TestNode.start("z", MeshKeys.NONE)) {
      for (TestNode stranger : List.of(otherNumber, otherSecret, keyless)) {
        stranger.transport.dial(b.peer, 1, 0);
        until(() -> !stranger.failedDials.isEmpty(), stranger, b);
        assertThat(stranger.failedDials).containsExactly(TransportEvent.WRONG_KEY);
        b.transport.dial(stranger.peer, 1, 0);
        until(() -> !b.failedDials.isEmpty(), stranger, b);
        b.failedDials.clear();
        assertThat(stranger.ups).isEmpty();
      }
      assertThat(b.ups).isEmpty();
      assertThat(b.count(TransportEvent.BAD_PROOF)).isEqualTo(1);
      assertThat(b.transport.links()).isZero();
    }
  }

  @Test
  void anotherMeshGetsNoLink() throws IOException {
    try (TestNode a = TestNode.ofMesh("red", "a", key(1));
        TestNode b = TestNode.ofMesh("blue", "b", key(1))) {
      a.transport.dial(b.peer, 1, 0);
      until(() -> !a.failedDials.isEmpty(), a, b);
      assertThat(a.failedDials).containsExactly(TransportEvent.WRONG_MESH);
      assertThat(b.ups).isEmpty();
    }
  }

  @Test
  void whoDialsAnotherNodeAtAnAddressHearsWhoIsThereAndChangesNothing() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      a.transport.dial(new FabricPeer("c", b.peer.address()), 1, 0);
      until(() -> !a.ups.isEmpty(), a, b);
      assertThat(a.ups.getFirst().peer().name()).isEqualTo("b");
      assertThat(a.ups.getFirst().expected()).isEqualTo(new FabricPeer("c", b.peer.address()));
      assertThat(b.ups).isEmpty();
      assertThat(b.count(TransportEvent.WRONG_NODE)).isEqualTo(1);
    }
  }

  @Test
  void nobodyListeningIsToldFromSilence() throws IOException {
    try (TestNode a = TestNode.start("a", key(1))) {
      a.transport.dial(new FabricPeer("gone", "127.0.0.1:" + TestNode.freePort()), 1, 0);
      until(() -> !a.failedDials.isEmpty(), a);
      assertThat(a.failedDials).containsExactly(TransportEvent.DIAL_REFUSED);
    }
  }

  @Test
  void aFrameThatComesAgainEndsTheLink() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1));
        Relay relay = new Relay(b)) {
      linkThrough(relay, a, b);
      a.transport.send(a.link(), new Ping(1, true));
      until(() -> b.received.size() == 1, a, b);
      relay.inject(relay.last());
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.WRONG_COUNTER);
      assertThat(b.received).hasSize(1);
    }
  }

  @Test
  void aChangedFrameEndsTheLink() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1));
        Relay relay = new Relay(b)) {
      linkThrough(relay, a, b);
      relay.spoil();
      a.transport.send(a.link(), new Ping(1, true));
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.BAD_MAC);
      assertThat(b.received).isEmpty();
    }
  }

  @Test
  void framesOfOneLinkAreOfNoUseInAnother() throws IOException {
    byte[] old;
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      try (Relay relay = new Relay(b)) {
        linkThrough(relay, a, b);
        a.transport.send(a.link(), new Ping(1, true));
        until(() -> b.received.size() == 1, a, b);
        old = relay.last();
      }
      b.ups.clear();
      b.downs.clear();
      try (Relay relay = new Relay(b)) {
        linkThrough(relay, a, b);
        relay.inject(old); // its counter is right again
        until(() -> b.downs.contains(TransportEvent.BAD_MAC), a, b);
        assertThat(b.received).hasSize(1);
      }
    }
  }

  @Test
  void aFrameThatSaysItIsTooLongEndsTheLinkBeforeItIsRead() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1));
        Relay relay = new Relay(b)) {
      linkThrough(relay, a, b);
      relay.inject(ByteBuffer.allocate(Frames.HEADER).put((byte) 0).putInt((1 << 20) + 1).array());
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.BAD_FRAME);
    }
  }

  @Test
  void halfAFrameEndsTheLinkInTime() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1));
        Relay relay = new Relay(b)) {
      linkThrough(relay, a, b);
      relay.inject(ByteBuffer.allocate(Frames.HEADER + 10).put((byte) 0).putInt(100).array());
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.HALF_FRAME);
    }
  }

  @Test
  void aNeighborThatTakesNothingIsDroppedAndTold() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      link(a, b);
      Message large = new Summary(1, List.of(new Version("n".repeat(250), 1, 1)));
      // More than the kernel takes: b reads no more.
      until(
          () -> {
            for (int i = 0; i < 500; i++) {
              a.transport.send(a.link(), large);
            }
            return !a.downs.isEmpty();
          },
          a);
      assertThat(a.downs).containsExactly(TransportEvent.SLOW_NEIGHBOR);
      assertThat(a.transport.links()).isZero();
    }
  }

  @Test
  void whatIsNotWholeIsBoundedForAllLinksTogether() throws IOException {
    TransportLimits small =
        new TransportLimits(
            500 * MS,
            300 * MS,
            5_000 * MS,
            400 * MS,
            60_000 * MS,
            200 * MS,
            16,
            8,
            4,
            1 << 20,
            96 << 10);
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1), small);
        Relay relay = new Relay(b)) {
      linkThrough(relay, a, b);
      relay.inject(ByteBuffer.allocate(200 << 10).put((byte) 0).putInt(1 << 20).array());
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.OUT_OF_MEMORY);

      // What it held is given back.
      b.downs.clear();
      a.transport.dial(b.peer, 2, 0);
      until(() -> b.transport.links() == 1, a, b);
      assertThat(b.downs).isEmpty();
    }
  }

  @Test
  void aLinkWithoutFramesEnds() throws IOException {
    TransportLimits impatient =
        new TransportLimits(
            500 * MS, 300 * MS, 300 * MS, 400 * MS, 200 * MS, 200 * MS, 16, 8, 4, 1 << 20,
            16 << 20);
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1), impatient)) {
      link(a, b);
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.IDLE_LINK);
    }
  }

  @Test
  void aLinkGoesOnOverARotation() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      link(a, b);
      b.keys = MeshKeys.NONE.with(1, secret(1), true).with(2, secret(2), false);
      a.keys = NEW_AND_OLD;
      exchange(a, b, 1);
      b.keys = NEW_AND_OLD;
      exchange(a, b, 2);
      a.keys = key(2);
      b.keys = key(2);
      exchange(a, b, 3);
      long looks = System.nanoTime() + 300 * MS;
      until(() -> System.nanoTime() > looks, a, b);
      exchange(a, b, 4);
      assertThat(a.downs).isEmpty();
      assertThat(b.downs).isEmpty();
    }
  }

  @Test
  void aLinkUnderAKeyThatIsTakenAwayEnds() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      link(a, b);
      b.keys = key(2);
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.downs).containsExactly(TransportEvent.KEY_EXPIRED);
    }
  }

  @Test
  void aClosedLinkSendsWhatItHasFirst() throws IOException {
    try (TestNode a = TestNode.start("a", key(1));
        TestNode b = TestNode.start("b", key(1))) {
      link(a, b);
      a.transport.send(a.link(), new Ping(1, true));
      a.transport.close(a.link());
      until(() -> !b.downs.isEmpty(), a, b);
      assertThat(b.received).containsExactly(new Ping(1, true));
      assertThat(b.downs).containsExactly(TransportEvent.CLOSED_BY_PEER);
      assertThat(a.downs).isEmpty();
    }
  }

  private static void exchange(TestNode a, TestNode b, int round) throws IOException {
    a.transport.send(a.link(), new Ping(round, true));
    b.transport.send(b.link(), new Ping(round, true));
    until(() -> a.received.size() == round && b.received.size() == round, a, b);
  }

  private static void link(TestNode a, TestNode b) throws IOException {
    a.transport.dial(b.peer, 7, 3);
    until(() -> !a.ups.isEmpty() && !b.ups.isEmpty(), a, b);
  }

  private static void linkThrough(Relay relay, TestNode a, TestNode b) throws IOException {
    int before = a.ups.size();
    a.transport.dial(relay.to(b), 1, 0);
    until(() -> a.ups.size() > before && !b.ups.isEmpty(), a, b);
  }
}
