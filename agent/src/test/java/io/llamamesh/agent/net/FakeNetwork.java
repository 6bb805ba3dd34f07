package io.llamamesh.agent.net;

import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A network whose clocks and datagrams a test scripts. */
public final class FakeNetwork implements UdpNetwork {

  /** Decides the fate of a datagram that was sent. */
  @FunctionalInterface
  public interface Wire {
    SendResult sent(FakeSocket from, byte[] bytes, InetSocketAddress to, int tos);
  }

  private static final long START = 1_800_000_000_000_000_000L;

  public final List<FakeSocket> sockets = new ArrayList<>();
  public final Set<Integer> taken = new HashSet<>();
  public boolean forbidden;
  private final Wire wire;
  private long monotonic = 1_000_000_000_000L;
  private long offset = START - monotonic;
  private int ephemeral = 40_000;

  /** Offsets of the wall clock from the monotonic one, by the time of each step. */
  private final NavigableMap<Long, Long> offsets = new TreeMap<>(Map.of(Long.MIN_VALUE, offset));

  public FakeNetwork(Wire wire) {
    this.wire = wire;
  }

  public void advance(long nanos) {
    monotonic += nanos;
  }

  /** Steps the wall clock; what has arrived before keeps its stamp. */
  public void step(long nanos) {
    offset += nanos;
    offsets.put(monotonic, offset);
  }

  @Override
  public UdpSocket open(InetSocketAddress local, UdpOptions options) throws BindException {
    int port = local.getPort() == 0 ? ephemeral++ : local.getPort();
    if (forbidden) {
      throw new BindException("Permission denied");
    }
    if (!taken.add(port)) {
      throw new PortTakenException(local);
    }
    FakeSocket socket = new FakeSocket(new InetSocketAddress(local.getAddress(), port));
    sockets.add(socket);
    return socket;
  }

  @Override
  public Batch newBatch(int slots, int slotBytes) {
    return new FakeBatch(slots, slotBytes);
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
    return monotonic + offset;
  }

  @Override
  public long monotonicNanos() {
    return monotonic;
  }

  @Override
  public boolean hasKernelStamps() {
    return hasStamps;
  }

  @Override
  public String description() {
    return "fake";
  }

  private record Arrival(long at, ByteBuffer bytes, InetSocketAddress from) {}

  private record Failure(PeerError error, InetSocketAddress to, int detail, ByteBuffer quote) {}

  private static final class FakeBatch extends Batch {
    private final ByteBuffer all;

    FakeBatch(int slots, int slotBytes) {
      super(slots, slotBytes);
      all = ByteBuffer.allocate(slots * slotBytes);
    }

    @Override
    public ByteBuffer bytes() {
      return all;
    }
  }

  /** Happens, once, while somebody reads a socket. */
  public Runnable interruption = () -> {};

  /** Receive buffer that a socket grants. */
  public int receiveBufferBytes = 1 << 20;

  /** Set where the network says that the kernel stamps arrivals. */
  public boolean hasStamps = true;

  /** Set where the kernel does so. */
  public boolean stampsArrivals = true;

  /** The ToS byte with which everything arrives. */
  public int arrivingTos;

  /** A socket of the fake network. */
  public final class FakeSocket implements UdpSocket {
    private final InetSocketAddress local;
    private final PriorityQueue<Arrival> arrivals =
        new PriorityQueue<>(Comparator.comparingLong(Arrival::at));
    private final List<Failure> failures = new ArrayList<>();
    public long overflows;
    public long otherDrops;

    /** Errors beyond those that are kept. */
    public int errorsUndelivered;

    public boolean closed;

    private FakeSocket(InetSocketAddress local) {
      this.local = local;
    }

    /** Lets a datagram arrive after a delay. */
    public void deliver(byte[] bytes, InetSocketAddress from, long delay) {
      arrivals.add(new Arrival(monotonic + delay, ByteBuffer.wrap(bytes.clone()), from));
    }

    /** Queues an ICMP error that quotes these bytes of an earlier datagram. */
    public void fail(PeerError error, InetSocketAddress to, byte[] quote) {
      fail(error, to, quote, 0);
    }

    /** Queues an ICMP error with its detail. */
    public void fail(PeerError error, InetSocketAddress to, byte[] quote, int detail) {
      failures.add(new Failure(error, to, detail, ByteBuffer.wrap(quote.clone())));
    }

    @Override
    public InetSocketAddress local() {
      return local;
    }

    @Override
    public int receiveBufferBytes() {
      return receiveBufferBytes;
    }

    @Override
    public int receive(Batch batch) {
      Runnable happens = interruption;
      interruption = () -> {};
      happens.run();
      int n = 0;
      while (n < batch.slots() && !arrivals.isEmpty() && arrivals.peek().at() <= monotonic) {
        Arrival arrival = arrivals.remove();
        batch.bytes().put(batch.offset(n), arrival.bytes(), 0, arrival.bytes().limit());
        batch.length[n] = arrival.bytes().limit();
        batch.truncated[n] = false;
        batch.stamp[n] =
            stampsArrivals
                ? arrival.at() + offsets.floorEntry(arrival.at()).getValue()
                : realtimeNanos();
        batch.kernelStamp[n] = stampsArrivals;
        batch.tos[n] = arrivingTos;
        batch.sourceHigh[n] = Ip.high(arrival.from().getAddress());
        batch.sourceLow[n] = Ip.low(arrival.from().getAddress());
        batch.sourcePort[n] = arrival.from().getPort();
        n++;
      }
      return n;
    }

    @Override
    public SendResult send(Payload payload, int length, Remote to, int tos) {
      byte[] bytes = new byte[length];
      payload.bytes().get(0, bytes);
      return wire.sent(this, bytes, to.address(), tos);
    }

    @Override
    public SendResult forward(Batch batch, int slot, Remote to, int tos) {
      return wire.sent(this, copy(batch, slot), to.address(), tos);
    }

    @Override
    public SendResult reply(Batch batch, int slot, int tos) {
      return wire.sent(this, copy(batch, slot), batch.source(slot), tos);
    }

    private byte[] copy(Batch batch, int slot) {
      byte[] bytes = new byte[batch.length(slot)];
      batch.bytes().get(batch.offset(slot), bytes);
      return bytes;
    }

    @Override
    public int drainErrors(ErrorSink sink) {
      QueuedError error = new QueuedError();
      Consumer<Failure> add =
          f -> {
            error.kind = f.error();
            error.high = Ip.high(f.to().getAddress());
            error.low = Ip.low(f.to().getAddress());
            error.port = f.to().getPort();
            error.detail = f.detail();
            error.quote = f.quote();
            error.quoteLength = Math.min(f.quote().capacity(), QueuedError.QUOTED_BYTES);
            sink.accept(error);
          };
      failures.forEach(add);
      int count = failures.size() + errorsUndelivered;
      failures.clear();
      errorsUndelivered = 0;
      return count;
    }

    @Override
    public long overflows() {
      return overflows;
    }

    @Override
    public long otherDrops() {
      return otherDrops;
    }

    @Override
    public void close() {
      closed = true;
      taken.remove(local.getPort());
    }
  }
}
