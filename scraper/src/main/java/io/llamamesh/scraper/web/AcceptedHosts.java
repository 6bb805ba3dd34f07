package io.llamamesh.scraper.web;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * By which names the page may be asked for while it asks for no token. A foreign site could have
 * its own name resolve to an address that only the visitor's browser reaches, and read the matrix
 * by it (DNS rebinding): such a name is nobody's here.
 *
 * <p>Addresses, {@code localhost}, names without a dot, a Service's {@code *.svc} and {@code
 * *.svc.cluster.local}, and those that are given; all where {@value #ANY} is.
 */
public final class AcceptedHosts {
  /** Any name. */
  public static final String ANY = "*";

  private final Set<String> names;

  /**
   * @param names further names, without port
   */
  public AcceptedHosts(Set<String> names) {
    this.names = names.stream().map(AcceptedHosts::plain).collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Whether a request may have that.
   *
   * @param field the value of the field {@code Host}; null where it is missing, as no browser's is
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
