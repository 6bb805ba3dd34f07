package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.types.ResourceType;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Fields that the server sets by itself on some built-in kinds. */
final class BuiltInBehaviour {
  private BuiltInBehaviour() {}

  /** Completes a new object; only nodes may come with a status. */
  static void onCreate(ObjectNode object, ResourceType type) {
    if (type.hasStatus() && !type.bucket().equals("nodes")) {
      object.remove("status");
    }
    switch (type.bucket()) {
      case "namespaces" -> {
        Json.objectAt(object, "spec").putArray("finalizers").add("kubernetes");
        object.putObject("status").put("phase", "Active");
        Json.objectAt(Json.metadata(object), "labels")
            .put("kubernetes.io/metadata.name", Json.text(object, "metadata", "name"));
      }
      case "pods" -> object.putObject("status").put("phase", "Pending");
      default -> {}
    }
  }

  /** Completes any version of an object before it is judged. */
  static void onWrite(ObjectNode object, ResourceType type) {
    if (type.bucket().equals("secrets")
        && object.remove("stringData") instanceof ObjectNode plain) {
      ObjectNode data = Json.objectAt(object, "data");
      for (var entry : plain.properties()) {
        byte[] bytes = entry.getValue().asText().getBytes(StandardCharsets.UTF_8);
        data.put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
      }
    }
  }
}
