package io.llamamesh.agent.burst;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** A network on the loopback in front of a reflector that loses some of what is sent to it. */
final class LossyRelay implements AutoCloseable {

  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");

  final AtomicInteger passed = new AtomicInteger();
  final AtomicInteger dropped = new AtomicInteger();
  private final InetSocketAddress target;
  private final double loss;
  private final SplittableRandom random;
  private final Selector selector;
  private final DatagramChannel front;
  private final Map<SocketAddress, DatagramChannel> backs = new HashMap<>();
  private final Thread thread;

  /** Relays to a reflector, and loses this share of the probes. */
  LossyRelay(InetSocketAddress target, double loss, long seed) throws IOException {
    this.target = target;
    this.loss = loss;
    this.random = new SplittableRandom(seed);
    this.selector = Selector.open();
    this.front = DatagramChannel.open();
    front.bind(new InetSocketAddress(HERE, 0)).configureBlocking(false);
    front.register(selector, SelectionKey.OP_READ);
    this.thread = Thread.ofPlatform().name("lossy-relay").start(this::run);
  }

  InetSocketAddress local() throws IOException {
    return (InetSocketAddress) front.getLocalAddress();
  }

  private void run() {
    ByteBuffer datagram = ByteBuffer.allocateDirect(9_000);
    try {
      while (true) {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
          relay(key, datagram);
        }
        selector.selectedKeys().clear();
      }
    } catch (ClosedSelectorException e) {
      // that is how it ends
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void relay(SelectionKey key, ByteBuffer datagram) throws IOException {
    DatagramChannel from = (DatagramChannel) key.channel();
    for (SocketAddress sender = from.receive(datagram.clear());
        sender != null;
        sender = from.receive(datagram.clear())) {
      datagram.flip();
      if (from != front) {
        front.send(datagram, (SocketAddress) key.attachment());
      } else if (random.nextDouble() < loss) {
        dropped.incrementAndGet();
      } else {
        passed.incrementAndGet();
        back(sender).send(datagram, target);
      }
    }
  }

  private DatagramChannel back(SocketAddress client) throws IOException {
    DatagramChannel back = backs.get(client);
    if (back == null) {
      back = DatagramChannel.open();
      back.bind(new InetSocketAddress(HERE, 0)).configureBlocking(false);
      back.register(selector, SelectionKey.OP_READ, client);
      backs.put(client, back);
    }
    return back;
  }

  @Override
  public void close() throws IOException {
    selector.close();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    front.close();
    for (DatagramChannel back : backs.values()) {
      back.close();
    }
  }
}
