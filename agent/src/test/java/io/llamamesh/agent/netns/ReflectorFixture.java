package io.llamamesh.agent.netns;

import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Disposition;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** A real reflector at the addresses of a namespace. */
final class ReflectorFixture implements AutoCloseable {

  private static final int EPOCH = 0x11a3a;

  private final ReflectorCounters counters = new ReflectorCounters();
  private final Reflector reflector;

  private ReflectorFixture(
      Namespace host,
      UdpNetwork network,
      ReflectorOptions options,
      List<InetAddress> at,
      int port) {
    List<InetSocketAddress> locals =
        at.stream().map(address -> new InetSocketAddress(address, port)).toList();
    reflector = host.call(() -> Reflector.start(network, locals, options, counters));
  }

  static ReflectorFixture start(Namespace host) {
    return start(host, CollectorFixture.nativeNetwork(), 1_000_000, CollectorFixture.PORT);
  }

  static ReflectorFixture start(
      Namespace host, UdpNetwork network, int maxPacketsPerSecond, int port) {
    return new ReflectorFixture(
        host,
        network,
        ReflectorOptions.standard(maxPacketsPerSecond, EPOCH),
        host.addresses(Stack.DUAL),
        port);
  }

  /** One that also serves the Python LLAMA. */
  static ReflectorFixture legacy(Namespace host, int port) {
    return new ReflectorFixture(
        host,
        CollectorFixture.nativeNetwork(),
        ReflectorOptions.standard(1_000_000, EPOCH).withLegacy(),
        host.addresses(Stack.DUAL),
        port);
  }

  /** Only at these addresses. */
  static ReflectorFixture start(Namespace host, List<InetAddress> at) {
    return new ReflectorFixture(
        host,
        CollectorFixture.nativeNetwork(),
        ReflectorOptions.standard(1_000_000, EPOCH),
        at,
        CollectorFixture.PORT);
  }

  ReflectorCounters counters() {
    return counters;
  }

  long count(Disposition verdict) {
    return counters.count(verdict);
  }

  @Override
  public void close() {
    reflector.close();
  }
}
