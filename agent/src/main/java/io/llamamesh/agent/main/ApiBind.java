package io.llamamesh.agent.main;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Listen address of the API in a config file ({@code api.bind}), as Go writes it: {@code
 * address:port}, {@code [v6]:port}, {@code name:port}, or {@code :port} for all addresses.
 *
 * @param host an address or a name; empty for all
 * @param port 0 to 65535
 */
record ApiBind(String host, int port) {

  /** LLAMA's own default. */
  private static final ApiBind DEFAULT = new ApiBind("", 5000);

  private static final String FORM =
      "must be address:port such as 0.0.0.0:5000, [::1]:5000 or :5000, was '";

  /**
   * Reads it; absent or empty is LLAMA's default, all addresses and port 5000.
   *
   * @throws IllegalArgumentException when it is none, with what is allowed
   */
  static ApiBind parse(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return DEFAULT;
    }
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    boolean brackets = host.startsWith("[") && host.endsWith("]");
    // Brackets are for IPv6: nothing in them would be all addresses, unasked.
    if (colon < 0 || brackets != (host.indexOf(':') >= 0)) {
      throw new IllegalArgumentException(FORM + text + "'");
    }
    String digits = text.substring(colon + 1);
    if (digits.matches("[0-9]{1,5}") && Integer.parseInt(digits) <= 65535) {
      return new ApiBind(
          brackets ? host.substring(1, host.length() - 1) : host, Integer.parseInt(digits));
    }
    throw new IllegalArgumentException(FORM + text + "'");
  }

  /**
   * The addresses to listen on; none for all.
   *
   * @throws IOException when the name is not known
   */
  List<InetAddress> addresses() throws IOException {
    if (host.isEmpty()) {
      return List.of();
    }
    try {
      // A name of several addresses is meant as its first one, as with Go.
      InetAddress address = InetAddress.getByName(host);
      return address.isAnyLocalAddress() ? List.of() : List.of(address);
    } catch (UnknownHostException e) {
      throw new IOException("api.bind: unknown host " + host, e);
    }
  }
}
