package io.llamamesh.bench.reference;

import io.llamamesh.agent.net.Batch;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.Payload;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The load from this JVM, for where there is no compiler. */
public final class SocketLoad implements Load {

  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long GRACE = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int PADDING = 1000;

  private final UdpNetwork network = NativeNetwork.orChannels();
  private final Batch batch = network.newBatch(64, 2048);

  @Override
  public Result run(InetSocketAddress to, int rate, int seconds, int flows) throws IOException {
    List<UdpSocket> sockets = new ArrayList<>();
    try (Poller poller = network.newPoller()) {
      InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 0);
      for (int i = 0; i < flows; i++) {
        sockets.add(network.open(any, UdpOptions.standard()));
      }
      return run(new Remote(to), rate, seconds, sockets, poller);
    } finally {
      sockets.forEach(UdpSocket::close);
    }
  }

  private Result run(Remote to, int rate, int seconds, List<UdpSocket> sockets, Poller poller) {
    int length = ProbeFormat.datagramBytes(PADDING);
    Payload frame = Payload.allocate(length);
    ProbeWriter.frame(frame.bytes(), length, 0);
    long start = network.monotonicNanos();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    int nonce = (int) start;
    long sent = 0;
    long received = 0;
    long now = start;
    while (now < end + GRACE) {
      long due = (long) ((double) rate * (Math.min(now, end) - start) / 1e9);
      for (; sent < due; sent++) {
        int flow = (int) (sent % sockets.size());
        ProbeWriter.signature(frame.bytes(), nonce, flow, (int) (sent / sockets.size()));
        ProbeWriter.sent(frame.bytes(), now);
        sockets.get(flow).send(frame, length, to, 0);
      }
      for (UdpSocket socket : sockets) {
        int count = socket.receive(batch);
        while (count > 0) {
          received += count;
          count = socket.receive(batch);
        }
      }
      poller.await(TICK);
      now = network.monotonicNanos();
    }
    return new Result(sent, received);
  }
}
