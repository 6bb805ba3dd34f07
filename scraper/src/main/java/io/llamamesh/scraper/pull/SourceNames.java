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

  private final Map<String, Set<String>> collectors = new HashMap<>();
  private int claims;

  /** What a collector that calls itself so is called. */
  synchronized String claim(String name, String collector) {
    Set<String> all = collectors.get(name);
    if (claims < MAX_NAMES || (all != null && all.contains(collector))) {
      all = collectors.computeIfAbsent(name, k -> new HashSet<>());
      claims += all.add(collector) ? 1 : 0;
      if (all.size() == 1) {
        return name;
      }
    }
    return name + " (" + collector + ")";
  }

  /** A collector is no more. */
  synchronized void release(String collector) {
    collectors.values().forEach(all -> claims -= all.remove(collector) ? 1 : 0);
    collectors.values().removeIf(Set::isEmpty);
  }
}
