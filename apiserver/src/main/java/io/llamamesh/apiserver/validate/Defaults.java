package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.Map;

/** Fills in the defaults that an OpenAPI v3 schema document declares, from the outside in. */
public final class Defaults {
  private Defaults() {}

  /** Sets every missing field that has a default, wherever its parent is there. */
  public static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> declared : schema.path("properties").properties()) {
        JsonNode preset = declared.getValue().get("default");
        JsonNode now = object.get(declared.getKey());
        boolean isUnset =
            now == null || (now.isNull() && !declared.getValue().path("nullable").asBoolean());
        if (preset != null && isUnset) {
          object.set(declared.getKey(), preset.deepCopy());
        }
      }
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        fill(field.getValue(), Json.field(schema, field.getKey()));
      }
    } else if (value.isArray()) {
      value.forEach(item -> fill(item, schema.path("items")));
    }
  }
}
