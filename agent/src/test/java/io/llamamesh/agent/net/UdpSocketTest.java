package io.llamamesh.agent.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UdpSocketTest extends SocketFixture {

  static Stream<UdpNetwork> networks() {
    Stream<UdpNetwork> channels = Stream.of(new ChannelNetwork("test"));
    try {
      return Stream.concat(channels, Stream.of(NativeNetwork.create()));
    } catch (IOException e) {
      return channels;
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void aDatagramArrivesWithItsBytesAndSender(UdpNetwork network) throws IOException {
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b = socket(network, "127.0.0.2", 0);
    Batch batch = network.newBatch(4, 2000);
    long before = network.realtimeNanos();

    assertThat(a.send(payload("hello"), 5, to(b), 0)).isEqualTo(SendResult.SENT);

    assertThat(receive(network, b, batch)).isEqualTo(1);
    assertThat(text(batch, 0)).isEqualTo("hello");
    assertThat(batch.source(0)).isEqualTo(a.local());
    assertThat(Ip.address(batch.localHigh(0), batch.localLow(0)).getHostAddress())
        .isEqualTo("127.0.0.2");
    assertThat(batch.stampNanos(0)).isBetween(before, network.realtimeNanos());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void aReplyGoesBackToTheSender(UdpNetwork network) throws IOException {
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b = socket(network, "127.0.0.2", 0);
    Batch batch = network.newBatch(4, 2000);
    var _ = a.send(payload("ping"), 4, to(b), 0x20);
    receive(network, b, batch);

    batch.bytes().put(batch.offset(0) + 1, (byte) 'o');
    assertThat(b.reply(batch, 0, 0x20)).isEqualTo(SendResult.SENT);

    assertThat(receive(network, a, batch)).isEqualTo(1);
    assertThat(text(batch, 0)).isEqualTo("pong");
    assertThat(batch.source(0)).isEqualTo(b.local());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void aSlotIsForwardedToAThirdAddress(UdpNetwork network) throws IOException {
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket relay = socket(network, "127.0.0.2", 0);
    UdpSocket c = socket(network, "127.0.0.3", 0);
    Batch batch = network.newBatch(4, 2000);
    var _ = a.send(payload("x"), 1, to(relay), 0);
    receive(network, relay, batch);

    assertThat(relay.forward(batch, 0, to(c), 0)).isEqualTo(SendResult.SENT);

    assertThat(receive(network, c, batch)).isEqualTo(1);
    assertThat(batch.source(0)).isEqualTo(relay.local());
  }

  @ParameterizedTest
  @MethodSource("networks")
  void batchesHoldAsMuchAsThereAreSlots(UdpNetwork network) throws IOException {
    UdpSocket a = socket(network, "127.0.0.1", 0);
    UdpSocket b = socket(network, "127.0.0.1", 0);
    for (int i = 0; i < 10; i++) {
      var _ = a.send(payload("n" + i), 2, to(b), 0);
    }
    Batch batch = network.newBatch(4, 2000);

    List<String> got = new ArrayList<>();
    for (int count = receive(network, b, batch); count > 0; count = b.receive(batch)) {
      for (int i = 0; i < count; i++) {
        got.add(text(batch, i));
      }
    }

    assertThat(got).containsExactly("n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9");
  }

  @ParameterizedTest
  @MethodSource("networks")
  void aTakenPortIsABindException(UdpNetwork network) throws IOException {
    UdpSocket a = socket(network, "127.0.0.1", 0);

    assertThatThrownBy(() -> socket(network, "127.0.0.1", a.local().getPort()))
        .isInstanceOf(BindException.class);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void anAddressOfAnotherMachineIsABindException(UdpNetwork network) {
    assertThatThrownBy(() -> socket(network, "192.0.2.1", 0)).isInstanceOf(BindException.class);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void aWakeupFromAnotherThreadEndsTheWait(UdpNetwork network) throws Exception {
    try (Poller poller = network.newPoller()) {
      Thread waiter = Thread.ofPlatform().start(() -> poller.await(60 * SECOND));
      await()
          .until(() -> {
            poller.wakeup();
            return !waiter.isAlive();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void ipv6WorksWhereTheMachineHasIt(UdpNetwork network) throws IOException {
    UdpSocket a;
    try {
      a = socket(network, "::1", 0);
    } catch (IOException e) {
      assumeThat(e).as("no IPv6 here").isNull();
      return;
    }
    UdpSocket b = socket(network, "::1", 0);
    Batch batch = network.newBatch(4, 2000);

    assertThat(a.send(payload("six"), 3, to(b), 0x28)).isEqualTo(SendResult.SENT);

    assertThat(receive(network, b, batch)).isEqualTo(1);
    assertThat(text(batch, 0)).isEqualTo("six");
    assertThat(batch.source(0)).isEqualTo(a.local());
    if (network instanceof NativeNetwork) {
      assertThat(batch.tos(0)).isEqualTo(0x28);
      assertThat(batch.isKernelStamped(0)).isTrue();
    }
  }
}
