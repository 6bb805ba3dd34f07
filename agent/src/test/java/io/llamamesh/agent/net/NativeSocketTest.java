package io.llamamesh.agent.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Features that only native sockets have. */
class NativeSocketTest extends SocketFixture {

  @Test
  void tosIsSetPerDatagramAndReportedOnArrival() throws IOException {
    UdpNetwork network = nativeNetwork();
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b = socket(network, "127.0.0.1", 0);
    int[] wanted = {0, 0xb8, 0, 0x20, 0x20, 0};
    for (int tos : wanted) {
      var _ = a.send(payload("t"), 1, to(b), tos);
    }
    Batch batch = network.newBatch(8, 2000);

    assertThat(receive(network, b, batch)).isEqualTo(wanted.length);

    for (int i = 0; i < wanted.length; i++) {
      assertThat(batch.tos(i)).isEqualTo(wanted[i]);
      assertThat(batch.isKernelStamped(i)).isTrue();
    }
  }

  @Test
  void aReplyOfAWildcardSocketLeavesFromTheAddressThatWasProbed() throws IOException {
    UdpNetwork network = nativeNetwork();
    UdpSocket client = socket(network, "127.0.0.1", 0);
    UdpSocket all = socket(network, "0.0.0.0", 0);
    Batch batch = network.newBatch(8, 2000);
    Remote probed =
        new Remote(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.77"), all.local().getPort()));
    var _ = client.send(payload("q"), 1, probed, 0);
    receive(network, all, batch);
    assertThat(Ip.address(batch.localHigh(0), batch.localLow(0)).getHostAddress())
        .isEqualTo("127.0.0.77");

    assertThat(all.reply(batch, 0, 0)).isEqualTo(SendResult.SENT);

    receive(network, client, batch);
    assertThat(batch.source(0)).isEqualTo(probed.address());
  }

  @Test
  void aClosedPortIsReportedWithItsAddressAndWhatWasSentAndCostsNoOtherTargetADatagram()
      throws IOException {
    UdpNetwork network = nativeNetwork();
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b = socket(network, "127.0.0.1", 0);
    UdpSocket gone = socket(network, "127.0.0.5", 0);
    Remote closed = to(gone);
    gone.close();
    List<String> errors = new ArrayList<>();
    ErrorSink sink =
        error ->
            errors.add(
                "%s of %s to %s:%d"
                    .formatted(
                        error.kind(),
                        (char) error.quote().get(error.quoteOffset()),
                        Ip.address(error.high(), error.low()).getHostAddress(),
                        error.port()));

    for (int i = 0; i < 20; i++) {
      assertThat(a.send(payload("x"), 1, closed, 0)).isEqualTo(SendResult.SENT);
      assertThat(a.send(payload("y"), 1, to(b), 0)).isEqualTo(SendResult.SENT);
    }
    Batch batch = network.newBatch(64, 2000);
    assertThat(a.receive(batch)).isZero();
    a.drainErrors(sink);

    assertThat(receive(network, b, batch)).isEqualTo(20);
    assertThat(errors)
        .hasSize(20)
        .containsOnly("PORT_UNREACHABLE of x to 127.0.0.5:" + closed.port());
  }

  @Test
  void anOverflowingBufferIsCounted() throws IOException {
    UdpNetwork network = nativeNetwork();
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b =
        network.open(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
            new UdpOptions(8192, false));
    own(b);
    for (int i = 0; i < 100; i++) {
      var _ = a.send(payload("overflow"), 100, to(b), 0);
    }
    Batch batch = network.newBatch(128, 2000);
    int arrived = receive(network, b, batch);
    var _ = a.send(payload("last"), 4, to(b), 0);
    receive(network, b, batch);

    assertThat(arrived).isLessThan(100);
    assertThat(b.overflows()).isEqualTo(100 - arrived);
  }

  @Test
  void whatDoesNotFitIsReportedAtOnce() throws IOException {
    UdpNetwork network = nativeNetwork();
    UdpSocket a = socket(network, "127.0.0.1", 0);

    SendResult result = a.send(Payload.allocate(70_000), 70_000, to(a), 0);

    assertThat(result).isEqualTo(SendResult.TOO_BIG);
  }

  /** Anybody can have the kernel believe that a path is narrow: ip(7), IP_PMTUDISC_PROBE. */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void aPathMtuThatTheKernelHeardOfStopsNoProbe(String address) throws IOException {
    boolean v6 = address.contains(":");
    UdpNetwork network = nativeNetwork();
    InetSocketAddress local = new InetSocketAddress(InetAddress.ofLiteral(address), 0);
    NativeSocket socket;
    try {
      socket = (NativeSocket) own(network.open(local, UdpOptions.standard().withoutFragments()));
    } catch (IOException e) {
      assumeThat(v6).as("no IPv6 here: %s", e).isFalse();
      throw e;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(4, 4);
      MemorySegment length = arena.allocate(4, 4);
      length.set(ValueLayout.JAVA_INT, 0, 4);

      int result =
          Libc.getsockopt(
              arena.allocate(Libc.errnoBytes(), 8),
              socket.fd(),
              v6 ? Libc.IPPROTO_IPV6 : Libc.IPPROTO_IP,
              v6 ? Libc.IPV6_MTU_DISCOVER : Libc.IP_MTU_DISCOVER,
              value,
              length);

      assertThat(result).isZero();
      assertThat(value.get(ValueLayout.JAVA_INT, 0)).isEqualTo(Libc.PMTUDISC_PROBE);
    }
  }

  @Test
  void sendingAndReceivingAllocatesNothing() throws IOException {
    UdpNetwork network = nativeNetwork();
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b = socket(network, "127.0.0.1", 0);
    Batch batch = network.newBatch(8, 2000);
    Payload payload = payload("x");
    Remote to = to(b);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    int echoes = 0;
    // The first rounds load classes and compile; then the steady state is measured.
    for (int i = 0; i < 20_000; i++) {
      echoes += echo(a, b, batch, payload, to);
    }

    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 20_000; i++) {
      echoes += echo(a, b, batch, payload, to);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(echoes).isEqualTo(40_000);
    assertThat(allocated).isLessThan(20_000);
  }

  private static int echo(UdpSocket a, UdpSocket b, Batch batch, Payload payload, Remote to) {
    var _ = a.send(payload, 100, to, 0);
    int got = b.receive(batch);
    var _ = b.reply(batch, 0, 0);
    return got & a.receive(batch);
  }
}
