package io.llamamesh.scraper.cluster;

import java.net.URI;

/**
 * Where a TCP service is.
 *
 * @param host name, IPv4 or IPv6 address without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {
  private static final int MAX_PORT = 65_535;

  public HostPort {
    if (!host.matches("[0-9A-Za-z._:%-]{1,253}")) {
      throw new IllegalArgumentException("host must be a name or an address, was '" + host + "'");
    }
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("port must be 1 to 65535, was " + port);
    }
  }

  /**
   * Reads {@code host}, {@code host:port}, {@code v6}, or {@code [v6]:port}.
   *
   * @throws IllegalArgumentException where the text is none of these
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

  /** The HTTP address of a path there. */
  public URI http(String pathAndQuery) {
    return URI.create("http://" + this + pathAndQuery);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
