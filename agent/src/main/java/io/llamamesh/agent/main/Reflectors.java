package io.llamamesh.agent.main;

import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** The reflectors of one process: its threads, and those for addresses that came late. */
final class Reflectors implements AutoCloseable {

  private final UdpNetwork network;
  private final AgentSettings.ReflectorSettings settings;
  private final int epoch;
  private final Supplier<ProbeKeys> keys;
  private final ReflectorCounters counters;
  private final List<Reflector> running = new CopyOnWriteArrayList<>();

  Reflectors(
      UdpNetwork network,
      AgentSettings.ReflectorSettings settings,
      int epoch,
      Supplier<ProbeKeys> keys,
      ReflectorCounters counters) {
    this.network = network;
    this.settings = settings;
    this.epoch = epoch;
    this.keys = keys;
    this.counters = counters;
  }

  /**
   * Binds and starts.
   *
   * @throws IOException when an address cannot be bound
   */
  void start(List<InetSocketAddress> locals) throws IOException {
    if (locals.isEmpty()) {
      return;
    }
    // Each thread its share: together they stay within the limit.
    int share = Math.max(1, settings.maxPps() / settings.threads());
    ReflectorOptions options =
        new ReflectorOptions(
            share,
            epoch,
            settings.legacy(),
            settings.threads() > 1,
            keys,
            settings.acceptUnkeyed());
    for (int i = 0; i < settings.threads(); i++) {
      try {
        running.add(Reflector.start(network, locals, options, counters));
      } catch (BindException e) {
        throw new IOException(
            "the reflector cannot bind: " + e.getMessage() + "; choose another --port or --bind",
            e);
      }
    }
  }

  /** The same for an address that came late; nothing when it is bound already. */
  void serve(InetAddress address) throws IOException {
    if (locals().stream().noneMatch(local -> local.getAddress().equals(address))) {
      start(List.of(new InetSocketAddress(address, settings.port())));
    }
  }

  /** All that run. */
  List<Reflector> running() {
    return running;
  }

  /** The bound addresses. */
  List<InetSocketAddress> locals() {
    return running.stream().flatMap(reflector -> reflector.locals().stream()).toList();
  }

  /** The smallest receive buffer, in bytes; 0 without a reflector. */
  int receiveBufferBytes() {
    return running.stream().mapToInt(Reflector::receiveBufferBytes).min().orElse(0);
  }

  @Override
  public void close() {
    running.forEach(Reflector::close);
  }
}
