package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.Ip;
import io.llamamesh.agent.net.Poller;
import io.llamamesh.agent.net.PortTakenException;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import io.llamamesh.agent.net.UdpSocket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Open local ports, by class, index and address family. */
final class SourcePorts {

  /** Number of ports tried beyond a class's own when one is taken. */
  static final int STEPS = 256;

  /** A fragmented probe would measure something else, and hide what the path does not take. */
  private static final UdpOptions OPTIONS = UdpOptions.standard().withoutFragments();

  private final UdpNetwork network;
  private final Poller poller;
  private final List<InetAddress> locals;
  private final Map<Key, SourcePort> open = new HashMap<>();

  /** Those that get no further flows. */
  private final List<SourcePort> replaced = new ArrayList<>();

  private final AtomicLong takenPorts = new AtomicLong();
  private volatile List<SourcePort> all = List.of();

  private record Key(
      String className, int basePort, int index, boolean v4, @Nullable InetAddress local) {}

  SourcePorts(UdpNetwork network, Poller poller, List<InetAddress> locals) {
    this.network = network;
    this.poller = poller;
    this.locals = List.copyOf(locals);
  }

  /**
   * Port of a flow of a pair, opened when it is the first.
   *
   * @throws IOException when we have no address of the target's family, or no port is free
   */
  SourcePort acquire(ProbePlan.Pair pair, int index) throws IOException {
    InetAddress target = pair.target().getAddress();
    boolean v4 = Ip.isV4(Ip.high(target), Ip.low(target));
    ProbePlan.TrafficClass type = pair.trafficClass();
    Key key = new Key(type.name(), type.basePort(), index, v4, type.local());
    SourcePort port = open.get(key);
    if (port == null) {
      List<InetAddress> addresses = type.local() == null ? locals : List.of(type.local());
      InetAddress local = local(addresses, v4, target);
      UdpSocket socket = bind(local, type.basePort(), index, pair.sourcePorts());
      port = new SourcePort(socket, network.monotonicNanos());
      open.put(key, port);
      if (!network.hasKernelStamps()) {
        poller.add(socket);
      }
      updateAll();
    }
    port.acquire();
    return port;
  }

  /** Gives flows that are opened from now on other ports, where the system chose the present. */
  void replaceChosen() {
    open.entrySet()
        .removeIf(entry -> entry.getKey().basePort() == 0 && replaced.add(entry.getValue()));
  }

  private void updateAll() {
    List<SourcePort> ports = new ArrayList<>(open.values());
    ports.addAll(replaced);
    all = ports;
  }

  private static InetAddress local(List<InetAddress> addresses, boolean v4, InetAddress target)
      throws IOException {
    for (InetAddress local : addresses) {
      if (Ip.isV4(Ip.high(local), Ip.low(local)) == v4) {
        return local;
      }
    }
    throw new IOException("no local address of the family of " + target.getHostAddress());
  }

  private UdpSocket bind(InetAddress local, int base, int index, int count) throws IOException {
    if (base == 0) {
      return network.open(new InetSocketAddress(local, 0), OPTIONS);
    }
    for (int step = 0; step < STEPS; step++) {
      // A taken port is replaced from beyond the class's range, so that its other flows keep
      // theirs.
      int port = step == 0 ? base + index : base + count + step - 1;
      if (port > 65535) {
        break;
      }
      try {
        return network.open(new InetSocketAddress(local, port), OPTIONS);
      } catch (PortTakenException e) {
        takenPorts.incrementAndGet();
      }
    }
    throw new BindException(
        "no free port from " + (base + index) + " up on " + local.getHostAddress());
  }

  /** Releases a port for one flow; the last one closes it. */
  void release(SourcePort port) {
    if (port.release()) {
      open.values().remove(port);
      replaced.remove(port);
      updateAll();
      close(port);
    }
  }

  private void close(SourcePort port) {
    if (!network.hasKernelStamps()) {
      poller.remove(port.socket());
    }
    port.socket().close();
  }

  /** All open ports; the collector's thread only, but for reading their number and names. */
  List<SourcePort> all() {
    return all;
  }

  /** Number of times that a wanted port was taken. */
  long takenPorts() {
    return takenPorts.get();
  }

  void closeAll() {
    Collection<SourcePort> ports = List.copyOf(all);
    open.clear();
    replaced.clear();
    all = List.of();
    ports.forEach(this::close);
  }
}
