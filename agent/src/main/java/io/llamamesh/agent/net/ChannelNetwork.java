package io.llamamesh.agent.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Sockets of {@code java.nio}, which every system has. Arrivals are stamped when they are read;
 * errors of earlier sends and the received ToS are unknown.
 */
public final class ChannelNetwork implements UdpNetwork {

  private final String why;

  /**
   * A network of channels.
   *
   * @param why reason for not being native, shown in brackets after the description
   */
  public ChannelNetwork(String why) {
    this.why = why;
  }

  @Override
  public UdpSocket open(InetSocketAddress local, UdpOptions options) throws IOException {
    return ChannelSocket.open(local, options, this);
  }

  @Override
  public Batch newBatch(int slots, int slotBytes) {
    return new ChannelBatch(slots, slotBytes);
  }

  @Override
  public Poller newPoller() throws IOException {
    return new ChannelPoller();
  }

  @Override
  public long realtimeNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  @Override
  public long monotonicNanos() {
    return System.nanoTime();
  }

  @Override
  public boolean hasKernelStamps() {
    return false;
  }

  @Override
  public String description() {
    return "DatagramChannel, user-space stamps (" + why + ")";
  }

  /** Slots as views of one buffer, and the senders as the channel reports them. */
  static final class ChannelBatch extends Batch {
    final ByteBuffer all;
    final ByteBuffer[] views;
    final @Nullable InetSocketAddress[] senders;

    ChannelBatch(int slots, int slotBytes) {
      super(slots, slotBytes);
      all = ByteBuffer.allocateDirect(Math.multiplyExact(slots, slotBytes));
      views = new ByteBuffer[slots];
      senders = new InetSocketAddress[slots];
      for (int i = 0; i < slots; i++) {
        views[i] = all.slice(i * slotBytes, slotBytes);
      }
    }

    @Override
    public ByteBuffer bytes() {
      return all;
    }
  }
}
