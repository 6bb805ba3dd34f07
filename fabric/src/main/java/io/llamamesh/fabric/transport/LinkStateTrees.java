package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.multicast.Tree;
import io.llamamesh.fabric.multicast.Trees;
import io.llamamesh.fabric.routes.RouteTree;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trees of a fabric's links for multicast. The last ones are kept until a link changes anywhere.
 * Used by the fabric's thread.
 */
final class LinkStateTrees implements Trees {

  private static final int KEPT = 32;

  private final Fabric fabric;
  private final Map<String, Tree> trees =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Tree> eldest) {
          return size() > KEPT;
        }
      };
  private long version = -1;

  LinkStateTrees(Fabric fabric) {
    this.fabric = fabric;
  }

  @Override
  public @Nullable Tree from(String root) {
    if (version != fabric.routesVersion()) {
      version = fabric.routesVersion();
      trees.clear();
    }
    Tree known = trees.get(root);
    if (known == null) {
      known = compute(root);
      if (known != null) {
        trees.put(root, known);
      }
    }
    return known;
  }

  private @Nullable Tree compute(String root) {
    RouteTree routes = fabric.routes(root);
    if (routes.distance(root).isEmpty()) {
      return null;
    }
    Map<String, String> parents = new HashMap<>();
    for (String node : routes.distances().keySet()) {
      String parent = routes.parent(node);
      if (parent != null) {
        parents.put(node, parent);
      }
    }
    return Tree.of(parents);
  }
}
