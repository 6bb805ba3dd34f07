package io.llamamesh.scraper.matrix;

import io.llamamesh.results.IpText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Map from IP addresses to the nodes that own them, as points claim. Probes from an address that
 * two nodes claim are attributed to neither. Not thread-safe: {@link ReflectorJoin} owns it.
 */
final class AddressOwners {
  /** Lifetime of a claim after the last point with it. */
  static final long CLAIM_SECONDS = 120;

  /** Addresses per node at most: a node has one or two of each family. */
  private static final int MAX_OF_A_NODE = 16;

  private final Map<String, Address> byText = new HashMap<>();
  private final Map<String, List<Address>> byNode = new HashMap<>();

  /** An address and the node that owns it. */
  static final class Address {
    private final boolean v6;
    private String node;
    private long claimedAt;
    private long sharedAt = Long.MIN_VALUE / 2;

    private Address(boolean v6, String node, long now) {
      this.v6 = v6;
      this.node = node;
      this.claimedAt = now;
    }

    String node() {
      return node;
    }

    boolean isV6() {
      return v6;
    }

    boolean isShared(long now) {
      return now - sharedAt <= CLAIM_SECONDS;
    }
  }

  /** Records a point's claim that a node has an address. */
  void claim(String node, @Nullable String text, long now) {
    if (text == null) {
      return;
    }
    Address address = get(text);
    if (address == null) {
      if (byNode.getOrDefault(node, List.of()).size() >= MAX_OF_A_NODE) {
        return;
      }
      String plain = plain(text);
      address = new Address(isV6(plain), node, now);
      byText.put(plain, address);
      addressesOf(node).add(address);
    } else if (address.node.equals(node)) {
      address.claimedAt = now;
    } else if (now - address.claimedAt > CLAIM_SECONDS) {
      addressesOf(address.node).remove(address);
      address.node = node;
      address.claimedAt = now;
      addressesOf(node).add(address);
    } else {
      address.sharedAt = now;
    }
  }

  /** The address's entry; null while no node claims it. */
  @Nullable Address get(String text) {
    Address asWritten = byText.get(text); // as nearly always
    return asWritten == null ? byText.get(plain(text)) : asWritten;
  }

  /** True if the node has an address of that family that no other node claims. */
  boolean hasOwn(String node, boolean v6, long now) {
    return byNode.getOrDefault(node, List.of()).stream()
        .anyMatch(address -> address.v6 == v6 && !address.isShared(now));
  }

  /** True if another node claims an address of this node, too. */
  boolean hasShared(String node, boolean v6, long now) {
    return byNode.getOrDefault(node, List.of()).stream()
        .anyMatch(address -> address.v6 == v6 && address.isShared(now));
  }

  /** Evicts addresses whose claims have expired. */
  void age(long now) {
    byText.values().removeIf(address -> now - address.claimedAt > CLAIM_SECONDS);
    byNode
        .values()
        .forEach(all -> all.removeIf(address -> now - address.claimedAt > CLAIM_SECONDS));
    byNode.values().removeIf(List::isEmpty);
  }

  static boolean isV6(String address) {
    return address.indexOf(':') >= 0;
  }

  private List<Address> addressesOf(String node) {
    return byNode.computeIfAbsent(node, k -> new ArrayList<>(2));
  }

  /** Canonical text of an address, without the interface, which is local to its host. */
  private static String plain(String text) {
    int percent = text.indexOf('%');
    return IpText.canonical(percent < 0 ? text : text.substring(0, percent));
  }
}
