package io.llamamesh.fabric.multicast;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tree of links that spans the nodes reachable from its root, as this node knows them. */
public interface Tree {

  /** The node before this one on the way from the root; null for the root and unknown nodes. */
  @Nullable String parent(String node);

  /** The nodes to which this one sends on, in order; none for a leaf and for unknown nodes. */
  List<String> children(String node);

  /**
   * A tree by its edges.
   *
   * @param parents the parent of every node but the root
   */
  static Tree of(Map<String, String> parents) {
    Map<String, String> up = Map.copyOf(parents);
    Map<String, List<String>> down = new TreeMap<>();
    up.forEach((node, parent) -> down.computeIfAbsent(parent, name -> new ArrayList<>()).add(node));
    down.values().forEach(Collections::sort);
    return new Tree() {
      @Override
      public @Nullable String parent(String node) {
        return up.get(node);
      }

      @Override
      public List<String> children(String node) {
        return Collections.unmodifiableList(down.getOrDefault(node, List.of()));
      }
    };
  }
}
