package io.llamamesh.agent.reflector;

import io.llamamesh.agent.net.Ip;
import java.net.Inet4Address;
import java.net.InetAddress;

/**
 * A block of addresses.
 *
 * @param high upper half of its first address (see {@link Ip})
 * @param low lower half
 * @param bits how many of the 128 bits are fixed
 */
public record Cidr(long high, long low, int bits) {

  /** Those that all IPv4 addresses have in common, among the 128. */
  private static final int V4_BITS = 96;

  /**
   * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address.
   *
   * @throws IllegalArgumentException when the text is none of these, with the text
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    try {
      InetAddress address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
      int size = address instanceof Inet4Address ? 32 : 128;
      int length = slash < 0 ? size : Integer.parseInt(text.substring(slash + 1));
      if (length >= 0 && length <= size) {
        return new Cidr(Ip.high(address), Ip.low(address), 128 - size + length);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(text + " is no block such as 10.0.0.0/8", e);
    }
    throw new IllegalArgumentException(text + " is no block such as 10.0.0.0/8");
  }

  /** Whether an address lies in the block. */
  public boolean contains(InetAddress address) {
    return contains(Ip.high(address), Ip.low(address));
  }

  /** Whether an address, given by its halves, lies in the block. */
  public boolean contains(long h, long l) {
    if (bits < V4_BITS && Ip.isV4(h, l)) {
      return false; // ::/0 is all of IPv6, and IPv4 is another matter
    }
    long highMask = bits >= 64 ? -1 : bits == 0 ? 0 : -1L << (64 - bits);
    long lowMask = bits <= 64 ? 0 : -1L << (128 - bits);
    return ((h ^ high) & highMask) == 0 && ((l ^ low) & lowMask) == 0;
  }
}
