package io.llamamesh.agent.net;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;

/** Opens sockets and closes them after each test. */
abstract class SocketFixture {

  static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final List<UdpSocket> open = new ArrayList<>();

  static UdpNetwork nativeNetwork() {
    UdpNetwork network = NativeNetwork.orChannels();
    assumeThat(network).as(network.description()).isInstanceOf(NativeNetwork.class);
    return network;
  }

  final UdpSocket socket(UdpNetwork network, String address, int port) throws IOException {
    UdpSocket socket =
        network.open(
            new InetSocketAddress(InetAddress.ofLiteral(address), port), UdpOptions.standard());
    open.add(socket);
    return socket;
  }

  @AfterEach
  void close() {
    open.forEach(UdpSocket::close);
  }

  static Payload payload(String text) {
    Payload payload = Payload.allocate(100);
    payload.bytes().put(0, text.getBytes(StandardCharsets.US_ASCII));
    return payload;
  }

  static String text(Batch batch, int slot) {
    byte[] bytes = new byte[batch.length(slot)];
    batch.bytes().get(batch.offset(slot), bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  static int receive(UdpNetwork network, UdpSocket socket, Batch batch) throws IOException {
    try (Poller poller = network.newPoller()) {
      poller.add(socket);
      for (int i = 0; i < 50; i++) {
        int count = socket.receive(batch);
        if (count > 0) {
          return count;
        }
        poller.await(SECOND / 10);
      }
      return 0;
    }
  }

  static Remote to(UdpSocket socket) {
    return new Remote(socket.local());
  }

  final UdpSocket own(UdpSocket socket) {
    open.add(socket);
    return socket;
  }
}
