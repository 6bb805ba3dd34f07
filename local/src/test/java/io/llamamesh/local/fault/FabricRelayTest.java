package io.llamamesh.local.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real sockets on loopback addresses that no local mesh uses. */
class FabricRelayTest {
  private static final InetAddress A_PUBLISHED = InetAddress.ofLiteral("127.0.53.11");
  private static final InetAddress A_OWN = InetAddress.ofLiteral("127.0.54.11");
  private static final InetAddress B_PUBLISHED = InetAddress.ofLiteral("127.0.53.12");
  private static final InetAddress B_OWN = InetAddress.ofLiteral("127.0.54.12");
  private static final List<Relay.Endpoint> ENDS =
      List.of(
          new Relay.Endpoint("a", A_PUBLISHED, A_OWN), new Relay.Endpoint("b", B_PUBLISHED, B_OWN));

  /** Nothing comes within this where nothing should. */
  private static final int QUIET_MILLIS = 300;

  private ServerSocket b;
  private DatagramSocket udpOfA;
  private DatagramSocket udpOfB;
  private Impairments impairments;

  @BeforeEach
  void open() throws IOException {
    b = new ServerSocket(0, 50, B_OWN);
    b.setSoTimeout(5_000);
    udpOfB = new DatagramSocket(new InetSocketAddress(B_OWN, port()));
    udpOfA = new DatagramSocket(new InetSocketAddress(A_OWN, port()));
  }

  @AfterEach
  void close() throws IOException {
    b.close();
    udpOfA.close();
    udpOfB.close();
  }

  @Test
  void linksAndDatagramsArriveFromThePublishedAddressAndEndsAreHeardOf() throws IOException {
    try (FabricRelay relay = relay();
        Socket a = dial(A_OWN)) {
      try (Socket accepted = b.accept()) {
        assertThat(accepted.getInetAddress()).isEqualTo(A_PUBLISHED);
        say(a, "hello");
        assertThat(hear(accepted)).isEqualTo("hello");
        say(accepted, "answer");
        assertThat(hear(a)).isEqualTo("answer");
      }
      assertThat(a.getInputStream().read()).isEqualTo(-1);
      send(udpOfA, B_PUBLISHED);
      assertThat(receive(udpOfB).getAddress()).isEqualTo(A_PUBLISHED);
      assertThat(relay.dropped() + relay.unknownSenders()).isZero();
    }
  }

  @Test
  void aCutIsSilentBothWaysAndNoNewLinkIsAnswered() throws IOException {
    try (FabricRelay relay = relay("a | b");
        Socket a = dial(A_OWN);
        Socket accepted = b.accept()) {
      say(a, "x");
      assertThat(hear(accepted)).isEqualTo("x");

      impairments.beginCuts();

      say(a, "lost");
      say(accepted, "lost");
      assertQuiet(accepted);
      assertQuiet(a);
      send(udpOfA, B_PUBLISHED);
      send(udpOfB, A_PUBLISHED);
      assertQuiet(udpOfB);
      assertQuiet(udpOfA);
      try (Socket again = dial(A_OWN)) {
        say(again, "hello");
        assertQuiet(again);
        b.setSoTimeout(QUIET_MILLIS);
        assertThatThrownBy(b::accept).isInstanceOf(SocketTimeoutException.class);
      }
      // Nor is the end of the other side heard.
      a.shutdownOutput();
      assertQuiet(accepted);
      assertThat(relay.dropped()).isZero();
    }
  }

  @Test
  void ofACutOneWayTheOtherPassesDatagramsAndALittleOfALink() throws IOException {
    try (FabricRelay relay = relay("b,c > a");
        Socket a = dial(A_OWN);
        Socket accepted = b.accept()) {
      say(a, "x");
      assertThat(hear(accepted)).isEqualTo("x");

      impairments.beginCuts();

      say(accepted, "lost");
      assertQuiet(a);
      say(a, "arrives");
      assertThat(hear(accepted)).isEqualTo("arrives");
      send(udpOfA, B_PUBLISHED);
      assertThat(receive(udpOfB).getAddress()).isEqualTo(A_PUBLISHED);
      send(udpOfB, A_PUBLISHED);
      assertQuiet(udpOfA);
      // Nothing is acknowledged, so that a sender stops.
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> {
            say(a, "more");
            return isQuiet(accepted);
          });
      assertThat(relay.dropped()).isZero();
    }
  }

  @Test
  void aDelayIsOnBytesAndDatagrams() throws IOException {
    try (FabricRelay relay = relay("a>* delay=150ms");
        Socket a = dial(A_OWN);
        Socket accepted = b.accept()) {
      long began = System.nanoTime();
      say(a, "x");
      assertThat(hear(accepted)).isEqualTo("x");
      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(150_000_000);
      began = System.nanoTime();
      send(udpOfA, B_PUBLISHED);
      receive(udpOfB);
      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(150_000_000);
      assertThat(relay.dropped()).isZero();
    }
  }

  @Test
  void strangersAreCountedAndClosingFreesThePorts() throws IOException {
    try (FabricRelay relay = relay();
        Socket stranger = dial(InetAddress.ofLiteral("127.0.55.1"))) {
      assertThat(stranger.getInputStream().read()).isEqualTo(-1);
      assertThat(relay.unknownSenders()).isEqualTo(1);
    }
    new ServerSocket(port(), 1, B_PUBLISHED).close();
    new DatagramSocket(new InetSocketAddress(B_PUBLISHED, port())).close();
  }

  private int port() {
    return b.getLocalPort();
  }

  private FabricRelay relay(String... faults) throws IOException {
    impairments =
        new Impairments(
            Stream.of(faults).map(fault -> Fault.parse(fault, List.of("a", "b", "c"))).toList());
    return FabricRelay.start(ENDS, port(), impairments);
  }

  private Socket dial(InetAddress from) throws IOException {
    Socket socket = new Socket(B_PUBLISHED, port(), from, 0);
    socket.setSoTimeout(5_000);
    return socket;
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private static String hear(Socket socket) throws IOException {
    socket.setSoTimeout(5_000);
    byte[] bytes = new byte[100];
    int length = socket.getInputStream().read(bytes);
    return new String(bytes, 0, Math.max(0, length), StandardCharsets.US_ASCII);
  }

  private static boolean isQuiet(Socket socket) throws IOException {
    socket.setSoTimeout(QUIET_MILLIS);
    try {
      byte[] bytes = new byte[100];
      return socket.getInputStream().read(bytes) == 0;
    } catch (SocketTimeoutException e) {
      return true;
    }
  }

  private static void assertQuiet(Socket socket) throws IOException {
    assertThat(isQuiet(socket)).isTrue();
  }

  private static void assertQuiet(DatagramSocket socket) throws IOException {
    socket.setSoTimeout(QUIET_MILLIS);
    assertThatThrownBy(() -> socket.receive(new DatagramPacket(new byte[10], 10)))
        .isInstanceOf(SocketTimeoutException.class);
  }

  private void send(DatagramSocket from, InetAddress to) throws IOException {
    from.send(new DatagramPacket(new byte[] {1}, 1, to, port()));
  }

  private static DatagramPacket receive(DatagramSocket socket) throws IOException {
    socket.setSoTimeout(5_000);
    DatagramPacket packet = new DatagramPacket(new byte[10], 10);
    socket.receive(packet);
    return packet;
  }
}
