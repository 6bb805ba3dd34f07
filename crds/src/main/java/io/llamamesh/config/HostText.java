package io.llamamesh.config;

import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Addresses and host names as people write them; nothing is looked up. Whoever writes a document
 * takes what passes here: one host that does not stops a collector's whole config.
 */
public final class HostText {
  private static final Pattern DIGITS_AND_DOTS = Pattern.compile("[0-9.]+");
  private static final Pattern IPV4 =
      Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.](?!$)|$)){4}");

  /** What Go takes for a name, too; others are written as {@code xn--}. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /** The C library's other spellings of addresses, which Java and Go do not take. */
  private static final Pattern HEXADECIMAL =
      Pattern.compile("0[xX][0-9a-fA-F]*([.](0[xX][0-9a-fA-F]*|[0-9]+))*");

  private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9._-]+");

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
  public static boolean isAddress(String text) {
    if (text.indexOf(':') < 0) {
      return IPV4.matcher(text).matches();
    }
    int zone = text.indexOf('%'); // only its own host knows the interface
    if (zone >= 0 && !ZONE.matcher(text.substring(zone + 1)).matches()) {
      return false;
    }
    try {
      return InetAddress.ofLiteral(zone < 0 ? text : text.substring(0, zone)).getAddress().length
          > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * The problem of a host. {@code 10.1} and {@code 010.0.0.1} are different addresses to different
   * resolvers, and none to Go.
   *
   * @return null where nothing is
   */
  public static @Nullable String problem(String host) {
    if (host.length() > MAX_NAME) {
      return "must be an address or a host name of at most " + MAX_NAME + " characters";
    }
    if (host.indexOf(':') >= 0 && !isAddress(host)) {
      return "must be an address without a port, was '"
          + YamlValue.abbreviated(host)
          + "'; the port is a key of its own";
    }
    if (host.indexOf(':') < 0 && !NAME.matcher(host).matches()) {
      return "must be an address or a host name of letters, digits, dots and hyphens (others as"
          + " xn--…), was '"
          + YamlValue.abbreviated(host)
          + "'";
    }
    boolean numbers =
        DIGITS_AND_DOTS.matcher(host).matches() || HEXADECIMAL.matcher(host).matches();
    if (numbers && !isAddress(host)) {
      return "must be an address of four numbers from 0 to 255 without leading zeros, or a host"
          + " name, was '"
          + YamlValue.abbreviated(host)
          + "'";
    }
    return null;
  }
}
