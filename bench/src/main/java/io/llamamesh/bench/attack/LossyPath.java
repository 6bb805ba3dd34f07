package io.llamamesh.bench.attack;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The real fault: a way from one node to another that loses a share of the probes, counted. Who
 * sits on it sees each probe, and may answer from the peer's address.
 */
final class LossyPath implements AutoCloseable {

  private static final int MOST_SENDERS = 64;

  /** Somebody on the path. */
  @FunctionalInterface
  interface Observer {
    /**
     * A probe that passes.
     *
     * @param answers sends an answer in the name of the peer
     */
    void seen(ByteBuffer probe, Answers answers) throws IOException;
  }

  /** Answers to one probe. */
  @FunctionalInterface
  interface Answers {
    void send(ByteBuffer answer) throws IOException;
  }

  private final InetSocketAddress to;
  private final Selector selector;
  private final DatagramChannel front;
  private final Map<SocketAddress, DatagramChannel> upstream = new HashMap<>();
  private final RandomGenerator random =
      RandomGeneratorFactory.of("L64X128MixRandom").create(20_261_201L);
  private final Thread thread;
  private volatile double share;
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong passed = new AtomicLong();
  private volatile @Nullable Observer observer;
  private volatile boolean running = true;

  LossyPath(InetSocketAddress at, InetSocketAddress to) throws IOException {
    this.to = to;
    this.selector = Selector.open();
    this.front = DatagramChannel.open().bind(at);
    front.configureBlocking(false);
    front.register(selector, SelectionKey.OP_READ);
    this.thread = Thread.ofPlatform().name("lossy-path").daemon(true).start(this::run);
  }

  /** Drops that share of the probes from now on. */
  void lose(double of) {
    share = of;
  }

  /** Shows each probe to somebody from now on; null: to nobody. */
  void observe(@Nullable Observer next) {
    observer = next;
  }

  long dropped() {
    return dropped.get();
  }

  long passed() {
    return passed.get();
  }

  private void run() {
    ByteBuffer buffer = ByteBuffer.allocate(9_216);
    while (running) {
      try {
        selector.select(200);
        for (SelectionKey key : selector.selectedKeys()) {
          DatagramChannel channel = (DatagramChannel) key.channel();
          for (int i = 0; i < 256; i++) {
            buffer.clear();
            SocketAddress from = channel.receive(buffer);
            if (from == null) {
              break;
            }
            buffer.flip();
            if (channel == front) {
              forward(buffer, from);
            } else {
              front.send(buffer, (SocketAddress) key.attachment());
            }
          }
        }
        selector.selectedKeys().clear();
      } catch (IOException e) {
        // A peer that is gone; the next datagram has its own fate.
      }
    }
  }

  private void forward(ByteBuffer probe, SocketAddress from) throws IOException {
    Observer shown = observer;
    if (shown != null) {
      shown.seen(probe.duplicate(), answer -> front.send(answer, from));
    }
    if (random.nextDouble() < share) {
      dropped.incrementAndGet();
      return;
    }
    DatagramChannel out = upstream(from);
    if (out != null) {
      out.send(probe, to);
      passed.incrementAndGet();
    }
  }

  private @Nullable DatagramChannel upstream(SocketAddress from) throws IOException {
    DatagramChannel known = upstream.get(from);
    if (known != null || upstream.size() == MOST_SENDERS) {
      return known;
    }
    DatagramChannel opened = DatagramChannel.open();
    opened.configureBlocking(false);
    opened.register(selector, SelectionKey.OP_READ, from);
    upstream.put(from, opened);
    return opened;
  }

  @Override
  public void close() throws IOException {
    running = false;
    selector.wakeup();
    try {
      var _ = thread.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (DatagramChannel channel : upstream.values()) {
      channel.close();
    }
    front.close();
    selector.close();
  }
}
