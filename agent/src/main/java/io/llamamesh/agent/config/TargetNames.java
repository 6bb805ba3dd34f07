package io.llamamesh.agent.config;

import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfig.Target;
import io.llamamesh.results.IpText;
import io.llamamesh.results.Point.Tags;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Names of targets, tag {@code dst_name}: the document's {@code name}, else its tags {@code
 * dst_name} or LLAMA's {@code dst_hostname}, else their address. Of several targets of one family
 * with the same name each is named by name and address, since their points would overwrite each
 * other.
 */
final class TargetNames {
  private final Map<Target, String> names;

  private TargetNames(Map<Target, String> names) {
    this.names = names;
  }

  private record Shared(String name, boolean v6) {}

  /**
   * Names for all targets that have an address.
   *
   * @param resolved their addresses; null for those that are left out
   */
  static TargetNames of(Map<Target, @Nullable InetSocketAddress> resolved) {
    Map<Shared, Set<String>> addresses = new HashMap<>();
    resolved.forEach((target, address) -> {
      if (address != null) {
        addresses
            .computeIfAbsent(shared(target, address), k -> new TreeSet<>())
            .add(place(target, address));
      }
    });
    Map<Target, String> names = new LinkedHashMap<>();
    resolved.forEach((target, address) -> {
      if (address != null) {
        boolean alone = addresses.getOrDefault(shared(target, address), Set.of()).size() < 2;
        names.put(
            target,
            alone ? preferredName(target) : qualifiedName(preferredName(target), target, address));
      }
    });
    return new TargetNames(names);
  }

  private static Shared shared(Target target, InetSocketAddress address) {
    return new Shared(preferredName(target), address.getAddress() instanceof Inet6Address);
  }

  private static String qualifiedName(String name, Target target, InetSocketAddress address) {
    String place = place(target, address);
    return name.equals(IpText.of(address.getAddress())) ? place : name + " (" + place + ")";
  }

  /** Text of what is probed: address and port, and how where that is not by UDP. */
  static String place(Target target, InetSocketAddress address) {
    if (!target.isAgentless()) {
      return IpText.of(address);
    }
    return Target.METHOD_ICMP.equals(target.method())
        ? "icmp " + IpText.of(address.getAddress())
        : "tcp " + IpText.of(address);
  }

  /** Name of a target where no other has the same. */
  static String preferredName(Target target) {
    String name = target.name();
    if (name != null && !name.isBlank()) {
      return name;
    }
    for (String tag : new String[] {Tags.DST_NAME, CollectorConfig.DST_HOSTNAME}) {
      String tagged = target.tags().getOrDefault(tag, "");
      if (!tagged.isBlank()) {
        return tagged;
      }
    }
    return IpText.canonical(target.ip());
  }

  String name(Target target) {
    return names.getOrDefault(target, target.ip());
  }
}
