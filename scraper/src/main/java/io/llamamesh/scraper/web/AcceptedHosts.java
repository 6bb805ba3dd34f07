package io.llamamesh.scraper.web;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Host names that are accepted while no token is required. A foreign site could have its own name
 * resolve to an address that only the visitor's browser reaches, and read the matrix by it (DNS
 * rebinding): such names are not accepted.
 *
 * <p>Accepted are addresses, {@code localhost}, names without a dot, a Service's {@code *.svc} and
 * {@code *.svc.cluster.local}, and configured names; all if {@value #ANY} is among them.
 */
public final class AcceptedHosts {
  /** Accepts any name. */
  public static final String ANY = "*";

  private final Set<String> names;

  /**
   * @param names configured names, without port
   */
  public AcceptedHosts(Set<String> names) {
    this.names = names.stream().map(AcceptedHosts::plain).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * True if a request may have that header {@code Host}.
   *
   * @param field value of the header {@code Host}; null without one, which no browser omits
   */
  boolean accepts(@Nullable String field) {
    if (field == null || names.contains(ANY)) {
      return true;
    }
    String host = plain(withoutPort(field.strip()));
    return host.indexOf('.') < 0
        || host.endsWith(".localhost")
        || host.endsWith(".svc")
        || host.endsWith(".svc.cluster.local")
        || names.contains(host)
        || isAddress(host);
  }

  private static String withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  private static String plain(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  private static boolean isAddress(String host) {
    String address =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    try {
      return InetAddress.ofLiteral(address).getAddress().length > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
