package io.llamamesh.agent.config;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.UnsupportedAddressTypeException;

/** Check whether an address is on an interface of this host, and can be bound. */
@FunctionalInterface
public interface HostPresence {

  /**
   * Returns whether this host has the address.
   *
   * @throws IOException when that is unknown now
   */
  boolean isPresent(InetAddress address) throws IOException;

  /** Returns whether a socket can be bound to the address. */
  static boolean canBind(InetAddress address) throws IOException {
    try (DatagramChannel channel =
        DatagramChannel.open(
            address instanceof Inet6Address
                ? StandardProtocolFamily.INET6
                : StandardProtocolFamily.INET)) {
      channel.bind(new InetSocketAddress(address, 0));
      return true;
    } catch (BindException | UnsupportedAddressTypeException e) {
      return false;
    } catch (UnsupportedOperationException e) {
      return false; // this machine has no IPv6
    }
  }
}
