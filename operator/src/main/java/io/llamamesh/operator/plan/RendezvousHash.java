package io.llamamesh.operator.plan;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rendezvous hashing: of many sources those probe a destination that have the highest hash of
 * source and destination, so that a source more or less moves only itself and the one it displaces.
 */
final class RendezvousHash {
  private RendezvousHash() {}

  /**
   * Names of the sources that probe the destination: all but itself, or the chosen ones where they
   * are more than the limit.
   */
  static Set<String> sources(List<NodeFacts> from, String destination, int limit) {
    record Ranked(long hash, String name) {}
    List<String> names =
        from.stream().map(NodeFacts::name).filter(name -> !name.equals(destination)).toList();
    if (names.size() <= limit) {
      return Set.copyOf(names);
    }
    long to = StableHash.of(destination);
    return names.stream()
        .map(name -> new Ranked(StableHash.of(to, StableHash.of(name)), name))
        .sorted(Comparator.comparingLong(Ranked::hash).thenComparing(Ranked::name))
        .limit(limit)
        .map(Ranked::name)
        .collect(Collectors.toUnmodifiableSet());
  }
}
