package io.llamamesh.scraper.pull;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Registry of the names of collectors that name themselves, as LLAMA's do by tags in their configs.
 * A name that two claim is qualified by each one's address, or their points would overwrite each
 * other. Thread-safe.
 */
final class SourceNames {
  /** More than a scraper reads; beyond it every name is qualified by its collector. */
  private static final int MAX_NAMES = 20_000;

  /** A collector has one or a few: one that makes up more takes no slots of others. */
  private static final int MAX_NAMES_OF_ONE = 16;

  private final Map<String, Set<String>> collectors = new HashMap<>();
  private final Map<String, Integer> claims = new HashMap<>();
  private int all;

  /** Claims a name for a collector; returns the name to use. */
  synchronized String claim(String name, String collector) {
    Set<String> known = collectors.getOrDefault(name, Set.of());
    if (!known.contains(collector)) {
      if (all >= MAX_NAMES || claims.getOrDefault(collector, 0) >= MAX_NAMES_OF_ONE) {
        return qualified(name, collector);
      }
      known = collectors.computeIfAbsent(name, k -> new HashSet<>());
      known.add(collector);
      claims.merge(collector, 1, Integer::sum);
      all++;
    }
    return known.size() == 1 ? name : qualified(name, collector);
  }

  /** Releases the names of a collector that is gone. */
  synchronized void release(String collector) {
    collectors.values().forEach(known -> all -= known.remove(collector) ? 1 : 0);
    collectors.values().removeIf(Set::isEmpty);
    claims.remove(collector);
  }

  private static String qualified(String name, String collector) {
    return name + " (" + collector + ")";
  }
}
