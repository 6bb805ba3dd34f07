package io.llamamesh.agent.netns;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A network with small receive buffers whose readers can be held up: a machine that is too slow.
 */
final class FakeSlowReadNetwork implements UdpNetwork {

  private static final int PATIENCE_SECONDS = 20;

  private final UdpNetwork real;
  private final int bufferBytes;

  /** Held for writing by who holds readers up. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();

  FakeSlowReadNetwork(UdpNetwork real, int bufferBytes) {
    this.real = real;
    this.bufferBytes = bufferBytes;
  }

  /** From now on nobody reads. */
  void pauseReads() {
    gate.writeLock().lock();
  }

  /** Reading goes on; called by the thread that held it. */
  void resumeReads() {
    gate.writeLock().unlock();
  }

  @Override
  public UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException {
    return real.open(
        local, new UdpOptions(bufferBytes, options.reusePort(), options.dontFragment()));
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
        poller.add(socket);
      }

      @Override
      public void remove(UdpSocket socket) {
        poller.remove(socket);
      }

      @Override
      public void await(long timeoutNanos) {
        poller.await(timeoutNanos);
        pass();
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

  private void pass() {
    try {
      if (gate.readLock().tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        gate.readLock().unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
}
