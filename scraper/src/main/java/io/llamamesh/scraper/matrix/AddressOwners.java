package io.llamamesh.scraper.matrix;

import io.llamamesh.results.IpText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whose an address is, as points say. Of an address that two nodes have, neither's probes can be
 * told. Not thread-safe: {@link ReflectorJoin} owns it.
 */
final class AddressOwners {
  /** How long an address stays a node's after the last point that said so. */
  static final long CLAIM_SECONDS = 120;

  /** A node has one or two of each family. */
  private static final int MAX_OF_A_NODE = 16;

  private final Map<String, Address> byText = new HashMap<>();
  private final Map<String, List<Address>> byNode = new HashMap<>();

  /** An address, and the node that has it. */
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

  /** A point says that the node has that address. */
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

  /** Who has it; null while nobody said so. */
  @Nullable Address get(String text) {
    Address asWritten = byText.get(text); // as nearly always
    return asWritten == null ? byText.get(plain(text)) : asWritten;
  }

  /** Whether the node has an address of that family alone. */
  boolean hasOwn(String node, boolean v6, long now) {
    return byNode.getOrDefault(node, List.of()).stream()
        .anyMatch(address -> address.v6 == v6 && !address.isShared(now));
  }

  /** Whether an address of the node is another's, too. */
  boolean hasShared(String node, boolean v6, long now) {
    return byNode.getOrDefault(node, List.of()).stream()
        .anyMatch(address -> address.v6 == v6 && address.isShared(now));
  }

  /** Forgets addresses that nobody claims any more. */
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

  /** One text for each address, without the interface, which only its own host knows. */
  private static String plain(String text) {
    int percent = text.indexOf('%');
    return IpText.canonical(percent < 0 ? text : text.substring(0, percent));
  }
}
