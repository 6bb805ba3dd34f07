package io.llamamesh.fabric.transport;

import static io.llamamesh.fabric.transport.TestNode.MS;
import static io.llamamesh.fabric.transport.TestNode.key;
import static io.llamamesh.fabric.transport.TestNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What those who are no members send to a node's port. */
class StrangersTest {

  private final List<Socket> strangers = new ArrayList<>();
  private TestNode node;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start("b", key(1));
  }

  @AfterEach
  void end() throws IOException {
    for (Socket stranger : strangers) {
      stranger.close();
    }
    node.close();
  }

  @Test
  void aFloodOfConnectionsKeepsNoMemberOut() throws IOException {
    try (TestNode member = TestNode.start("a", key(1))) {
      for (int i = 0; i < 200; i++) {
        connect();
        if (i % 20 == 0) {
          node.transport.poll(0); // it lives beside
        }
      }
      member.transport.dial(node.peer, 1, 0);
      until(() -> !member.ups.isEmpty() && !node.ups.isEmpty(), member, node);
      assertThat(node.count(TransportEvent.TOO_MANY_HANDSHAKES)).isPositive();
      // Those that wait are as few as the limits say, and their time ends.
      until(() -> ended() == 200, member, node);
      assertThat(node.transport.links()).isEqualTo(1);
    }
  }

  private long ended() {
    return node.count(TransportEvent.TOO_MANY_HANDSHAKES)
        + node.count(TransportEvent.HANDSHAKE_TIMEOUT);
  }

  @Test
  void whoSaysNothingIsHeardForAMomentOnly() throws IOException {
    connect();
    until(() -> node.count(TransportEvent.HANDSHAKE_TIMEOUT) == 1, node);
  }

  @Test
  void halfAHelloIsHeardForAMomentOnly() throws IOException {
    byte[] hello = Handshake.frame(Handshake.KIND_HELLO, hello());
    connect().getOutputStream().write(hello, 0, hello.length / 2);
    until(() -> node.count(TransportEvent.HANDSHAKE_TIMEOUT) == 1, node);
    assertThat(node.ups).isEmpty();
  }

  @Test
  void aHelloWithoutAProofIsHeardForAMomentOnly() throws IOException {
    connect().getOutputStream().write(Handshake.frame(Handshake.KIND_HELLO, hello()));
    until(() -> node.count(TransportEvent.HANDSHAKE_TIMEOUT) == 1, node);
    assertThat(node.ups).isEmpty();
  }

  @Test
  void aHelloThatComesAgainWithItsProofIsNoLink() throws IOException {
    byte[] opening;
    try (TestNode member = TestNode.start("a", key(1));
        Relay relay = new Relay(node)) {
      member.transport.dial(relay.to(node), 1, 0);
      until(() -> !member.ups.isEmpty(), member, node);
      opening = relay.last();
    }
    Socket again = connect();
    again.getOutputStream().write(Handshake.frame(Handshake.KIND_HELLO, hello()));
    again.getOutputStream().write(opening); // the proof, of other hellos
    until(() -> node.count(TransportEvent.BAD_PROOF) == 1, node);
    assertThat(node.ups).hasSize(1);
  }

  @Test
  void aProofWithoutAHelloEndsTheConnection() throws IOException {
    connect().getOutputStream().write(Handshake.frame(Handshake.KIND_PROOF, new byte[32]));
    until(() -> node.count(TransportEvent.BAD_FRAME) == 1, node);
  }

  @Test
  void aHelloThatSaysItIsTooLongEndsTheConnection() throws IOException {
    connect().getOutputStream().write(new byte[] {(byte) 0xff, (byte) 0xff, 1});
    until(() -> node.count(TransportEvent.BAD_FRAME) == 1, node);
  }

  @Test
  void anOlderOrNewerVersionIsRefused() throws IOException {
    byte[] hello = hello();
    hello[6] = 9; // the newest that it speaks
    hello[7] = 9; // the oldest
    connect().getOutputStream().write(Handshake.frame(Handshake.KIND_HELLO, hello));
    until(() -> node.count(TransportEvent.WRONG_VERSION) == 1, node);
  }

  @Test
  void noiseOverTcpEndsNothingButItself() throws IOException {
    Random random = new Random(7);
    for (int i = 0; i < 100; i++) {
      byte[] noise = new byte[random.nextInt(1, 5_000)];
      random.nextBytes(noise);
      connect().getOutputStream().write(noise);
      node.transport.poll(MS);
    }
    until(() -> ended() + node.count(TransportEvent.BAD_FRAME) + closedEarly() >= 100, node);
    assertThat(node.ups).isEmpty();
    assertThat(node.count(TransportEvent.INTERNAL_ERROR)).isZero();
  }

  private long closedEarly() {
    return node.count(TransportEvent.BROKEN)
        + node.count(TransportEvent.CLOSED_BY_PEER)
        + node.count(TransportEvent.WRONG_VERSION)
        + node.count(TransportEvent.WRONG_KEY)
        + node.count(TransportEvent.WRONG_MESH);
  }

  @Test
  void aDatagramCountsOnceAndOnlyAsItWasSent() throws IOException {
    PeerLives lives = new PeerLives();
    Datagrams sender = new Datagrams("mesh", new FabricPeer("a", "127.0.0.1:1"), 5, lives);
    Message ping = new Ping(1, false);
    byte[] authentic = sender.seal(node.peer, 900, ping, key(1));
    try (DatagramSocket socket = new DatagramSocket()) {
      send(socket, authentic);
      until(() -> node.datagrams.size() == 1, node);
      assertThat(node.transport.isEpoch("a", 5)).isTrue();

      send(socket, authentic);
      until(() -> node.count(TransportEvent.DATAGRAM_REPLAYED) == 1, node);
      byte[] changed = sender.seal(node.peer, 900, ping, key(1));
      changed[changed.length - 20] ^= 1;
      send(socket, changed);
      until(() -> node.count(TransportEvent.DATAGRAM_BAD_MAC) == 1, node);
      send(socket, sender.seal(node.peer, 900, ping, MeshKeys.NONE));
      until(() -> node.count(TransportEvent.DATAGRAM_BAD_MAC) == 2, node);
      send(socket, sender.seal(new FabricPeer("c", "127.0.0.1:2"), 900, ping, key(1)));
      until(() -> node.count(TransportEvent.DATAGRAM_NOT_FOR_US) == 1, node);
      send(socket, sender.seal(node.peer, 899, ping, key(1)));
      until(() -> node.count(TransportEvent.DATAGRAM_REPLAYED) == 2, node);
      send(socket, sender.seal(node.peer, 901, ping, key(1)));
      until(() -> node.datagrams.size() == 2, node);
    }
  }

  @Test
  void noiseInDatagramsIsCountedAndDropped() throws IOException {
    Random random = new Random(11);
    try (DatagramSocket socket = new DatagramSocket()) {
      for (int i = 0; i < 500; i++) {
        byte[] noise = new byte[random.nextInt(1, 1_400)];
        random.nextBytes(noise);
        if (i % 2 == 0 && noise.length > 3) {
          noise[0] = 'L';
          noise[1] = 'D';
          noise[2] = 1;
        }
        send(socket, noise);
        node.transport.poll(0);
      }
      until(
          () ->
              node.count(TransportEvent.DATAGRAM_MALFORMED)
                      + node.count(TransportEvent.DATAGRAM_BAD_MAC)
                  == 500,
          node);
    }
    assertThat(node.datagrams).isEmpty();
  }

  private void send(DatagramSocket socket, byte[] bytes) throws IOException {
    socket.send(
        new DatagramPacket(bytes, bytes.length, InetAddress.getLoopbackAddress(), node.port()));
  }

  private Socket connect() throws IOException {
    Socket stranger = new Socket(InetAddress.getLoopbackAddress(), node.port());
    strangers.add(stranger);
    return stranger;
  }

  private byte[] hello() {
    return new Handshake.Hello(
            1, 1, "mesh", new FabricPeer("x", "127.0.0.1:1"), 900, 0, 1, "b", 1, 0, "0".repeat(64))
        .toBytes();
  }
}
