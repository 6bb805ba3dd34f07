package io.llamamesh.fabric.transport;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** An address literal and a port as a text: {@code 192.0.2.1:8101}, {@code [2001:db8::1]:8101}. */
public final class SocketAddressText {

  private SocketAddressText() {}

  /** The text of a resolved address. */
  public static String of(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return host.indexOf(':') < 0
        ? host + ":" + address.getPort()
        : "[" + host + "]:" + address.getPort();
  }

  /** The address of a text, null where it is none; names are not looked up. */
  public static @Nullable InetSocketAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1) {
      return null;
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int port = Integer.parseInt(text, colon + 1, text.length(), 10);
      return port < 1 ? null : new InetSocketAddress(InetAddress.ofLiteral(host), port);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
