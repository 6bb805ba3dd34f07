package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.net.WallClock;
import io.llamamesh.agent.wire.ProbeFormat;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One thread that reflects probes, on one socket per local address. Started once, then closed;
 * {@link #drain}, {@link #close} and the counters are for any thread.
 */
public final class Reflector implements AutoCloseable {

  private static final int BATCH = 64;

  /** Packets within the limit for each one above it that reports drops to its flow. */
  private static final int REPORT_SHARE = 10;

  /** Packets within the limit for each one of a burst: what is measured always has room. */
  private static final int BURST_SHARE = 2;

  private static final int BATCHES_PER_SOCKET = 16;

  /**
   * Longest time between a reply's stamp and its send; beyond, the delay is ours and not the
   * network's.
   */
  static final long SLOW_SEND_NANOS = 500_000;

  /** Longest wait, short enough to detect a stall of this thread by it. */
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** Longest time between two runs; a longer one is a stall. */
  static final long STALL_NANOS = 2 * IDLE_NANOS;

  /** Time after a stall in which datagrams that arrived during it may still be read and stamped. */
  static final long AFTER_STALL_NANOS = IDLE_NANOS;

  private final UdpNetwork network;
  private final List<UdpSocket> sockets;
  private final int[] arrivals;
  private final long[] overflows;
  private final long[] checksums;
  private final Poller poller;
  private final WallClock clock;
  private final Batch batch;
  private final Echo echo;
  private final ReflectorCounters counters;
  private final Thread thread;

  /** The reply to prepare next, and the one that was sent last: they change places at each send. */
  private EchoReply ready = new EchoReply();

  private EchoReply sent = new EchoReply();
  private boolean sending;
  private long sentAt;
  private long lastRunAt;
  private long stalledUntil;
  private volatile boolean draining;
  private volatile boolean stopping;

  private Reflector(
      UdpNetwork network,
      List<UdpSocket> sockets,
      Poller poller,
      ReflectorOptions options,
      ReflectorCounters counters) {
    this.network = network;
    this.sockets = List.copyOf(sockets);
    this.arrivals = new int[sockets.size()];
    this.overflows = new long[sockets.size()];
    this.checksums = new long[sockets.size()];
    this.poller = poller;
    this.clock = new WallClock(network);
    this.batch = network.newBatch(BATCH, ProbeFormat.MAX_DATAGRAM);
    this.echo =
        new Echo(
            new RateLimit(options.maxPacketsPerSecond(), network.monotonicNanos()),
            new RateLimit(
                Math.max(1, options.maxPacketsPerSecond() / REPORT_SHARE),
                network.monotonicNanos()),
            new RateLimit(
                Math.max(1, options.maxPacketsPerSecond() / BURST_SHARE), network.monotonicNanos()),
            sockets.stream().mapToInt(socket -> socket.local().getPort()).distinct().toArray(),
            options);
    this.counters = counters;
    this.thread = Thread.ofPlatform().name("reflector").daemon(false).unstarted(new Work(this));
  }

  /**
   * Binds and starts.
   *
   * @param locals addresses to listen on
   * @param options limits, keys and compatibility
   * @param counters shared with the other reflectors of this process
   * @throws IOException when an address cannot be bound; nothing stays open then
   */
  public static Reflector start(
      UdpNetwork network,
      List<InetSocketAddress> locals,
      ReflectorOptions options,
      ReflectorCounters counters)
      throws IOException {
    List<UdpSocket> sockets = new ArrayList<>();
    Poller poller = network.newPoller();
    try {
      for (InetSocketAddress local : locals) {
        UdpSocket socket =
            network.open(
                local,
                new UdpOptions(UdpOptions.standard().receiveBufferBytes(), options.sharedPort()));
        sockets.add(socket);
        poller.add(socket);
      }
      Reflector reflector = new Reflector(network, sockets, poller, options, counters);
      reflector.thread.start();
      return reflector;
    } catch (IOException | RuntimeException e) {
      sockets.forEach(UdpSocket::close);
      poller.close();
      throw e;
    }
  }

  /** The bound addresses. */
  public List<InetSocketAddress> locals() {
    return sockets.stream().map(UdpSocket::local).toList();
  }

  /** The smallest receive buffer that was granted, in bytes. */
  public int receiveBufferBytes() {
    return sockets.stream().mapToInt(UdpSocket::receiveBufferBytes).min().orElse(0);
  }

  /** Marks all further replies: this reflector is about to stop. */
  public void drain() {
    draining = true;
  }

  private void run() {
    try {
      lastRunAt = network.monotonicNanos();
      stalledUntil = lastRunAt;
      while (!stopping) {
        poller.await(IDLE_NANOS);
        boolean idle = true;
        for (int i = 0; i < sockets.size(); i++) {
          idle &= !serve(sockets.get(i), i);
        }
        if (idle) {
          recordRun(network.monotonicNanos());
        }
      }
    } finally {
      sockets.forEach(UdpSocket::close);
      poller.close();
    }
  }

  /** Records that this thread runs; a long time since it did last is a stall. */
  private void recordRun(long now) {
    if (now - lastRunAt > STALL_NANOS) {
      stalledUntil = now + AFTER_STALL_NANOS;
      counters.addPause();
    }
    lastRunAt = now;
    echo.setStalled(stalledUntil - now > 0);
  }

  /**
   * Serves what has arrived at a socket, up to a bound so that others have their turn.
   *
   * @return whether anything had
   */
  private boolean serve(UdpSocket socket, int index) {
    boolean any = false;
    for (int round = 0; round < BATCHES_PER_SOCKET; round++) {
      int count = socket.receive(batch);
      if (count == 0) {
        break;
      }
      any = true;
      arrivals[index] += count;
      countDrops(socket, index);
      // Clocks are compared once per batch; a step in between makes the residence time absurd, and
      // the sender then ignores it.
      var _ = clock.hasStepped();
      echo.refreshKeys();
      long now = network.monotonicNanos();
      recordRun(now);
      for (int slot = 0; slot < count; slot++) {
        answer(socket, index, slot, now);
      }
      if (sending) {
        checkSend(network.monotonicNanos(), null);
        sending = false;
      }
      if (count < batch.slots()) {
        break;
      }
    }
    socket.drainErrors(error -> {});
    return any;
  }

  private void countDrops(UdpSocket socket, int index) {
    long total = socket.overflows();
    if (total != overflows[index]) {
      counters.addOverflows(total - overflows[index]);
      overflows[index] = total;
    }
    long others = socket.otherDrops();
    if (others != checksums[index]) {
      counters.addChecksums(others - checksums[index]);
      checksums[index] = others;
    }
  }

  private void answer(UdpSocket socket, int index, int slot, long now) {
    EchoReply reply = ready;
    Disposition disposition =
        echo.process(batch, slot, now, arrivals[index], (int) overflows[index], draining, reply);
    if (disposition == Disposition.REFLECTED) {
      long stamp = network.monotonicNanos();
      checkSend(stamp, reply);
      echo.stamp(batch.bytes(), reply, clock.realtime(stamp));
      ready = sent;
      sent = reply;
      sentAt = stamp;
      sending = true;
      if (socket.reply(batch, slot, reply.tos) != SendResult.SENT) {
        disposition = Disposition.SEND_FAILED;
        echo.recordSendFailure(reply);
      } else if (reply.isReplay) {
        counters.addReplayed();
      } else if (reply.isBurst) {
        counters.addBurst();
      } else if (!reply.isKeyTest(draining)) {
        recordReflected(slot, now, reply);
      }
    }
    counters.add(disposition);
  }

  private void recordReflected(int slot, long now, EchoReply reply) {
    boolean counted =
        counters
            .sources()
            .recordReflected(
                batch.sourceHigh(slot),
                batch.sourceLow(slot),
                now,
                draining,
                reply.isCounted(),
                reply.isByPair(),
                reply.mustBeByPair);
    if (!counted) {
      counters.addNotByPair();
    }
  }

  /**
   * Detects a slow send of the last reply. One clock read per reply is enough: the stamp of the
   * next one bounds the send of this one.
   */
  private void checkSend(long now, @Nullable EchoReply next) {
    if (sending && now - sentAt > SLOW_SEND_NANOS) {
      echo.recordSlowSend(batch.bytes(), sent, next);
      counters.addStalled();
    }
  }

  /** Stops the thread and frees the ports; returns when both are gone, within a few seconds. */
  @Override
  public void close() {
    stopping = true;
    poller.wakeup();
    try {
      if (!thread.join(java.time.Duration.ofSeconds(5))) {
        throw new IllegalStateException("the reflector thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A reflector's work, forgotten as it begins: the JVM holds a thread for some time after it
   * ended, and would hold megabytes of tables with it.
   */
  private static final class Work implements Runnable {
    private @Nullable Reflector reflector;

    private Work(Reflector reflector) {
      this.reflector = reflector;
    }

    @Override
    public void run() {
      Reflector working = Objects.requireNonNull(reflector, "a thread runs once");
      reflector = null;
      working.run();
    }
  }
}
