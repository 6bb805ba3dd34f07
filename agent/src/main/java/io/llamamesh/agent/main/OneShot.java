package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.StallLimits;
import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.PeerError;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.QueuedError;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.net.WallClock;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.Slots;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** One-shot measurement: a number of probes to one reflector over one source port. */
final class OneShot {

  private static final long NOT_SENT = Long.MIN_VALUE;
  private static final int WARM_UP = 100;

  private final UdpNetwork network;
  private final Remote target;
  private final int tos;
  private final int length;
  private final ProbeKeys keys;
  private final int nonce = ThreadLocalRandom.current().nextInt();
  private final WallClock clock;
  private final Batch batch;
  private final ProbeParser parser = new ProbeParser();
  private final List<Long> rtts = new ArrayList<>();

  /** Probes that left long after their stamp: the delay is ours. */
  private final BitSet stalled = new BitSet();

  private int answered;
  private int refused;
  private int unkeyed;

  OneShot(UdpNetwork network, InetSocketAddress target, int tos, int padding, ProbeKeys keys) {
    this.network = network;
    this.target = new Remote(target);
    this.tos = tos;
    this.keys = keys;
    this.length = ProbeFormat.datagramBytes(padding);
    this.clock = new WallClock(network);
    this.batch = network.newBatch(64, ProbeFormat.MAX_DATAGRAM);
  }

  /**
   * Result of a measurement.
   *
   * @param answered in time
   * @param refused number of port-unreachable errors
   * @param unkeyed answers without a valid key
   * @param rtts of those that were answered, without the time at the reflector, in nanoseconds,
   *     sorted; fewer where the wall clock was stepped, by which arrivals are stamped, or where
   *     probes left long after their stamp
   */
  record Result(int sent, int sendErrors, int answered, int refused, int unkeyed, List<Long> rtts) {
    Result {
      rtts = List.copyOf(rtts);
    }

    int lost() {
      return sent - answered;
    }

    double lossPercent() {
      return sent == 0 ? 0 : 100.0 * lost() / sent;
    }

    double meanMillis() {
      return rtts.stream().mapToLong(Long::longValue).average().orElse(0) / 1e6;
    }

    /** The RTT that this share of the answers does not exceed. */
    double millis(double share) {
      int rank = Math.max(0, (int) Math.ceil(share * rtts.size()) - 1);
      return rtts.get(rank) / 1e6;
    }
  }

  Result run(List<InetAddress> locals, int count, long interval, long timeout) throws IOException {
    long[] sentAt = new long[count];
    int errors = 0;
    try (UdpSocket socket =
            network.open(new InetSocketAddress(local(locals), 0), UdpOptions.standard());
        Poller poller = network.newPoller()) {
      poller.add(socket);
      Payload frame = Payload.allocate(length);
      ProbeWriter.frame(frame.bytes(), length, tos);
      warmUp(socket, frame);
      long due = network.monotonicNanos();
      for (int i = 0; i < count; i++) {
        receiveUntil(due, socket, poller, sentAt, timeout, count);
        ProbeWriter.signature(frame.bytes(), nonce, 0, i);
        sentAt[i] = network.monotonicNanos();
        ProbeWriter.sent(frame.bytes(), clock.realtime(sentAt[i]));
        keys.sign(frame.bytes(), 0, keys.signing());
        SendResult result = socket.send(frame, length, target, tos);
        stalled.set(i, network.monotonicNanos() - sentAt[i] > StallLimits.SLOW_SEND_NANOS);
        if (result != SendResult.SENT) {
          sentAt[i] = NOT_SENT;
          errors++;
        }
        due += interval;
      }
      receiveUntil(
          network.monotonicNanos() + timeout, socket, poller, sentAt, timeout, count - errors);
    }
    Collections.sort(rtts);
    return new Result(count - errors, errors, answered, refused, unkeyed, rtts);
  }

