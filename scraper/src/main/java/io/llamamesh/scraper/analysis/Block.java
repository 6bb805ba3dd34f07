package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Sides;
import io.llamamesh.scraper.analysis.Links.Link;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Links between two sets of nodes that are bad together, while each set is well within itself: the
 * mark of a partition, or of a lossy way that no zone names.
 *
 * @param from who sends over its links
 * @param to who receives; shares nobody with {@code from}
 * @param bothWays whether the links the other way are bad too, and belong to it
 * @param via who is in neither and has good links with both
 */
record Block(Set<String> from, Set<String> to, boolean bothWays, Set<String> via) {
  /** How many of a side its name has: a name must stay one that people read. */
  private static final int NAMED = 5;

  boolean contains(Link link) {
    return (from.contains(link.source()) && to.contains(link.destination()))
        || (bothWays && to.contains(link.source()) && from.contains(link.destination()));
  }

  /** Such as {@code a,b | c,d} where it is both ways, and {@code a,b > c,d}. */
  String name() {
    return side(from) + (bothWays ? " | " : " > ") + side(to);
  }

  Sides sides() {
    return new Sides(sorted(from), sorted(to), bothWays, sorted(via));
  }

  /** Whether one side is a single node, which something simpler explains more often. */
  boolean isOfOne() {
    return from.size() == 1 || to.size() == 1;
  }

  private static String side(Set<String> side) {
    String names = new TreeSet<>(side).stream().limit(NAMED).collect(Collectors.joining(","));
    return side.size() > NAMED ? names + " and " + (side.size() - NAMED) + " more" : names;
  }

  private static List<String> sorted(Collection<String> names) {
    return names.stream().sorted().toList();
  }
}
