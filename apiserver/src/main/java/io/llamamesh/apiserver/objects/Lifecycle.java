package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.types.ResourceType;
import java.util.List;

/** Rules of which fields a write may change of an object, and which only the server changes. */
final class Lifecycle {
  private static final List<String> SERVER_SET =
      List.of(
          "name",
          "namespace",
          "uid",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "generation",
          "resourceVersion",
          "generateName");

  private Lifecycle() {}

  /** The next version, given what the writer wants; {@code wanted} is taken over. */
  static ObjectNode next(ObjectNode live, ObjectNode wanted, ResourceType type, boolean status) {
    ObjectNode next = wanted;
    if (status) {
      next = live.deepCopy();
      Json.setOrRemove(next, "status", wanted.get("status"));
      Json.setOrRemove(
          Json.metadata(next), "managedFields", wanted.path("metadata").get("managedFields"));
    } else if (type.hasStatus()) {
      JsonNode kept = live.get("status");
      Json.setOrRemove(next, "status", kept == null ? null : kept.deepCopy());
    }
    ObjectNode metadata = Json.metadata(next);
    JsonNode before = live.path("metadata");
    for (String field : SERVER_SET) {
      Json.setOrRemove(metadata, field, before.get(field));
    }
    if (!metadata.has("managedFields")) {
      Json.setOrRemove(metadata, "managedFields", before.get("managedFields"));
    }
    return next;
  }

  /** Raises the generation when anything but metadata and status changed. */
  static void countGeneration(ObjectNode live, ObjectNode next, ResourceType type) {
    if (!type.countsGeneration()) {
      return;
    }
    if (!content(live).equals(content(next))) {
      Json.metadata(next).put("generation", live.path("metadata").path("generation").asInt() + 1);
    }
  }

  /** True when nothing holds a deleted object back any more. */
  static boolean isOver(ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    return metadata.has("deletionTimestamp")
        && metadata.path("finalizers").isEmpty()
        && object.path("spec").path("finalizers").isEmpty();
  }

  private static ObjectNode content(ObjectNode object) {
    ObjectNode content = Json.object();
    content.setAll(object);
    content.remove(List.of("metadata", "status"));
    return content;
  }
}
