package io.llamamesh.registry.directory;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Addresses as text, and what kind they are. */
public final class IpAddresses {
  private static final Pattern DOTTED_QUAD = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");

  /**
   * Blocks that are not reachable from elsewhere, or stand for such: a site's own (IANA's
   * registries of special-purpose addresses, RFC 6890).
   */
  private static final List<AddressBlock> SITE_OWN =
      Stream.of(
              "10.0.0.0/8",
              "100.64.0.0/10",
              "127.0.0.0/8",
              "172.16.0.0/12",
              "192.0.2.0/24",
              "192.168.0.0/16",
              "198.18.0.0/15",
              "198.51.100.0/24",
              "203.0.113.0/24",
              "::1/128",
              "2001:db8::/32",
              "fc00::/7")
          .map(AddressBlock::parse)
          .toList();

  /** Blocks in which no single host can be probed. */
  private static final List<AddressBlock> NO_HOST =
      Stream.of("0.0.0.0/8", "240.0.0.0/4", "169.254.0.0/16", "fe80::/10", "::/128")
          .map(AddressBlock::parse)
          .toList();

  private IpAddresses() {}

  /** The address that a literal names; null where it is none. Names are never looked up. */
  public static @Nullable InetAddress parse(String literal) {
    if (!DOTTED_QUAD.matcher(literal).matches()
        && (literal.indexOf(':') < 0 || !IPV6.matcher(literal).matches())) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(literal);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** {@code 192.0.2.1:8100}, {@code [2001:db8::1]:8100}. */
  public static String withPort(String ip, int port) {
    return ip.indexOf(':') < 0 ? ip + ":" + port : "[" + ip + "]:" + port;
  }

  /** True when it is one host's, so that it can be a target. */
  static boolean isHost(InetAddress address) {
    return !address.isMulticastAddress()
        && !address.isAnyLocalAddress()
        && NO_HOST.stream().noneMatch(block -> block.contains(address));
  }

  /** True when it means something at its own site only. */
  static boolean isSiteOwn(InetAddress address) {
    return SITE_OWN.stream().anyMatch(block -> block.contains(address));
  }

  /** Whose bounds an address counts for: an IPv6 subscriber has all of a /64. */
  public static InetAddress subscriber(InetAddress address) {
    if (address instanceof Inet4Address) {
      return address;
    }
    try {
      return InetAddress.getByAddress(
          Arrays.copyOf(Arrays.copyOf(address.getAddress(), 8), address.getAddress().length));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("sixteen bytes are an address", e);
    }
  }

  /** True when scrapers of the old kind take it: they know dotted quads only. */
  static boolean isDottedQuad(InetAddress address) {
    return address instanceof Inet4Address;
  }
}
