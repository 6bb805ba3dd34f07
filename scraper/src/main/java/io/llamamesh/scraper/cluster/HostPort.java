package io.llamamesh.scraper.cluster;

import java.net.InetAddress;
import java.net.URI;

/**
 * Host and port of a TCP service.
 *
 * @param host name, IPv4 or IPv6 address without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  private static final int MAX_PORT = 65_535;
  private static final String NAME = "[0-9A-Za-z._-]{1,253}";
  private static final String V6 = "[0-9A-Fa-f:.]{1,45}(%[0-9A-Za-z._-]{1,32})?";

  public HostPort {
    if (!host.matches(host.indexOf(':') < 0 ? NAME : V6) || !isWhole(host)) {
      throw new IllegalArgumentException("host must be a name or an address, was '" + host + "'");
    }
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("port must be 1 to 65535, was " + port);
    }
  }

  /** True for a name, or a valid address; the zone of an IPv6 address is not checked. */
  private static boolean isWhole(String host) {
    if (host.indexOf(':') < 0) {
      return true;
    }
    int zone = host.indexOf('%');
    try {
      return InetAddress.ofLiteral(zone < 0 ? host : host.substring(0, zone)).getAddress().length
          > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Reads {@code host}, {@code host:port}, {@code v6}, or {@code [v6]:port}.
   *
   * @throws IllegalArgumentException if the text is none of these
   */
  public static HostPort parse(String text, int defaultPort) {
    String host = text.strip();
    String port = "";
    if (host.startsWith("[")) {
      int end = host.indexOf(']');
      if (end < 0 || (end + 1 < host.length() && host.charAt(end + 1) != ':')) {
        throw new IllegalArgumentException("write [address]:port, was '" + text + "'");
      }
      port = end + 1 < host.length() ? host.substring(end + 2) : "";
      host = host.substring(1, end);
    } else if (host.indexOf(':') >= 0 && host.indexOf(':') == host.lastIndexOf(':')) {
      port = host.substring(host.indexOf(':') + 1);
      host = host.substring(0, host.indexOf(':'));
    }
    try {
      return new HostPort(host, port.isEmpty() ? defaultPort : Integer.parseInt(port));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "port must be a number in '" + text + "', write host:port", e);
    }
  }

  /** HTTP URI of a path on it. */
  public URI http(String pathAndQuery) {
    return URI.create("http://" + this + pathAndQuery);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
