package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport.Sides;
import io.llamamesh.scraper.analysis.Links.Link;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Block of links between two sets of nodes that are bad together, while the links within each set
 * are good: the pattern of a partition, or of a lossy path that no zone names.
 *
 * @param from senders over its links
 * @param to receivers; disjoint from {@code from}
 * @param bothWays true if the reverse links are bad too, and belong to it
 * @param via nodes in neither set that have good links with both
 */
record Block(Set<String> from, Set<String> to, boolean bothWays, Set<String> via) {
  /** Nodes of a side in its name at most, so that it stays readable. */
  private static final int NAMED = 5;

  boolean contains(Link link) {
    return (from.contains(link.source()) && to.contains(link.destination()))
        || (bothWays && to.contains(link.source()) && from.contains(link.destination()));
  }

  /** The name: {@code a,b | c,d} if both directions are bad, else {@code a,b > c,d}. */
  String name() {
    return side(from) + (bothWays ? " | " : " > ") + side(to);
  }

  Sides sides() {
    return new Sides(sorted(from), sorted(to), bothWays, sorted(via));
  }

  /** True if one side is a single node, which a simpler suspect explains more often. */
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
