package io.llamamesh.agent.net;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Locale;
import java.util.Objects;

/** One {@link DatagramChannel}. */
final class ChannelSocket implements UdpSocket {

  private final DatagramChannel channel;
  private final InetSocketAddress local;
  private final ChannelNetwork network;
  private final int receiveBuffer;
  private final long localHigh;
  private final long localLow;
  private int tos;

  private ChannelSocket(DatagramChannel channel, ChannelNetwork network) throws IOException {
    this.channel = channel;
    this.network = network;
    this.local = (InetSocketAddress) Objects.requireNonNull(channel.getLocalAddress());
    this.receiveBuffer = channel.getOption(StandardSocketOptions.SO_RCVBUF);
    this.localHigh = Ip.high(local.getAddress());
    this.localLow = Ip.low(local.getAddress());
  }

  static ChannelSocket open(InetSocketAddress local, UdpOptions options, ChannelNetwork network)
      throws IOException {
    ProtocolFamily family =
        local.getAddress() instanceof java.net.Inet6Address
            ? StandardProtocolFamily.INET6
            : StandardProtocolFamily.INET;
    DatagramChannel channel = DatagramChannel.open(family);
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBufferBytes());
      if (options.reusePort()
          && channel.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
        channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
      }
      bind(channel, local);
      return new ChannelSocket(channel, network);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void bind(DatagramChannel channel, InetSocketAddress local) throws IOException {
    try {
      channel.bind(local);
    } catch (BindException e) {
      // Java distinguishes the reasons by message only.
      if (String.valueOf(e.getMessage()).contains("in use")) {
        throw new PortTakenException(local);
      }
      throw e;
    }
  }

  DatagramChannel channel() {
    return channel;
  }

  @Override
  public InetSocketAddress local() {
    return local;
  }

  @Override
  public int receiveBufferBytes() {
    return receiveBuffer;
  }

  @Override
  public int receive(Batch batch) {
    ChannelNetwork.ChannelBatch slots = (ChannelNetwork.ChannelBatch) batch;
    int n = 0;
    while (n < slots.slots()) {
      ByteBuffer view = slots.views[n].clear();
      InetSocketAddress sender;
      try {
        sender = (InetSocketAddress) channel.receive(view);
      } catch (IOException e) {
        return n; // a queued error of one destination; it says nothing about the next datagram
      }
      if (sender == null) {
        return n;
      }
      slots.stamp[n] = network.realtimeNanos();
      slots.kernelStamp[n] = false;
      slots.length[n] = view.position();
      slots.truncated[n] = false;
      slots.tos[n] = -1;
      slots.senders[n] = sender;
      slots.sourceHigh[n] = Ip.high(sender.getAddress());
      slots.sourceLow[n] = Ip.low(sender.getAddress());
      slots.sourcePort[n] = sender.getPort();
      slots.localHigh[n] = localHigh;
      slots.localLow[n] = localLow;
      n++;
    }
    return n;
  }

  @Override
  public SendResult send(Payload payload, int length, Remote to, int tos) {
    return send(payload.bytes().clear().limit(length), to.address(), tos);
  }

  @Override
  public SendResult forward(Batch batch, int slot, Remote to, int tos) {
    ChannelNetwork.ChannelBatch slots = (ChannelNetwork.ChannelBatch) batch;
    return send(slots.views[slot].clear().limit(slots.length[slot]), to.address(), tos);
  }

  @Override
  public SendResult reply(Batch batch, int slot, int tos) {
    ChannelNetwork.ChannelBatch slots = (ChannelNetwork.ChannelBatch) batch;
    InetSocketAddress sender = Objects.requireNonNull(slots.senders[slot]);
    return send(slots.views[slot].clear().limit(slots.length[slot]), sender, tos);
  }

  private SendResult send(ByteBuffer bytes, InetSocketAddress to, int wantedTos) {
    try {
      if (wantedTos != tos) {
        channel.setOption(StandardSocketOptions.IP_TOS, wantedTos);
        tos = wantedTos;
      }
      return channel.send(bytes, to) > 0 || !bytes.hasRemaining()
          ? SendResult.SENT
          : SendResult.NO_BUFFER;
    } catch (NoRouteToHostException e) {
      return SendResult.UNREACHABLE;
    } catch (IOException e) {
      return byMessage(String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT));
    }
  }

  private static SendResult byMessage(String message) {
    if (message.contains("unreachable")) {
      return SendResult.UNREACHABLE;
    }
    if (message.contains("not permitted") || message.contains("denied")) {
      return SendResult.DENIED;
    }
    return message.contains("too long") ? SendResult.TOO_BIG : SendResult.FAILED;
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
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // nothing was buffered, and the descriptor is gone either way
    }
  }
}
