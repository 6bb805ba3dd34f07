package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.types.ResourceType;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;

/** What the server sets by itself on some built-in kinds. */
final class BuiltInBehaviour {
  /** Kinds whose status may be given at creation; others start without. */
  private static final Set<String> KEEP_STATUS = Set.of("nodes", "persistentvolumes");

  private BuiltInBehaviour() {}

  /** Completes a new object. */
  static void onCreate(ObjectNode object, ResourceType type, String now) {
    if (type.hasStatus() && !KEEP_STATUS.contains(type.bucket())) {
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
      case "customresourcedefinitions.apiextensions.k8s.io" -> establish(object, now);
      default -> {}
    }
  }

  /** Completes any version of an object before it is judged. */
  static void onWrite(ObjectNode object, ResourceType type, String now) {
    switch (type.bucket()) {
      case "secrets" -> {
        if (object.remove("stringData") instanceof ObjectNode plain) {
          ObjectNode data = Json.objectAt(object, "data");
          for (var entry : plain.properties()) {
            byte[] bytes = entry.getValue().asText().getBytes(StandardCharsets.UTF_8);
            data.put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
          }
        }
        if (!object.has("type")) {
          object.put("type", "Opaque");
        }
      }
      case "customresourcedefinitions.apiextensions.k8s.io" -> {
        ObjectNode names = Json.objectAt(Json.objectAt(object, "spec"), "names");
        String kind = Json.text(names, "kind");
        if (!names.has("singular")) {
          names.put("singular", kind.toLowerCase(java.util.Locale.ROOT));
        }
        if (!names.has("listKind")) {
          names.put("listKind", kind + "List");
        }
        if (object.has("status")) {
          establish(object, now);
        }
      }
      default -> {}
    }
  }

  private static void establish(ObjectNode definition, String now) {
    JsonNode spec = definition.path("spec");
    JsonNode since =
        definition.path("status").path("conditions").path(0).path("lastTransitionTime");
    ObjectNode status = definition.putObject("status");
    ArrayNode conditions = status.putArray("conditions");
    for (String type : new String[] {"NamesAccepted", "Established"}) {
      conditions
          .addObject()
          .put("type", type)
          .put("status", "True")
          .put("lastTransitionTime", since.asText(now))
          .put("reason", type.equals("Established") ? "InitialNamesAccepted" : "NoConflicts")
          .put(
              "message",
              type.equals("Established")
                  ? "the initial names have been accepted"
                  : "no conflicts found");
    }
    status.set("acceptedNames", spec.path("names").deepCopy());
    ArrayNode stored = status.putArray("storedVersions");
    for (JsonNode version : spec.path("versions")) {
      if (version.path("storage").asBoolean()) {
        stored.add(Json.text(version, "name"));
      }
    }
  }
}
