package io.llamamesh.agent.main;

import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.net.UdpOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Local addresses to bind, as people write them, and their defaults. */
final class BindAddresses {

  static final InetAddress ANY_V4 = InetAddress.ofLiteral("0.0.0.0");
  static final InetAddress ANY_V6 = InetAddress.ofLiteral("::");

  private BindAddresses() {}

  /**
   * Reads addresses.
   *
   * @throws IllegalArgumentException when one is none, naming it
   */
  static List<InetAddress> parse(List<String> texts) {
    List<InetAddress> addresses = new ArrayList<>();
    for (String text : texts) {
      try {
        addresses.add(InetAddress.ofLiteral(text.strip()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("must hold IP addresses, was '" + text + "'", e);
      }
    }
    return addresses;
  }

  /** A port of these addresses. */
  static List<InetSocketAddress> at(List<InetAddress> addresses, int port) {
    return addresses.stream().map(address -> new InetSocketAddress(address, port)).toList();
  }

  /** Wildcard addresses that a reflector binds by default, IPv6 too where the kernel has it. */
  static List<InetSocketAddress> wildcard(UdpNetwork network, int port) {
    InetSocketAddress v4 = new InetSocketAddress(ANY_V4, port);
    return hasV6(network) ? List.of(v4, new InetSocketAddress(ANY_V6, port)) : List.of(v4);
  }

  private static boolean hasV6(UdpNetwork network) {
    try {
      network.open(new InetSocketAddress(ANY_V6, 0), UdpOptions.standard()).close();
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
