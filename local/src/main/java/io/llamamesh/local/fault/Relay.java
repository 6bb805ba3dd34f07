package io.llamamesh.local.fault;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network between the nodes of a local mesh: owns every node's published address, passes what
 * arrives there to the node's own address with the source port kept, and loses or delays what
 * {@link Impairments} says.
 *
 * <p>A probe from {@code own(A):sport} to {@code published(B):8100} leaves {@code
 * published(A):sport} for {@code own(B):8100}, and its answer takes the same way back. One thread
 * owns sockets and queue.
 */
public final class Relay implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
  private static final int BATCH = 64;
  private static final int MAX_DATAGRAM = 9_216;
  private static final int MAX_HELD = 65_536;
  private static final int MAX_FLOW_SOCKETS = 8_192;
  private static final long HELD_UP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final UdpNetwork network;
  private final Impairments impairments;
  private final int reflectorPort;
  private final Poller poller;
  private final Batch batch;
  private final Payload copy = Payload.allocate(MAX_DATAGRAM);
  private final List<Station> stations = new ArrayList<>();
  private final Map<InetAddress, Station> byOwnAddress = new HashMap<>();
  private final DelayLine delayed = new DelayLine(MAX_HELD);
  private final LongAdder lost = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder heldUp = new LongAdder();
  private final LongAdder unknownSenders = new LongAdder();
  private final Thread thread;
  private volatile long overflows;
  private volatile boolean closed;

  /**
   * A node as the relay sees it.
   *
   * @param name its name
   * @param published where others send to
   * @param own where it is
   */
  public record Endpoint(String name, InetAddress published, InetAddress own) {}

  private Relay(UdpNetwork network, List<Endpoint> ends, int reflectorPort, Impairments impairments)
      throws IOException {
    this.network = network;
    this.impairments = impairments;
    this.reflectorPort = reflectorPort;
    this.poller = network.newPoller();
    this.batch = network.newBatch(BATCH, MAX_DATAGRAM);
    try {
      for (Endpoint end : ends) {
        Station station =
            new Station(
                end,
                network.open(
                    new InetSocketAddress(end.published(), reflectorPort), UdpOptions.standard()),
                new Remote(new InetSocketAddress(end.own(), reflectorPort)));
        poller.add(station.front);
        stations.add(station);
        byOwnAddress.put(end.own(), station);
      }
    } catch (IOException | RuntimeException e) {
      closeSockets();
      throw e;
    }
    thread = Thread.ofPlatform().name("relay").daemon().start(this::run);
  }

  /**
   * Binds the nodes' published addresses and begins.
   *
   * @throws IOException where one is taken
   */
  public static Relay start(
      UdpNetwork network, List<Endpoint> ends, int reflectorPort, Impairments impairments)
      throws IOException {
    return new Relay(network, ends, reflectorPort, impairments);
  }

  /** Datagrams that a fault lost. */
  public long lost() {
    return lost.sum();
  }

  /**
   * Datagrams that the relay itself could not pass: a buffer or queue was full, or a send failed.
   * Anything but 0 is our fault.
   */
  public long dropped() {
    return dropped.sum() + overflows;
  }

  /**
   * Datagrams that waited for the relay for more than a tenth of a second, since the machine had
   * other things to do: late enough, and a probe counts as lost that no fault has lost.
   */
  public long heldUp() {
    return heldUp.sum();
  }

  /** Datagrams that no node sent: whose fate is nobody's loss. */
  public long unknownSenders() {
    return unknownSenders.sum();
  }

  private void run() {
    try {
      while (!closed) {
        poller.await(Math.min(IDLE_NANOS, delayed.nanosToNext(System.nanoTime())));
        for (Station station : stations) {
          probes(station);
          for (FlowSocket flow : station.flows.values()) {
            answers(station, flow);
          }
        }
        delayed.release(System.nanoTime(), this::sendHeld);
        overflows = countOverflows();
      }
    } catch (RuntimeException e) {
      LOG.error("the relay stopped, all probes are lost from now on", e);
    } finally {
      closeSockets();
    }
  }

  /** Passes on what arrived at a node's published address: probes of other nodes. */
  private void probes(Station probed) {
    int count;
    do {
      count = probed.front.receive(batch);
      for (int i = 0; i < count; i++) {
        InetAddress source = Ip.address(batch.sourceHigh(i), batch.sourceLow(i));
        Station prober = byOwnAddress.get(source);
        if (prober == null) {
          unknownSenders.increment();
          continue;
        }
        FlowSocket flow = prober.flow(batch.sourcePort(i));
        if (flow == null) {
          dropped.increment();
          continue;
        }
        pass(
            i,
            impairments.delayOrLoss(prober.end.name(), probed.end.name(), flow.port, false),
            flow.socket,
            probed.reflector);
      }
    } while (count == batch.slots());
  }

  /** Passes on what arrived at one of a node's published source ports: answers to its probes. */
  private void answers(Station prober, FlowSocket flow) {
    int count;
    do {
      count = flow.socket.receive(batch);
      for (int i = 0; i < count; i++) {
        Station probed = byOwnAddress.get(Ip.address(batch.sourceHigh(i), batch.sourceLow(i)));
        if (probed == null) {
          unknownSenders.increment();
          continue;
        }
        pass(
            i,
            impairments.delayOrLoss(prober.end.name(), probed.end.name(), flow.port, true),
            probed.front,
            flow.prober);
      }
    } while (count == batch.slots());
  }

  private void pass(int slot, long fate, UdpSocket out, Remote to) {
    if (network.realtimeNanos() - batch.stampNanos(slot) > HELD_UP_NANOS) {
      heldUp.increment();
    }
    if (fate == Impairments.LOST) {
      lost.increment();
    } else if (fate == 0) {
      if (out.forward(batch, slot, to, tos(slot)) != SendResult.SENT) {
        // A pending error of an earlier send (its peer's port was closed) must not cost this
        // datagram its way.
        out.drainErrors(error -> {});
        if (out.forward(batch, slot, to, tos(slot)) != SendResult.SENT) {
          dropped.increment();
        }
      }
    } else {
      ByteBuffer bytes = ByteBuffer.allocate(batch.length(slot));
      bytes.put(0, batch.bytes(), batch.offset(slot), batch.length(slot));
      if (!delayed.offer(new DelayLine.Held(System.nanoTime() + fate, bytes, tos(slot), out, to))) {
        dropped.increment();
      }
    }
  }

  private void sendHeld(DelayLine.Held held) {
    int length = held.datagram().capacity();
    copy.bytes().put(0, held.datagram(), 0, length);
    if (held.out().send(copy, length, held.to(), held.tos()) != SendResult.SENT) {
      dropped.increment();
    }
  }

  private int tos(int slot) {
    return Math.max(0, batch.tos(slot));
  }

  private long countOverflows() {
    long sum = 0;
    for (Station station : stations) {
      sum += station.front.overflows();
      for (FlowSocket flow : station.flows.values()) {
        sum += flow.socket.overflows();
      }
    }
    return sum;
  }

  private void closeSockets() {
    for (Station station : stations) {
      station.front.close();
      station.flows.values().forEach(flow -> flow.socket.close());
    }
    poller.close();
  }

  @Override
  public void close() {
    closed = true;
    poller.wakeup();
    try {
      thread.join(2_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A node's published address, and its source ports as others see them. */
  private final class Station {
    final Endpoint end;
    final UdpSocket front;
    final Remote reflector;
    final Map<Integer, FlowSocket> flows = new HashMap<>();

    Station(Endpoint end, UdpSocket front, Remote reflector) {
      this.end = end;
      this.front = front;
      this.reflector = reflector;
    }

    @Nullable FlowSocket flow(int port) {
      FlowSocket flow = flows.get(port);
      if (flow == null && flows.size() < MAX_FLOW_SOCKETS && port != reflectorPort) {
        try {
          flow =
              new FlowSocket(
                  port,
                  network.open(new InetSocketAddress(end.published(), port), UdpOptions.standard()),
                  new Remote(new InetSocketAddress(end.own(), port)));
          poller.add(flow.socket);
          flows.put(port, flow);
        } catch (IOException e) {
          LOG.warn("a source port can't be relayed node={} port={}", end.name(), port, e);
          return null;
        }
      }
      return flow;
    }
  }

  private record FlowSocket(int port, UdpSocket socket, Remote prober) {}
}
