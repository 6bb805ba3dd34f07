package io.llamamesh.agent.agentless;

import io.llamamesh.agent.collector.DropAttribution;
import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.ErrorSink;
import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.QueuedError;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.net.WallClock;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Echo requests from one local address, and what comes back. Belongs to one thread. */
final class PingSender implements AutoCloseable {

  private static final int SLOTS = 32;

  /** One batch more than a flood needs to keep us from sending. */
  private static final int MAX_BATCHES = 64;

  private final UdpSocket socket;
  private final WallClock clock;
  private final UdpNetwork network;
  private final Batch batch;
  private final Payload payload = Payload.allocate(IcmpEcho.BYTES);
  private final DropAttribution drops = new DropAttribution();
  private final ErrorSink errorSink = this::takeError;
  private final boolean v6;
  private final int identifier;
  private long overflows;
  private long readAt;
  private @Nullable Sink sink;

  /** Taker of what came. */
  interface Sink {
    /**
     * Takes an answer.
     *
     * @param whole it is as long as its request, and as it was sent
     * @param arrival monotonic; 0 where it is unknown
     */
    void answered(long nonce, long number, InetAddress from, boolean whole, long arrival);

    /** Takes something that is no answer to a request of ours. */
    void foreign();

    /**
     * Takes an error.
     *
     * @param sequence that it quotes; −1 for none
     * @param isLocal it is our own system's
     */
    void error(InetAddress to, PeerError error, int sequence, boolean isLocal);
  }

  /**
   * A sender.
   *
   * @throws IOException when there is no such socket, and why
   */
  PingSender(UdpNetwork network, WallClock clock, InetAddress local) throws IOException {
    this.network = network;
    this.clock = clock;
    this.v6 = local instanceof Inet6Address;
    this.socket = network.openPing(local);
    this.identifier = socket.local().getPort();
    this.batch = network.newBatch(SLOTS, 2 * IcmpEcho.BYTES);
    this.readAt = network.monotonicNanos();
  }

  SendResult send(Remote to, int tos, long nonce, long number) {
    IcmpEcho.request(payload.bytes(), v6, nonce, number);
    return socket.send(payload, IcmpEcho.BYTES, to, tos);
  }

  /**
   * Reads what has arrived.
   *
   * @param clockStepped the wall clock was stepped: arrivals are unknown
   */
  void read(Sink to, boolean clockStepped) {
    long before = readAt;
    int count;
    int batches = 0;
    do {
      count = socket.receive(batch);
      for (int slot = 0; slot < count; slot++) {
        take(to, slot, clockStepped);
      }
      batches++;
    } while (count == batch.slots() && batches < MAX_BATCHES);
    readAt = network.monotonicNanos();
    long dropped = socket.overflows() - overflows;
    if (dropped > 0) {
      overflows += dropped;
      drops.add(before, readAt, (double) dropped);
    }
    sink = to;
    var _ = socket.drainErrors(errorSink);
    sink = null;
  }

  private void take(Sink to, int slot, boolean clockStepped) {
    int at = batch.offset(slot);
    // One byte more than fits is more than a whole answer has, too.
    int length = batch.isTruncated(slot) ? 2 * IcmpEcho.BYTES : batch.length(slot);
    IcmpEcho.Reading reading = IcmpEcho.read(batch.bytes(), at, length, v6, identifier);
    if (reading == IcmpEcho.Reading.FOREIGN) {
      to.foreign();
      return;
    }
    boolean usable = !clockStepped && batch.isKernelStamped(slot);
    to.answered(
        IcmpEcho.nonce(batch.bytes(), at),
        IcmpEcho.number(batch.bytes(), at),
        Ip.address(batch.sourceHigh(slot), batch.sourceLow(slot)),
        reading == IcmpEcho.Reading.WHOLE,
        usable ? clock.monotonic(batch.stampNanos(slot)) : 0);
  }

  private void takeError(QueuedError error) {
    if (sink != null) {
      int sequence =
          error.isLocal()
              ? -1
              : IcmpEcho.quotedSequence(
                  error.quote(), error.quoteOffset(), error.quoteLength(), v6, identifier);
      sink.error(Ip.address(error.high(), error.low()), error.kind(), sequence, error.isLocal());
    }
  }

  /** Attributes one drop of our own full buffer to a probe; returns false when there was none. */
  boolean tryAttributeDrop(long sentAt) {
    return drops.tryAttribute(sentAt);
  }

  @Override
  public void close() {
    socket.close();
  }
}
