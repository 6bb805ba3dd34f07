package io.llamamesh.bench.micro;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.ErrorSink;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.SendResult;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.IntPredicate;

/**
 * A network without a kernel whose clock is moved by hand and that allocates nothing: what is sent
 * to anywhere has been reflected when the sender reads next.
 */
final class FakeReflectingNetwork implements UdpNetwork {

  private static final long EPOCH = 1_800_000_000_000_000_000L;
  private static final long RTT = 100_000;
  private static final int ROOM = 256;
  private static final int LONGEST = 1500;

  private final ProbeKeys keys;
  private final IntPredicate answers;
  private final ProbeParser parser = new ProbeParser();
  private long now = 1_000_000_000L;
  private int sent;
  private int ports = 40_000;

  /**
   * A network.
   *
   * @param keys reflectors have
   * @param answers whether a probe, by its number, is answered
   */
  FakeReflectingNetwork(ProbeKeys keys, IntPredicate answers) {
    this.keys = keys;
    this.answers = answers;
  }

  void advance(long nanos) {
    now += nanos;
  }

  @Override
  public UdpSocket open(InetSocketAddress local, UdpOptions options) {
    int port = local.getPort() == 0 ? ports++ : local.getPort();
    return new Socket(new InetSocketAddress(local.getAddress(), port));
  }

  @Override
  public Batch newBatch(int slots, int slotBytes) {
    return new Room(slots, slotBytes);
  }

  @Override
  public Poller newPoller() {
    return new Poller() {
      @Override
      public void add(UdpSocket socket) {}

      @Override
      public void remove(UdpSocket socket) {}

      @Override
      public void await(long timeoutNanos) {}

      @Override
      public void wakeup() {}

      @Override
      public void close() {}
    };
  }

  @Override
  public long realtimeNanos() {
    return now + EPOCH;
  }

  @Override
  public long monotonicNanos() {
    return now;
  }

  @Override
  public boolean hasKernelStamps() {
    return true;
  }

  @Override
  public String description() {
    return "played";
  }

  private static final class Room extends Batch {
    private final ByteBuffer bytes;

    Room(int slots, int slotBytes) {
      super(slots, slotBytes);
      bytes = ByteBuffer.allocateDirect(slots * slotBytes);
    }

    @Override
    public ByteBuffer bytes() {
      return bytes;
    }

    void take(int slot, ByteBuffer from, int at, int length, long stamp, Remote source) {
      bytes.put(offset(slot), from, at, length);
      fill(slot, length, 0, stamp, source, source);
    }
  }

  /** A ring of replies that were not read yet. */
  private final class Socket implements UdpSocket {
    private final InetSocketAddress local;
    private final ByteBuffer replies = ByteBuffer.allocateDirect(ROOM * LONGEST);
    private final int[] length = new int[ROOM];
    private final long[] stamp = new long[ROOM];
    private final Remote[] source = new Remote[ROOM];
    private int first;
    private int count;

    Socket(InetSocketAddress local) {
      this.local = local;
    }

    @Override
    public InetSocketAddress local() {
      return local;
    }

    @Override
    public int receiveBufferBytes() {
      return ROOM * LONGEST;
    }

    @Override
    public SendResult send(Payload payload, int bytes, Remote to, int tos) {
      if (!answers.test(sent++)) {
        return SendResult.SENT;
      }
      if (count == ROOM) {
        throw new IllegalStateException("nobody reads");
      }
      int place = (first + count++) % ROOM;
      int at = place * LONGEST;
      replies.put(at, payload.bytes(), 0, bytes);
      length[place] = bytes;
      stamp[place] = now + EPOCH + RTT;
      source[place] = to;
      reflect(at, bytes);
      return SendResult.SENT;
    }

    private void reflect(int at, int bytes) {
      if (!parser.tryParse(replies, at, bytes) || !parser.hasSlots()) {
        throw new IllegalStateException("no probe of ours was sent");
      }
      int slots = parser.slotsAt();
      Slots.reply(replies, slots, Slots.FLAG_TOS_SEEN | Slots.FLAG_KERNEL_STAMP, 0);
      Slots.flow(replies, slots, parser.sequence(replies), 0, 0);
      Slots.reflector(replies, slots, 1, 0, sent, 0);
      Slots.receivedAt(replies, slots, now + EPOCH);
      Slots.sentAt(replies, slots, now + EPOCH + RTT / 10);
      keys.sign(replies, at, keys.signing());
    }

    @Override
    public int receive(Batch batch) {
      int read = 0;
      while (read < batch.slots() && count > 0) {
        if (batch instanceof Room room) {
          room.take(read, replies, first * LONGEST, length[first], stamp[first], source[first]);
        }
        first = (first + 1) % ROOM;
        count--;
        read++;
      }
      return read;
    }

    @Override
    public SendResult forward(Batch batch, int slot, Remote to, int tos) {
      throw new UnsupportedOperationException("only collectors are played here");
    }

    @Override
    public SendResult reply(Batch batch, int slot, int tos) {
      throw new UnsupportedOperationException("only collectors are played here");
    }

    @Override
    public int drainErrors(ErrorSink sink) {
      return 0;
    }

    @Override
    public long overflows() {
      return 0;
    }

    @Override
    public long otherDrops() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
