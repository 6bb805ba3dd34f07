package io.llamamesh.local.fault;

import io.llamamesh.local.fault.Relay.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network between the fabrics of a local mesh's nodes, as {@link Relay} is that of their
 * probes: owns the fabric's TCP and UDP port at every published address, passes on what arrives
 * there from the sender's published address, and loses or delays what {@link Impairments} says.
 *
 * <p>Over TCP a cut loses what is said, not the connection, as a real one does: neither end hears
 * of it. What was lost once cannot be told by a stream, so nothing passes it in that direction any
 * more, and in the other only as much as goes without acknowledgements. A connection that is begun
 * while either way is cut is never answered. Shares of loss are on datagrams only: TCP repeats.
 *
 * <p>Virtual threads of its own, at most six for a connection; {@link #close} ends them.
 */
public final class FabricRelay implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FabricRelay.class);
  private static final int MAX_CONNECTIONS = 4_096;
  private static final int MAX_DELAYED = 10_000;
  private static final int MAX_DATAGRAM = 65_536;
  private static final int CHUNK = 16_384;
  private static final int CHUNKS_HELD = 256;

  /** What passes unacknowledged: about a first congestion window. */
  private static final int UNACKNOWLEDGED_CHUNKS = 10;

  private final int port;
  private final Impairments impairments;
  private final List<Station> stations = new ArrayList<>();
  private final Map<InetAddress, Station> byOwnAddress = new HashMap<>();
  private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
  private final Semaphore delayed = new Semaphore(MAX_DELAYED);
  private final LongAdder dropped = new LongAdder();
  private final LongAdder unknownSenders = new LongAdder();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("fabric-relay-", 0).factory());

  private record Station(Endpoint end, ServerSocketChannel server, DatagramChannel datagrams) {
    String name() {
      return end.name();
    }
  }

  private FabricRelay(List<Endpoint> ends, int port, Impairments impairments) throws IOException {
    this.port = port;
    this.impairments = impairments;
    try {
      for (Endpoint end : ends) {
        Station station = bind(end);
        stations.add(station);
        byOwnAddress.put(end.own(), station);
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    for (Station station : stations) {
      threads.execute(() -> accept(station));
      threads.execute(() -> datagrams(station));
    }
  }

  /**
   * Binds the fabric's port at the nodes' published addresses and begins.
   *
   * @throws IOException where one is taken
   */
  public static FabricRelay start(List<Endpoint> ends, int port, Impairments impairments)
      throws IOException {
    return new FabricRelay(ends, port, impairments);
  }

  private Station bind(Endpoint end) throws IOException {
    InetSocketAddress at = new InetSocketAddress(end.published(), port);
    ServerSocketChannel server = ServerSocketChannel.open();
    try {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(at);
      DatagramChannel datagrams = DatagramChannel.open();
      try {
        return new Station(end, server, datagrams.bind(at));
      } catch (IOException | RuntimeException e) {
        datagrams.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** Connections and datagrams that it could not pass for want of room. Anything but 0 is a bug. */
  public long dropped() {
    return dropped.sum();
  }

  /** Connections and datagrams that no node sent. */
  public long unknownSenders() {
    return unknownSenders.sum();
  }

  private void datagrams(Station receiver) {
    ByteBuffer buffer = ByteBuffer.allocate(MAX_DATAGRAM);
    while (receiver.datagrams().isOpen()) {
      try {
        buffer.clear();
        InetSocketAddress from = (InetSocketAddress) receiver.datagrams().receive(buffer);
        Station sender = byOwnAddress.get(from.getAddress());
        if (sender == null) {
          unknownSenders.increment();
        } else if (!impairments.losesFabricDatagram(sender.name(), receiver.name())) {
          buffer.flip();
          pass(sender, receiver, buffer);
        }
      } catch (IOException e) {
        // Closed, or an error of an earlier datagram: the loop's condition tells.
        LOG.debug("a datagram was not passed on node={}", receiver.name(), e);
      }
    }
  }

  private void pass(Station sender, Station receiver, ByteBuffer datagram) throws IOException {
    long delay = impairments.fabricDelay(sender.name(), receiver.name());
    InetSocketAddress to = new InetSocketAddress(receiver.end().own(), port);
    if (delay == 0) {
      sender.datagrams().send(datagram, to);
      return;
    }
    if (!delayed.tryAcquire()) {
      dropped.increment();
      return;
    }
    ByteBuffer copy = ByteBuffer.allocate(datagram.remaining()).put(datagram).flip();
    threads.execute(() -> {
      try {
        TimeUnit.NANOSECONDS.sleep(delay);
        sender.datagrams().send(copy, to);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        LOG.debug("a late datagram was not passed on node={}", receiver.name(), e);
      } finally {
        delayed.release();
      }
    });
  }

  private void accept(Station receiver) {
    while (receiver.server().isOpen()) {
      try {
        SocketChannel near = receiver.server().accept();
        Station dialer =
            byOwnAddress.get(((InetSocketAddress) near.getRemoteAddress()).getAddress());
        if (dialer == null) {
          unknownSenders.increment();
          near.close();
        } else if (!connections.tryAcquire()) {
          dropped.increment();
          near.close();
        } else {
          serve(dialer, receiver, near);
        }
      } catch (IOException e) {
        LOG.debug("no connection was taken node={}", receiver.name(), e);
      }
    }
  }

  private void serve(Station dialer, Station receiver, SocketChannel near) {
    try {
      threads.execute(() -> {
        try {
          connect(dialer, receiver, near);
        } finally {
          closeQuietly(near);
          connections.release();
        }
      });
    } catch (RejectedExecutionException e) {
      closeQuietly(near);
    }
  }

  private void connect(Station dialer, Station receiver, SocketChannel near) {
    String a = dialer.name();
    String b = receiver.name();
    if (impairments.blocksFabric(a, b) || impairments.blocksFabric(b, a)) {
      discardUntilEnd(near);
      return;
    }
    try (SocketChannel far = SocketChannel.open()) {
      far.bind(new InetSocketAddress(dialer.end().published(), 0));
      far.connect(new InetSocketAddress(receiver.end().own(), port));
      near.setOption(StandardSocketOptions.TCP_NODELAY, true);
      far.setOption(StandardSocketOptions.TCP_NODELAY, true);
      Direction there = new Direction(a, b, near, far);
      Direction back = new Direction(b, a, far, near);
      there.reverse = back;
      back.reverse = there;
      Future<?> other = threads.submit(back::run);
      there.run();
      other.get();
    } catch (IOException e) {
      LOG.debug("no way to the node's fabric node={}", b, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | RejectedExecutionException e) {
      LOG.debug("a connection ended node={}", b, e);
    }
  }

  private static void discardUntilEnd(SocketChannel channel) {
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
    try {
      while (channel.read(buffer) >= 0) {
        buffer.clear();
      }
    } catch (IOException e) {
      LOG.debug("a connection that a fault blocks ended", e);
    }
  }

  /** One direction of a connection. */
  private final class Direction {
    private final String sender;
    private final String receiver;
    private final SocketChannel in;
    private final SocketChannel out;
    private final AtomicBoolean broken = new AtomicBoolean();
    private final BlockingQueue<Chunk> held = new ArrayBlockingQueue<>(CHUNKS_HELD);
    private @Nullable Direction reverse;
    private int unacknowledged;

    /** Bytes that are due; none at the end. */
    private record Chunk(long due, ByteBuffer bytes) {}

    Direction(String sender, String receiver, SocketChannel in, SocketChannel out) {
      this.sender = sender;
      this.receiver = receiver;
      this.in = in;
      this.out = out;
    }

    /** Passes on what is said, until its sender says no more. */
    void run() {
      Future<?> writer = threads.submit(this::write);
      ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
      try {
        while (in.read(buffer) >= 0) {
          if (passes()) {
            held.put(
                new Chunk(
                    System.nanoTime() + impairments.fabricDelay(sender, receiver),
                    ByteBuffer.wrap(Arrays.copyOf(buffer.array(), buffer.position()))));
          }
          buffer.clear();
        }
        held.put(new Chunk(System.nanoTime(), ByteBuffer.allocate(0)));
        writer.get();
        if (passes()) {
          out.shutdownOutput();
        }
      } catch (IOException e) {
        // It was reset. The other end hears of it, but where nothing reaches that.
        if (passes()) {
          closeQuietly(out);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException e) {
        LOG.debug("a connection's writer ended sender={}", sender, e);
      } finally {
        var _ = writer.cancel(true);
      }
    }

    private boolean passes() {
      if (impairments.blocksFabric(sender, receiver)) {
        broken.set(true);
      }
      Direction other = reverse;
      if (other != null && (other.broken.get() || impairments.blocksFabric(receiver, sender))) {
        unacknowledged++;
        if (unacknowledged > UNACKNOWLEDGED_CHUNKS) {
          broken.set(true);
        }
      }
      return !broken.get();
    }

    private void write() {
      try {
        for (Chunk next = held.take(); next.bytes().hasRemaining(); next = held.take()) {
          TimeUnit.NANOSECONDS.sleep(next.due() - System.nanoTime());
          while (next.bytes().hasRemaining()) {
            out.write(next.bytes());
          }
        }
      } catch (IOException e) {
        // Its receiver is gone: its sender hears of it by the other direction, or by nothing.
        broken.set(true);
        held.clear();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void closeQuietly(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("a channel was not closed", e);
    }
  }

  @Override
  public void close() {
    for (Station station : stations) {
      closeQuietly(station.server());
      closeQuietly(station.datagrams());
    }
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(2, TimeUnit.SECONDS)) {
        LOG.warn("the fabric's relay did not end within 2 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
