package io.llamamesh.agent.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * IP addresses as two longs, so that the hot paths carry no objects; IPv4 as {@code
 * ::ffff:a.b.c.d}.
 */
public final class Ip {

  private static final long MAPPED = 0x0000_ffff_0000_0000L;

  private Ip() {}

  /** Upper 64 bits; 0 for IPv4. */
  public static long high(InetAddress address) {
    return address instanceof Inet4Address ? 0 : ByteBuffer.wrap(address.getAddress()).getLong(0);
  }

  /** Lower 64 bits. */
  public static long low(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address ? mapped(bytes.getInt(0)) : bytes.getLong(8);
  }

  /** The lower half of an IPv4 address given as 32 bits in network order. */
  public static long mapped(int v4) {
    return MAPPED | (v4 & 0xffff_ffffL);
  }

  /** Returns whether two halves hold an IPv4 address. */
  public static boolean isV4(long high, long low) {
    return high == 0 && (low & 0xffff_ffff_0000_0000L) == MAPPED;
  }

  /** Returns whether an address means something at its own site only (RFC 1918, 6598, 4193). */
  public static boolean isSiteOwn(InetAddress address) {
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    return bytes.length == 4
        ? address.isSiteLocalAddress() || (first == 100 && (bytes[1] & 0xc0) == 64)
        : (first & 0xfe) == 0xfc;
  }

  /** The address object of two halves. */
  public static InetAddress address(long high, long low) {
    byte[] bytes =
        isV4(high, low)
            ? ByteBuffer.allocate(4).putInt((int) low).array()
            : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes was refused", e);
    }
  }
}
