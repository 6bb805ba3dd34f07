package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes out of a custom resource what its OpenAPI v3 schema document does not know. */
public final class Pruning {
  private static final Set<String> ROOT_FIELDS = Set.of("apiVersion", "kind", "metadata");

  private Pruning() {}

  /**
   * Removes unknown fields.
   *
   * @return the paths of the fields removed
   */
  public static List<String> prune(ObjectNode object, JsonNode schema) {
    List<String> unknown = new ArrayList<>();
    prune(object, schema, "", unknown);
    return unknown;
  }

  private static void prune(JsonNode value, JsonNode schema, String path, List<String> unknown) {
    if (value instanceof ObjectNode object) {
      boolean isOpen =
          schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()
              || schema.path("additionalProperties").asBoolean();
      List<String> gone = new ArrayList<>();
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        String name = field.getKey();
        JsonNode known = Json.field(schema, name);
        String at = path.isEmpty() ? name : path + "." + name;
        if (path.isEmpty() && ROOT_FIELDS.contains(name)) {
          continue;
        }
        if (known.isObject()) {
          prune(field.getValue(), known, at, unknown);
        } else if (!isOpen) {
          unknown.add(at);
          gone.add(name);
        }
      }
      object.remove(gone);
    } else if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        prune(value.get(i), schema.path("items"), path + "[" + i + "]", unknown);
      }
    }
  }
}
