package io.llamamesh.agent.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.regex.Pattern;

/**
 * A block of addresses.
 *
 * @param high upper half of its first address (see {@link Ip})
 * @param low lower half
 * @param bits how many of the 128 bits are fixed
 */
public record Cidr(long high, long low, int bits) {

  /** Prefix length of all IPv4 addresses, among the 128 bits. */
  private static final int V4_BITS = 96;

  private static final Pattern V4 =
      Pattern.compile("(0|[1-9][0-9]{0,2})([.](0|[1-9][0-9]{0,2})){3}");

  /**
   * Parses {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address. {@code 010.0.0.0/8} and
   * {@code ::ffff:10.0.0.0/104} are refused as ambiguous.
   *
   * @throws IllegalArgumentException when the text is none of these, with the text
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    try {
      String start = slash < 0 ? text : text.substring(0, slash);
      String bits = slash < 0 ? "" : text.substring(slash + 1);
      InetAddress address = InetAddress.ofLiteral(start);
      boolean v4 = address instanceof Inet4Address;
      int size = v4 ? 32 : 128;
      int length = slash < 0 ? size : Integer.parseInt(bits);
      boolean plain = v4 ? V4.matcher(start).matches() : start.indexOf('%') < 0;
      if (plain && length >= 0 && length <= size && bits.chars().allMatch(c -> c >= '0')) {
        return new Cidr(Ip.high(address), Ip.low(address), 128 - size + length);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(text + " is no block such as 10.0.0.0/8", e);
    }
    throw new IllegalArgumentException(text + " is no block such as 10.0.0.0/8");
  }

  /** Returns whether the block contains an address. */
  public boolean contains(InetAddress address) {
    return contains(Ip.high(address), Ip.low(address));
  }

  /** Returns whether the block contains an address, given by its halves. */
  public boolean contains(long h, long l) {
    if (bits < V4_BITS && Ip.isV4(h, l)) {
      return false; // ::/0 is all of IPv6, and IPv4 is another matter
    }
    long highMask = bits >= 64 ? -1 : bits == 0 ? 0 : -1L << (64 - bits);
    long lowMask = bits <= 64 ? 0 : -1L << (128 - bits);
    return ((h ^ high) & highMask) == 0 && ((l ^ low) & lowMask) == 0;
  }
}
