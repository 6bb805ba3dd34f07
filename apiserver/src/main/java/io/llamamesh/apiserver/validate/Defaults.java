package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.schema.Schema;
import java.util.Map;

/** Fills in the defaults that a schema declares, from the outside in. */
public final class Defaults {
  private Defaults() {}

  /** Sets every missing field that has a default, wherever its parent is there. */
  public static void fill(JsonNode value, Schema schema) {
    if (value instanceof ObjectNode object) {
      for (String name : schema.names()) {
        Schema known = schema.field(name);
        JsonNode preset = known == null ? null : known.constraints().get("default");
        if (known == null || preset == null) {
          continue;
        }
        JsonNode now = object.get(name);
        boolean unset =
            now == null || (now.isNull() && !known.constraints().path("nullable").asBoolean());
        if (unset) {
          object.set(name, preset.deepCopy());
        }
      }
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        Schema known = schema.field(field.getKey());
        if (known != null && field.getValue().isContainerNode()) {
          fill(field.getValue(), known);
        }
      }
    } else if (value.isArray()) {
      value.forEach(item -> fill(item, schema.items()));
    }
  }
}
