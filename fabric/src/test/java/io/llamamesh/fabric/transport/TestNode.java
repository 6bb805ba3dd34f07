package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A transport on loopback that writes down what it hears. */
final class TestNode implements TransportListener, AutoCloseable {

  static final long MS = 1_000_000L;
  private static final int FIRST_PORT = 20_000;
  private static final int PORTS = 12_000;
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 97 % PORTS));

  static final TransportLimits SHORT =
      new TransportLimits(
          500 * MS,
          300 * MS,
          300 * MS,
          400 * MS,
          60_000 * MS,
          200 * MS,
          16,
          8,
          4,
          1 << 20,
          16 << 20);

  record Up(
      long link,
      FabricPeer peer,
      long incarnation,
      @Nullable FabricPeer expected,
      long nonce,
      long seen) {}

  final List<Up> ups = new ArrayList<>();
  final List<TransportEvent> downs = new ArrayList<>();
  final List<TransportEvent> failedDials = new ArrayList<>();
  final List<Message> received = new ArrayList<>();
  final List<Message> datagrams = new ArrayList<>();
  final List<String> order;
  final FabricPeer peer;
  final Transport transport;
  volatile MeshKeys keys;

  private TestNode(
      String mesh, String name, MeshKeys keys, TransportLimits limits, List<String> order)
      throws IOException {
    this.order = order;
    this.keys = keys;
    int port = freePort();
    this.peer = new FabricPeer(name, "127.0.0.1:" + port);
    this.transport =
        Transport.open(
            new TransportOptions(
                mesh,
                peer,
                name.hashCode(),
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                false,
                limits),
            1_000,
            () -> this.keys,
            this,
            System::nanoTime);
  }

  static TestNode start(String name, MeshKeys keys) throws IOException {
    return new TestNode("mesh", name, keys, SHORT, new ArrayList<>());
  }

  static TestNode start(String name, MeshKeys keys, TransportLimits limits) throws IOException {
    return new TestNode("mesh", name, keys, limits, new ArrayList<>());
  }

  static TestNode start(String name, MeshKeys keys, List<String> order) throws IOException {
    return new TestNode("mesh", name, keys, SHORT, order);
  }

  static TestNode ofMesh(String mesh, String name, MeshKeys keys) throws IOException {
    return new TestNode(mesh, name, keys, SHORT, new ArrayList<>());
  }

  /** A port that is free for TCP and UDP and that no outgoing connection is given. */
  static int freePort() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    for (int tries = 0; tries < 1_000; tries++) {
      int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
      try (ServerSocket tcp = new ServerSocket(port, 1, loopback);
          DatagramSocket udp = new DatagramSocket(port, loopback)) {
        if (tcp.isBound() && udp.isBound()) {
          return port;
        }
      } catch (BindException e) {
        // The next one, then.
      }
    }
    throw new IOException("no free port");
  }

  static MeshKeys key(int id) {
    return MeshKeys.NONE.with(id, secret(id), true);
  }

  static byte[] secret(int id) {
    byte[] secret = new byte[16];
    java.util.Arrays.fill(secret, (byte) (id * 7));
    return secret;
  }

  /** Lets these run until something is so. */
  static void until(BooleanSupplier condition, TestNode... nodes) throws IOException {
    long end = System.nanoTime() + 20_000 * MS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within 20 s");
      }
      for (TestNode node : nodes) {
        node.transport.poll(2 * MS);
      }
    }
  }

  long count(TransportEvent event) {
    return transport.counters().count(event);
  }

  int port() {
    return Integer.parseInt(peer.address().substring(peer.address().lastIndexOf(':') + 1));
  }

  long link() {
    return ups.getLast().link();
  }

  @Override
  public void linkUp(
      long link,
      FabricPeer from,
      long incarnation,
      @Nullable FabricPeer expected,
      long nonce,
      long lastSeen) {
    ups.add(new Up(link, from, incarnation, expected, nonce, lastSeen));
    order.add(peer.name() + " up");
  }

  @Override
  public void linkDown(long link, FabricPeer from, TransportEvent reason) {
    downs.add(reason);
  }

  @Override
  public void dialFailed(FabricPeer to, TransportEvent reason) {
    failedDials.add(reason);
  }

  @Override
  public void received(long link, Message message) {
    received.add(message);
  }

  @Override
  public void datagram(FabricPeer from, long toIncarnation, Message message) {
    datagrams.add(message);
  }

  @Override
  public void close() throws IOException {
    transport.close();
  }
}
