package io.llamamesh.operator.plan;

import io.llamamesh.config.HostText;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.regex.Pattern;

/** Syntax of hosts and networks, checked without asking DNS. */
final class AddressSyntax {
  private static final Pattern LABEL =
      Pattern.compile("[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?");
  private static final Pattern NUMERIC = Pattern.compile("[0-9.]+");

  private static final int WIDEST_V4 = 8;
  private static final int WIDEST_V6 = 7;

  /** Of all addresses of a family; four networks that are just not wide are as much. */
  private static final double WIDE_SHARE_V4 = 4.0 / (1 << WIDEST_V4);

  private static final double WIDE_SHARE_V6 = 4.0 / (1 << WIDEST_V6);

  private AddressSyntax() {}

  /** An IPv4 or IPv6 address, or a DNS name (RFC 1123). */
  static boolean isHost(String text) {
    if (isAddress(text)) {
      return true;
    }
    if (HostText.problem(text) != null || NUMERIC.matcher(text).matches()) {
      return false;
    }
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    for (String label : name.split("[.]", -1)) {
      if (!LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return true;
  }

  /**
   * A network in CIDR notation. An IPv4 address must be written as one: Java and Linux take {@code
   * ::ffff:10.0.0.0} for it, and then no prefix beyond 32 bits.
   */
  static boolean isCidr(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !text.substring(slash + 1).matches("[0-9]{1,3}")) {
      return false;
    }
    String address = text.substring(0, slash);
    int bits = Integer.parseInt(text.substring(slash + 1));
    boolean v6 = address.indexOf(':') >= 0;
    return isAddress(address)
        && bits <= (v6 ? 128 : 32)
        && v6 == InetAddress.ofLiteral(address) instanceof Inet6Address;
  }

  /**
   * Networks that are larger than any site's own; where none is and all together are far larger,
   * all.
   */
  static List<String> wide(List<String> networks) {
    List<String> cidrs = networks.stream().filter(AddressSyntax::isCidr).toList();
    List<String> wide = cidrs.stream().filter(AddressSyntax::isWide).toList();
    boolean together = share(cidrs, false) >= WIDE_SHARE_V4 || share(cidrs, true) >= WIDE_SHARE_V6;
    return wide.isEmpty() && together ? List.copyOf(cidrs) : wide;
  }

  private static double share(List<String> cidrs, boolean v6) {
    return cidrs.stream()
        .filter(cidr -> v6 == cidr.indexOf(':') >= 0)
        .distinct()
        .mapToDouble(cidr -> Math.scalb(1.0, -bits(cidr)))
        .sum();
  }

  private static int bits(String cidr) {
    return Integer.parseInt(cidr.substring(cidr.indexOf('/') + 1));
  }

  /** Whether a network is larger than any site's own: 10.0.0.0/8 is not, fc00::/7 neither. */
  static boolean isWide(String cidr) {
    return bits(cidr) < (cidr.indexOf(':') >= 0 ? WIDEST_V6 : WIDEST_V4);
  }

  private static boolean isAddress(String text) {
    // A zone says an interface of its own host; Java takes 10.1 and 010.0.0.1, and agents do not.
    return text.indexOf('%') < 0 && HostText.isAddress(text);
  }
}
