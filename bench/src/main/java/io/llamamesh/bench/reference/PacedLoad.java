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

/**
 * The load of a quiet mesh: one probe at a time, at even distances, as a reflector has it from many
 * nodes that do not know of each other. Between two probes this process sleeps.
 */
public final class PacedLoad implements Load {

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
        UdpSocket socket = network.open(any, UdpOptions.standard());
        sockets.add(socket);
        poller.add(socket);
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
    long total = (long) rate * seconds;
    long start = network.monotonicNanos();
    long end = start + TimeUnit.SECONDS.toNanos(seconds) + GRACE;
    long sent = 0;
    long received = 0;
    for (long now = start; now < end; now = network.monotonicNanos()) {
      while (sent < total && now - dueAt(start, sent, rate) >= 0) {
        int flow = (int) (sent % sockets.size());
        ProbeWriter.signature(frame.bytes(), (int) start, flow, (int) (sent / sockets.size()));
        ProbeWriter.sent(frame.bytes(), network.realtimeNanos());
        var _ = sockets.get(flow).send(frame, length, to, 0);
        sent++;
      }
      for (UdpSocket socket : sockets) {
        int count = socket.receive(batch);
        while (count > 0) {
          received += count;
          count = socket.receive(batch);
        }
      }
      long until = sent < total ? dueAt(start, sent, rate) : end;
      poller.await(until - network.monotonicNanos());
    }
    return new Result(sent, received);
  }

  private static long dueAt(long start, long number, int rate) {
    return start + (long) (number * 1e9 / rate);
  }
}
