package io.llamamesh.agent.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;

/**
 * Lookup of the local address from which probes to a target leave: {@code src_ip} of its points.
 */
@FunctionalInterface
public interface LocalAddress {

  /**
   * The local address towards a target.
   *
   * @throws IOException when there is no route
   */
  InetAddress towards(InetSocketAddress target) throws IOException;

  /** Asks the system's routing table; nothing is sent. */
  static InetAddress byRoute(InetSocketAddress target) throws IOException {
    try (DatagramChannel channel = DatagramChannel.open()) {
      channel.connect(target);
      if (channel.getLocalAddress() instanceof InetSocketAddress local) {
        return local.getAddress();
      }
      throw new IOException("no local address towards " + target);
    } catch (UnsupportedAddressTypeException e) {
      // Java checks once, at its start, whether the kernel has IPv6.
      throw new IOException("this machine has no IPv6", e);
    }
  }
}
