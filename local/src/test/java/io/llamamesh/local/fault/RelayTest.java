package io.llamamesh.local.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.net.NativeNetwork;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real sockets on loopback addresses that no local mesh uses. */
class RelayTest {
  private static final InetAddress A_PUBLISHED = InetAddress.ofLiteral("127.0.50.11");
  private static final InetAddress A_OWN = InetAddress.ofLiteral("127.0.51.11");
  private static final InetAddress B_PUBLISHED = InetAddress.ofLiteral("127.0.50.12");
  private static final InetAddress B_OWN = InetAddress.ofLiteral("127.0.51.12");
  private static final List<Relay.Endpoint> ENDS =
      List.of(
          new Relay.Endpoint("a", A_PUBLISHED, A_OWN), new Relay.Endpoint("b", B_PUBLISHED, B_OWN));

  private DatagramSocket prober;
  private DatagramSocket reflector;

  @BeforeEach
  void open() throws IOException {
    prober = new DatagramSocket(new InetSocketAddress(A_OWN, 0));
    reflector = new DatagramSocket(new InetSocketAddress(B_OWN, 0));
    prober.setSoTimeout(5_000);
    reflector.setSoTimeout(5_000);
  }

  @AfterEach
  void close() {
    prober.close();
    reflector.close();
  }

  @Test
  void aProbeArrivesFromThePublishedAddressWithItsSourcePortAndItsAnswerComesBack()
      throws IOException {
    try (Relay relay = relay()) {
      send(prober, "probe", B_PUBLISHED, reflector.getLocalPort());
      DatagramPacket arrived = receive(reflector);
      assertThat(text(arrived)).isEqualTo("probe");
      assertThat(arrived.getSocketAddress())
          .isEqualTo(new InetSocketAddress(A_PUBLISHED, prober.getLocalPort()));

      reflector.send(new DatagramPacket(bytes("answer"), 6, arrived.getSocketAddress()));
      DatagramPacket answer = receive(prober);
      assertThat(text(answer)).isEqualTo("answer");
      assertThat(answer.getSocketAddress())
          .isEqualTo(new InetSocketAddress(B_PUBLISHED, reflector.getLocalPort()));
      assertThat(relay.lost()).isZero();
      assertThat(relay.dropped()).isZero();
    }
  }

  @Test
  void aLostProbeIsCountedAndDoesNotArrive() throws IOException {
    try (Relay relay = relay("a>b loss=100%")) {
      send(prober, "probe", B_PUBLISHED, reflector.getLocalPort());
      await().atMost(Duration.ofSeconds(5)).until(() -> relay.lost() == 1);
      reflector.setSoTimeout(1);
      assertThat(arrives()).isFalse();
    }
  }

  @Test
  void aDelayedProbeArrivesNotBeforeItsTime() throws IOException {
    try (Relay relay = relay("a>b delay=150ms")) {
      long sent = System.nanoTime();
      send(prober, "probe", B_PUBLISHED, reflector.getLocalPort());
      assertThat(text(receive(reflector))).isEqualTo("probe");
      assertThat(System.nanoTime() - sent).isGreaterThanOrEqualTo(150_000_000);
      assertThat(relay.dropped()).isZero();
    }
  }

  @Test
  void aDatagramFromAStrangerIsCountedApart() throws IOException {
    try (Relay relay = relay();
        DatagramSocket stranger =
            new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.52.1"), 0))) {
      send(stranger, "hello", B_PUBLISHED, reflector.getLocalPort());
      await().atMost(Duration.ofSeconds(5)).until(() -> relay.unknownSenders() == 1);
      assertThat(relay.dropped()).isZero();
    }
  }

  @Test
  void closingFreesThePorts() throws IOException {
    relay().close();
    new DatagramSocket(new InetSocketAddress(B_PUBLISHED, reflector.getLocalPort())).close();
  }

  private boolean arrives() throws IOException {
    try {
      receive(reflector);
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private Relay relay(String... faults) throws IOException {
    List<Fault> parsed =
        Stream.of(faults).map(fault -> Fault.parse(fault, List.of("a", "b"))).toList();
    return Relay.start(
        NativeNetwork.orChannels(), ENDS, reflector.getLocalPort(), new Impairments(parsed));
  }

  private static void send(DatagramSocket from, String text, InetAddress to, int port)
      throws IOException {
    from.send(new DatagramPacket(bytes(text), text.length(), to, port));
  }

  private static DatagramPacket receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[100], 100);
    socket.receive(packet);
    return packet;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(DatagramPacket packet) {
    return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
  }
}