  /**
   * Sends to our own port first: first use takes milliseconds. These probes carry another nonce, so
   * that they do not count as answers.
   */
  private void warmUp(UdpSocket socket, Payload frame) {
    InetAddress bound = socket.local().getAddress();
    InetAddress here =
        !bound.isAnyLocalAddress()
            ? bound
            : InetAddress.ofLiteral(bound instanceof Inet6Address ? "::1" : "127.0.0.1");
    Remote self = new Remote(new InetSocketAddress(here, socket.local().getPort()));
    for (int i = 0; i < WARM_UP; i++) {
      ProbeWriter.signature(frame.bytes(), ~nonce, 0, i);
      ProbeWriter.sent(frame.bytes(), clock.realtime(network.monotonicNanos()));
      keys.sign(frame.bytes(), 0, keys.signing());
      var _ = socket.send(frame, length, self, 0);
      int got = socket.receive(batch);
      for (int slot = 0; slot < got; slot++) {
        var _ = parser.tryParse(batch.bytes(), batch.offset(slot), batch.length(slot));
      }
      socket.drainErrors(error -> {});
    }
  }

  private InetAddress local(List<InetAddress> locals) throws IOException {
    boolean v4 = Ip.isV4(target.high(), target.low());
    for (InetAddress local : locals) {
      if (Ip.isV4(Ip.high(local), Ip.low(local)) == v4) {
        return local;
      }
    }
    if (!locals.isEmpty()) {
      throw new IOException("--bind has no address of the family of " + target);
    }
    return v4 ? BindAddresses.ANY_V4 : BindAddresses.ANY_V6;
  }

  private void receiveUntil(
      long due, UdpSocket socket, Poller poller, long[] sentAt, long timeout, int all) {
    long left = due - network.monotonicNanos();
    while (left > 0 && answered < all) {
      poller.await(left);
      int got = socket.receive(batch);
      long now = network.monotonicNanos();
      boolean stepped = clock.hasStepped();
      for (int slot = 0; slot < got; slot++) {
        handle(slot, sentAt, timeout, now, stepped);
      }
      socket.drainErrors(error -> refused += isRefusal(error, sentAt) ? 1 : 0);
      left = due - network.monotonicNanos();
    }
  }

  /**
   * Returns whether an error says that the port is closed, and quotes an unanswered probe of ours.
   */
  private boolean isRefusal(QueuedError error, long[] sentAt) {
    ByteBuffer quote = error.quote();
    return error.kind() == PeerError.PORT_UNREACHABLE
        && parser.tryParseSignature(quote, error.quoteOffset(), error.quoteLength())
        && parser.nonce(quote) == nonce
        && parser.sequence(quote) < sentAt.length
        && sentAt[parser.sequence(quote)] != NOT_SENT;
  }

  private void handle(int slot, long[] sentAt, long timeout, long now, boolean stepped) {
    if (!parser.tryParse(batch.bytes(), batch.offset(slot), batch.length(slot))
        || parser.nonce(batch.bytes()) != nonce
        || parser.sequence(batch.bytes()) >= sentAt.length) {
      return;
    }
    int sequence = parser.sequence(batch.bytes());
    if (keys.isRequired() && !isAuthentic(slot)) {
      unkeyed++;
      return;
    }
    if (sentAt[sequence] == NOT_SENT) {
      return; // a second answer is not counted
    }
    long arrived = clock.monotonic(batch.stampNanos(slot));
    if (stepped || stalled.get(sequence) || arrived - sentAt[sequence] < 0) {
      answered++;
      sentAt[sequence] = NOT_SENT;
      return;
    }
    long rtt = (arrived - now > 0 ? now : arrived) - sentAt[sequence];
    if (parser.hasSlots() && Slots.direction(batch.bytes(), parser.slotsAt()) == Slots.REPLY) {
      long residence =
          Slots.sentAt(batch.bytes(), parser.slotsAt())
              - Slots.receivedAt(batch.bytes(), parser.slotsAt());
      rtt -= residence >= 0 && residence <= rtt ? residence : 0;
    }
    if (rtt <= timeout) {
      rtts.add(rtt);
      answered++;
      sentAt[sequence] = NOT_SENT;
    }
  }

  /** Returns whether the reply is signed; the MAC of our own probe, sent back, is not enough. */
  private boolean isAuthentic(int slot) {
    return parser.hasSlots()
        && Slots.direction(batch.bytes(), parser.slotsAt()) == Slots.REPLY
        && keys.verify(batch.bytes(), batch.offset(slot), batch.length(slot)) != 0;
  }
}
