package io.llamamesh.scraper.pull;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Whose a name is among collectors that name themselves, as LLAMA's do by tags in their configs. A
 * name that two have is neither's: each is called by it and its own address, or their points would
 * overwrite each other. Thread-safe.
 */
final class SourceNames {
  /** More than one scraper reads; beyond it every name gets its collector's. */
  private static final int MAX_NAMES = 20_000;

  /** A collector has one or a few: who makes up more takes no place of others. */
  private static final int MAX_NAMES_OF_ONE = 16;

  private final Map<String, Set<String>> collectors = new HashMap<>();
  private final Map<String, Integer> claims = new HashMap<>();
  private int all;

  /** What a collector that calls itself so is called. */
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

  /** A collector is no more. */
  synchronized void release(String collector) {
    collectors.values().forEach(known -> all -= known.remove(collector) ? 1 : 0);
    collectors.values().removeIf(Set::isEmpty);
    claims.remove(collector);
  }

  private static String qualified(String name, String collector) {
    return name + " (" + collector + ")";
  }
}
