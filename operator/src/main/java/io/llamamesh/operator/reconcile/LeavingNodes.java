package io.llamamesh.operator.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The nodes of a mesh that are leaving: those marked for removal, and those removed a short while
 * ago, whose last minutes are still in the others' windows. For one thread at a time.
 */
final class LeavingNodes {
  /** By then nobody holds a window of theirs that counts. */
  private static final Duration REMEMBERED = Duration.ofHours(1);

  private final Map<String, Instant> removed = new HashMap<>();
  private SortedSet<String> leaving = new TreeSet<>();

  /** Those that were leaving at the last update. */
  Set<String> latest() {
    return leaving;
  }

  /**
   * Those that are leaving now.
   *
   * @param nodes all of the cluster's
   * @param ours names of those that have, or are to have, a config of this mesh
   */
  SortedSet<String> update(Collection<NodeView> nodes, Set<String> ours, Instant now) {
    Set<String> concerned = new HashSet<>(ours);
    concerned.addAll(leaving);
    SortedSet<String> next = new TreeSet<>();
    for (NodeView node : nodes) {
      if (concerned.remove(node.name()) && node.leaving()) {
        next.add(node.name());
      }
      removed.remove(node.name());
    }
    // What is left of them has no Node any more.
    concerned.forEach(name -> removed.putIfAbsent(name, now));
    removed.values().removeIf(since -> !now.isBefore(since.plus(REMEMBERED)));
    next.addAll(removed.keySet());
    leaving = next;
    return next;
  }
}
