package io.llamamesh.results;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * IP addresses as text, one for each address: RFC 5952 for IPv6 ({@code 2001:db8::1}, not {@code
 * 2001:db8:0:0:0:0:0:1}), since tags are compared as texts by every database and by people.
 */
public final class IpText {
  private static final int GROUPS = 8;

  private IpText() {}

  /** The address; a scope ({@code fe80::1%eth0}) stays. */
  public static String of(InetAddress address) {
    String java = address.getHostAddress();
    if (address instanceof Inet4Address) {
      return java;
    }
    byte[] bytes = address.getAddress();
    int[] groups = new int[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | (bytes[2 * i + 1] & 0xff);
    }
    int scope = java.indexOf('%');
    return compressed(groups) + (scope < 0 ? "" : java.substring(scope));
  }

  /** Address and port: {@code 192.0.2.1:8100}, {@code [2001:db8::1]:8100}. */
  public static String of(InetSocketAddress address) {
    String ip = of(address.getAddress());
    return (ip.indexOf(':') < 0 ? ip : "[" + ip + "]") + ":" + address.getPort();
  }

  /** An address that somebody else wrote; whatever is none stays as it is. */
  public static String canonical(String text) {
    if (text.indexOf(':') < 0) {
      return text;
    }
    int scope = text.indexOf('%');
    try {
      return of(InetAddress.ofLiteral(scope < 0 ? text : text.substring(0, scope)))
          + (scope < 0 ? "" : text.substring(scope));
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** The first of the longest runs of two or more zero groups becomes {@code ::}. */
  private static String compressed(int[] groups) {
    int from = -1;
    int length = 1;
    int start = 0;
    for (int i = 0; i <= GROUPS; i++) {
      if (i == GROUPS || groups[i] != 0) {
        if (i - start > length) {
          from = start;
          length = i - start;
        }
        start = i + 1;
      }
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < GROUPS; i++) {
      if (i == from) {
        text.append("::");
        i += length - 1;
        continue;
      }
      if (i > 0 && i != from + length) {
        text.append(':');
      }
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
