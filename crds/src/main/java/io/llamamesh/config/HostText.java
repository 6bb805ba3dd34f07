package io.llamamesh.config;

import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses and host names as people write them; nothing is looked up. */
final class HostText {
  private static final Pattern DIGITS_AND_DOTS = Pattern.compile("[0-9.]+");
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.](?!$)|$)){4}");

  /** No DNS name is longer. */
  private static final int MAX_NAME = 253;

  private HostText() {}

  /** Go needs IPv6 addresses in brackets; here they may be without. */
  static String withoutBrackets(String text) {
    return text.startsWith("[") && text.endsWith("]") && text.indexOf(':') >= 0
        ? text.substring(1, text.length() - 1)
        : text;
  }

  /** An IPv4 address of four plain decimal numbers, or an IPv6 address. */
  static boolean isAddress(String text) {
    if (text.indexOf(':') < 0) {
      return IPV4.matcher(text).matches();
    }
    int zone = text.indexOf('%'); // only its own host knows the interface
    try {
      return InetAddress.ofLiteral(zone < 0 ? text : text.substring(0, zone)).getAddress().length
          > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * What is wrong with a host. {@code 10.1} and {@code 010.0.0.1} are different addresses to
   * different resolvers, and none to Go.
   *
   * @return null where nothing is
   */
  static @Nullable String problem(String host) {
    if (host.length() > MAX_NAME || host.codePoints().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      return "must be an address or a host name, was '" + YamlValue.shown(host) + "'";
    }
    if (host.indexOf(':') >= 0 && !isAddress(host)) {
      return "must be an address without a port, was '"
          + YamlValue.shown(host)
          + "'; the port is a key of its own";
    }
    if (DIGITS_AND_DOTS.matcher(host).matches() && !isAddress(host)) {
      return "must be an address of four numbers from 0 to 255 without leading zeros, or a host"
          + " name, was '"
          + YamlValue.shown(host)
          + "'";
    }
    return null;
  }
}
