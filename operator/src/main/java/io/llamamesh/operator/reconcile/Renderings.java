package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.operator.resources.Digests;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.Owner;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the nodes' ConfigMaps shall be, remembered by digest: with thousands of nodes, writing all
 * their documents out at each look is what would take the time, and nearly all stay as they are.
 *
 * <p>One per mesh, for one thread at a time.
 */
final class Renderings {
  private final Map<String, Rendering> known = new HashMap<>();

  private record Rendering(
      Owner owner, CollectorConfig config, @Nullable Instant joined, ConfigMap pruned) {}

  /** A node's ConfigMap as it shall be, pruned. */
  ConfigMap pruned(Owner owner, String node, CollectorConfig config, @Nullable Instant joined) {
    Rendering last = known.get(node);
    if (last != null
        && last.owner().equals(owner)
        && Objects.equals(last.joined(), joined)
        && last.config().equals(config)) {
      return last.pruned();
    }
    ConfigMap pruned = Digests.pruned(NodeConfigMap.of(owner, node, config, joined));
    known.put(node, new Rendering(owner, config, joined, pruned));
    return pruned;
  }

  /** Forgets all other nodes. */
  void retain(Set<String> nodes) {
    known.keySet().retainAll(nodes);
  }
}
