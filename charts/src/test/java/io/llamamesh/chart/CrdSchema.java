package io.llamamesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** A CRD's schema as JSON Schema that refuses unknown fields. */
final class CrdSchema {
  /** Whole numbers that the CRD writes with a decimal point. */
  private static final Set<String> BOUNDS = Set.of("minimum", "maximum");

  private CrdSchema() {}

  static ObjectNode strict(JsonNode schema) {
    ObjectNode strict = JsonNodeFactory.instance.objectNode();
    for (var field : schema.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (name.equals("properties")) {
        ObjectNode properties = strict.putObject(name);
        value.properties().forEach(p -> properties.set(p.getKey(), strict(p.getValue())));
        strict.put("additionalProperties", false);
      } else if (value.isObject()
          && (name.equals("items") || name.equals("additionalProperties"))) {
        strict.set(name, strict(value));
      } else if (BOUNDS.contains(name)) {
        strict.put(name, value.asLong());
      } else if (!name.startsWith("x-kubernetes") && !name.equals("default")) {
        strict.set(name, value);
      }
    }
    if (schema.path("x-kubernetes-int-or-string").asBoolean() && !schema.has("anyOf")) {
      ArrayNode types = strict.putArray("type");
      types.add("integer").add("string");
    }
    return strict;
  }
}
