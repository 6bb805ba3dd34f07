package io.llamamesh.registry.http;

import io.llamamesh.registry.directory.AddressBlock;
import io.llamamesh.registry.directory.IpAddresses;
import java.net.InetAddress;
import java.util.List;

/**
 * The origin of a request: the peer, or what a proxy that we trust says of its own peer.
 *
 * @param blocks addresses of the proxies
 */
public record TrustedProxies(List<AddressBlock> blocks) {
  private static final int MAX_HOPS = 16;

  public TrustedProxies {
    blocks = List.copyOf(blocks);
  }

  /**
   * The address of who asks.
   *
   * @param peer the other end of the connection
   * @param forwardedFor all values of {@code X-Forwarded-For} in their order, which is from the
   *     client to us; believed from trusted proxies only, and only as far as those reach
   */
  public InetAddress client(InetAddress peer, List<String> forwardedFor) {
    InetAddress client = peer;
    String[] hops = String.join(",", forwardedFor).split(",", -1);
    for (int i = hops.length - 1, seen = 0; i >= 0 && seen < MAX_HOPS && isTrusted(client); i--) {
      seen++;
      InetAddress before = IpAddresses.parse(literal(hops[i].strip()));
      if (before == null) {
        return client;
      }
      client = before;
    }
    return client;
  }

  /** Some proxies write the port too. */
  private static String literal(String hop) {
    if (hop.startsWith("[")) {
      return hop.substring(1, Math.max(1, hop.indexOf(']')));
    }
    int colon = hop.indexOf(':');
    return colon > 0 && colon == hop.lastIndexOf(':') ? hop.substring(0, colon) : hop;
  }

  private boolean isTrusted(InetAddress address) {
    return blocks.stream().anyMatch(block -> block.contains(address));
  }
}
