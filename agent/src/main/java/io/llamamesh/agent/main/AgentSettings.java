package io.llamamesh.agent.main;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an agent was told on the command line and in the environment.
 *
 * @param addresses local addresses; empty for all
 * @param stateDir where the config's copy goes; null for nowhere
 * @param config a config file; null for the ConfigMap
 * @param kubernetes which ConfigMap; null with a file
 */
record AgentSettings(
    List<InetAddress> addresses,
    int port,
    int apiPort,
    int maxPps,
    @Nullable Path stateDir,
    @Nullable Path config,
    @Nullable Kubernetes kubernetes,
    @Nullable String nodeName) {

  /** Names of the node's ConfigMap. */
  record Kubernetes(String namespace, String mesh, String node) {}

  AgentSettings {
    addresses = List.copyOf(addresses);
  }

  /** Addresses to bind; the wildcards of both families where none is given. */
  List<InetAddress> bound() {
    if (!addresses.isEmpty()) {
      return addresses;
    }
    try {
      return List.of(InetAddress.getByAddress(new byte[4]));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }

  List<InetSocketAddress> sockets(int onPort) {
    return bound().stream().map(address -> new InetSocketAddress(address, onPort)).toList();
  }
}
