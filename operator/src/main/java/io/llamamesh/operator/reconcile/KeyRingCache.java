package io.llamamesh.operator.reconcile;

import io.llamamesh.operator.resources.AuthSecret.Rings;
import io.llamamesh.operator.resources.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cache of the key rings that the meshes' Secrets last held, by namespace and name: a mesh that is
 * deleted and applied anew meets agents that still know it. Any thread may call.
 */
final class KeyRingCache {
  /** Beyond it nobody knows what was in it. */
  private static final Duration REMEMBERED = Duration.ofHours(1);

  private record Key(String namespace, String mesh) {}

  private record Seen(Rings rings, Instant at) {
    boolean isForgotten(Instant now) {
      return !now.isBefore(at.plus(REMEMBERED));
    }
  }

  private final Map<Key, Seen> seen = new HashMap<>();

  synchronized @Nullable Rings get(Owner owner, Instant now) {
    seen.values().removeIf(s -> s.isForgotten(now));
    Seen found = seen.get(new Key(owner.namespace(), owner.name()));
    return found == null ? null : found.rings();
  }

  synchronized void put(Owner owner, Rings rings, Instant now) {
    seen.put(new Key(owner.namespace(), owner.name()), new Seen(rings, now));
  }
}
