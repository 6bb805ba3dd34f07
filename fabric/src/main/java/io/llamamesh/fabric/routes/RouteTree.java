package io.llamamesh.fabric.routes;

import io.llamamesh.fabric.linkstate.LinkStateAdEntry;
import io.llamamesh.fabric.linkstate.LinkStateAdTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The breadth-first tree of links from one origin: for each node the least number of hops, and the
 * node before it on the way. A link leads from the node whose ad names it.
 */
public final class RouteTree {

  private final LinkStateAdTable table;
  private final @Nullable LinkStateAdEntry[] parents;
  private final int[] distances;

  private RouteTree(LinkStateAdTable table) {
    this.table = table;
    this.parents = new LinkStateAdEntry[table.indexBound()];
    this.distances = new int[table.indexBound()];
    Arrays.fill(distances, -1);
  }

  /** The tree from an origin; empty if the origin is unknown. */
  public static RouteTree from(String origin, LinkStateAdTable table) {
    RouteTree tree = new RouteTree(table);
    @Nullable LinkStateAdEntry root = table.get(origin);
    if (root == null) {
      return tree;
    }
    LinkStateAdEntry[] queue = new LinkStateAdEntry[tree.distances.length];
    int head = 0;
    int tail = 0;
    tree.distances[root.index()] = 0;
    queue[tail++] = root;
    while (head < tail) {
      LinkStateAdEntry node = queue[head++];
      int next = tree.distances[node.index()] + 1;
      for (int i = 0; i < node.degree(); i++) {
        LinkStateAdEntry neighbor = node.neighbor(i);
        if (tree.distances[neighbor.index()] < 0) {
          tree.distances[neighbor.index()] = next;
          tree.parents[neighbor.index()] = node;
          queue[tail++] = neighbor;
        }
      }
    }
    return tree;
  }

  /** Hops to a node, empty if there is no way. */
  public OptionalInt distance(String node) {
    @Nullable LinkStateAdEntry entry = table.get(node);
    if (entry == null || entry.index() >= distances.length || distances[entry.index()] < 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(distances[entry.index()]);
  }

  /** The node before it on the way, null for the origin and where there is no way. */
  public @Nullable String parent(String node) {
    @Nullable LinkStateAdEntry entry = table.get(node);
    @Nullable LinkStateAdEntry parent =
        entry == null || entry.index() >= parents.length ? null : parents[entry.index()];
    return parent == null ? null : parent.name();
  }

  /** The way to a node, origin and node included; empty if there is none. */
  public List<String> path(String node) {
    if (distance(node).isEmpty()) {
      return List.of();
    }
    ArrayDeque<String> path = new ArrayDeque<>();
    for (@Nullable String at = node; at != null; at = parent(at)) {
      path.addFirst(at);
    }
    return new ArrayList<>(path);
  }

  /** Hops to every node to which there is a way, by name. */
  public Map<String, Integer> distances() {
    Map<String, Integer> result = new TreeMap<>();
    for (LinkStateAdEntry entry : table.entries()) {
      if (entry.index() < distances.length && distances[entry.index()] >= 0) {
        result.put(entry.name(), distances[entry.index()]);
      }
    }
    return result;
  }
}
