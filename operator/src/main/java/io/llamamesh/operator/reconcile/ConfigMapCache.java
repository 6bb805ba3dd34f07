package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigWriter;
import io.llamamesh.operator.resources.ConfigMapDigest;
import io.llamamesh.operator.resources.NodeConfigMap;
import io.llamamesh.operator.resources.Owner;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Cache of the nodes' ConfigMaps as they shall be, by digest: with thousands of nodes, writing all
 * their documents at each reconciliation would take the time, and nearly all stay as they are.
 *
 * <p>One per mesh. Any thread may call, for a node one at a time.
 */
final class ConfigMapCache {
  private final Map<String, Entry> known = new ConcurrentHashMap<>();

  private record Entry(Owner owner, Draft draft, ConfigMap pruned) {}

  /**
   * Draft of a node's ConfigMap.
   *
   * @param node the node's name
   * @param config what its collector does
   * @param joined when its agent was first Ready; absent: not yet
   */
  record Draft(String node, CollectorConfig config, @Nullable Instant joined) {}

  /** A node's ConfigMap as it shall be, pruned. */
  ConfigMap pruned(Owner owner, Draft draft, CollectorConfigWriter documents) {
    Entry last = known.get(draft.node());
    if (last != null && last.owner().equals(owner) && last.draft().equals(draft)) {
      return last.pruned();
    }
    return remember(owner, draft, whole(owner, draft, documents));
  }

  /** A node's ConfigMap as it shall be, to be written. */
  ConfigMap written(Owner owner, Draft draft, CollectorConfigWriter documents) {
    ConfigMap whole = whole(owner, draft, documents);
    remember(owner, draft, whole);
    return whole;
  }

  private ConfigMap remember(Owner owner, Draft draft, ConfigMap whole) {
    ConfigMap pruned = ConfigMapDigest.prune(whole);
    known.put(draft.node(), new Entry(owner, draft, pruned));
    return pruned;
  }

  private static ConfigMap whole(Owner owner, Draft draft, CollectorConfigWriter documents) {
    return NodeConfigMap.of(owner, draft.node(), draft.config(), draft.joined(), documents);
  }

  /** Forgets all other nodes. */
  void retain(Set<String> nodes) {
    known.keySet().retainAll(nodes);
  }
}
