package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.types.ResourceType;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
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
      case "services" -> giveAddress(object);
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
      case "services" ->
          object
              .path("spec")
              .path("ports")
              .forEach(port -> {
                if (port instanceof ObjectNode open && !port.has("targetPort")) {
                  open.set("targetPort", port.path("port"));
                }
              });
      case "pods" -> pullPolicies(object.path("spec"));
      case "daemonsets.apps", "deployments.apps", "statefulsets.apps", "replicasets.apps" ->
          pullPolicies(object.path("spec").path("template").path("spec"));
      case "customresourcedefinitions.apiextensions.k8s.io" -> {
        ObjectNode names = Json.objectAt(Json.objectAt(object, "spec"), "names");
        String kind = Json.text(names, "kind");
        if (!names.has("singular")) {
          names.put("singular", kind.toLowerCase(Locale.ROOT));
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

  private static void pullPolicies(JsonNode podSpec) {
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : podSpec.path(list)) {
        String image = Json.text(container, "image");
        if (container instanceof ObjectNode open && !container.has("imagePullPolicy")) {
          boolean newest =
              image.endsWith(":latest") || image.indexOf(':', image.lastIndexOf('/') + 1) < 0;
          open.put("imagePullPolicy", newest ? "Always" : "IfNotPresent");
        }
      }
    }
  }

  /** An address of the usual service network; two services may well get the same. */
  private static void giveAddress(ObjectNode service) {
    ObjectNode spec = Json.objectAt(service, "spec");
    if (!spec.has("clusterIP") && !Json.text(spec, "type").equals("ExternalName")) {
      int hash = Json.text(service, "metadata", "uid").hashCode();
      spec.put("clusterIP", "10.96." + ((hash >>> 8) & 0xff) + "." + (1 + (hash & 0x7f)));
    }
    if (spec.has("clusterIP")) {
      spec.putArray("clusterIPs").add(Json.text(spec, "clusterIP"));
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
