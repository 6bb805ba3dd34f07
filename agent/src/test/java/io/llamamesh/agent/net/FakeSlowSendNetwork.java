package io.llamamesh.agent.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** A real network whose next replies take as long as a test says before they leave. */
public final class FakeSlowSendNetwork implements UdpNetwork {

  private final UdpNetwork real;
  private final Queue<Duration> delays = new ConcurrentLinkedQueue<>();
  private volatile boolean holding;

  public FakeSlowSendNetwork(UdpNetwork real) {
    this.real = real;
  }

  /** One reply more, after those that were said before, takes as long. */
  public void delay(Duration delay) {
    delays.add(delay);
  }

  /** Returns whether a reply is held back now. */
  public boolean isHolding() {
    return holding;
  }

  private void hold() {
    Duration delay = delays.poll();
    if (delay != null) {
      holding = true;
      long until = System.nanoTime() + delay.toNanos();
      for (long left = delay.toNanos(); left > 0; left = until - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      holding = false;
    }
  }

  @Override
  public UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException {
    return new Slow(real.open(local, options));
  }

  @Override
  public Batch newBatch(int slots, int slotBytes) {
    return real.newBatch(slots, slotBytes);
  }

  @Override
  public Poller newPoller() throws IOException {
    Poller poller = real.newPoller();
    return new Poller() {
      @Override
      public void add(UdpSocket socket) {
        poller.add(((Slow) socket).socket);
      }

      @Override
      public void remove(UdpSocket socket) {
        poller.remove(((Slow) socket).socket);
      }

      @Override
      public void await(long timeoutNanos) {
        poller.await(timeoutNanos);
      }

      @Override
      public void wakeup() {
        poller.wakeup();
      }

      @Override
      public void close() {
        poller.close();
      }
    };
  }

  @Override
  public long realtimeNanos() {
    return real.realtimeNanos();
  }

  @Override
  public long monotonicNanos() {
    return real.monotonicNanos();
  }

  @Override
  public boolean hasKernelStamps() {
    return real.hasKernelStamps();
  }

  @Override
  public String description() {
    return real.description();
  }

  private final class Slow implements UdpSocket {
    private final UdpSocket socket;

    Slow(UdpSocket socket) {
      this.socket = socket;
    }

    @Override
    public InetSocketAddress local() {
      return socket.local();
    }

    @Override
    public int receiveBufferBytes() {
      return socket.receiveBufferBytes();
    }

    @Override
    public int receive(Batch batch) {
      return socket.receive(batch);
    }

    @Override
    public SendResult send(Payload payload, int length, Remote to, int tos) {
      return socket.send(payload, length, to, tos);
    }

    @Override
    public SendResult forward(Batch batch, int slot, Remote to, int tos) {
      return socket.forward(batch, slot, to, tos);
    }

    @Override
    public SendResult reply(Batch batch, int slot, int tos) {
      hold();
      return socket.reply(batch, slot, tos);
    }

    @Override
    public int drainErrors(ErrorSink sink) {
      return socket.drainErrors(sink);
    }

    @Override
    public long overflows() {
      return socket.overflows();
    }

    @Override
    public long otherDrops() {
      return socket.otherDrops();
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
