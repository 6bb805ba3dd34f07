package io.llamamesh.apiserver.gc;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.store.ObjectChange;
import io.llamamesh.apiserver.store.ObjectKey;
import io.llamamesh.apiserver.store.Stored;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The objects by uid, and which depend on which. Not for several threads at once: its owner guards
 * it.
 */
final class OwnerIndex {
  private final Map<String, ObjectKey> objects = new HashMap<>();
  private final Map<String, Set<ObjectKey>> dependents = new HashMap<>();

  void follow(ObjectChange change) {
    Stored before = change.previous();
    if (before != null) {
      owners(before).forEach(uid -> forget(uid, before.key()));
      objects.remove(before.uid());
    }
    if (!(change instanceof ObjectChange.Deleted)) {
      Stored now = change.object();
      objects.put(now.uid(), now.key());
      owners(now)
          .forEach(
              uid -> dependents.computeIfAbsent(uid, u -> new LinkedHashSet<>()).add(now.key()));
    }
  }

  boolean hasObject(String uid) {
    return objects.containsKey(uid);
  }

  Set<ObjectKey> dependentsOf(String uid) {
    return new LinkedHashSet<>(dependents.getOrDefault(uid, Set.of()));
  }

  boolean hasMissingOwner(@Nullable Stored object) {
    return object != null && owners(object).stream().anyMatch(uid -> !hasObject(uid));
  }

  private void forget(String owner, ObjectKey dependent) {
    Set<ObjectKey> of = dependents.get(owner);
    if (of != null) {
      of.remove(dependent);
      if (of.isEmpty()) {
        dependents.remove(owner);
      }
    }
  }

  private static Set<String> owners(Stored object) {
    JsonNode references = object.tree().path("metadata").path("ownerReferences");
    Set<String> uids = new LinkedHashSet<>();
    references.forEach(r -> uids.add(Json.text(r, "uid")));
    return uids;
  }
}
