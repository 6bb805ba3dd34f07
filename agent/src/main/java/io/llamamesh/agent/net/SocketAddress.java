package io.llamamesh.agent.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;

/**
 * {@code struct sockaddr_in} (family 2, port 2, address 4, zero 8) and {@code sockaddr_in6} (family
 * 2, port 2, flow 4, address 16, scope 4); the family in the machine's order, the rest in the
 * network's.
 */
final class SocketAddress {

  /** Room for either. */
  static final int BYTES = 28;

  static final int V4_BYTES = 16;
  static final int V6_BYTES = 28;

  static final ValueLayout.OfShort BE_SHORT = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  static final ValueLayout.OfInt BE_INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  static final ValueLayout.OfLong BE_LONG = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private SocketAddress() {}

  static int family(InetAddress address) {
    return address instanceof Inet6Address ? Libc.AF_INET6 : Libc.AF_INET;
  }

  static int bytes(InetAddress address) {
    return address instanceof Inet6Address ? V6_BYTES : V4_BYTES;
  }

  static MemorySegment of(InetSocketAddress address) {
    MemorySegment to = Arena.ofAuto().allocate(BYTES, 8);
    InetAddress ip = address.getAddress();
    to.set(JAVA_SHORT_UNALIGNED, 0, (short) family(ip));
    to.set(BE_SHORT, 2, (short) address.getPort());
    byte[] bytes = ip.getAddress();
    int at = ip instanceof Inet6Address ? 8 : 4;
    for (int i = 0; i < bytes.length; i++) {
      to.set(JAVA_BYTE, at + i, bytes[i]);
    }
    if (ip instanceof Inet6Address v6) {
      to.set(JAVA_INT_UNALIGNED, 24, v6.getScopeId());
    }
    return to;
  }

  static boolean isV6(MemorySegment from, long at) {
    return from.get(JAVA_SHORT_UNALIGNED, at) == Libc.AF_INET6;
  }

  static long high(MemorySegment from, long at) {
    return isV6(from, at) ? from.get(BE_LONG, at + 8) : 0;
  }

  static long low(MemorySegment from, long at) {
    return isV6(from, at) ? from.get(BE_LONG, at + 16) : Ip.mapped(from.get(BE_INT, at + 4));
  }

  static int port(MemorySegment from, long at) {
    return from.get(BE_SHORT, at + 2) & 0xffff;
  }
}
