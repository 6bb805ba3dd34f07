package io.llamamesh.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Schemas of custom resources, from {@code spec.versions[].schema.openAPIV3Schema} of their
 * definition.
 */
public final class CrdSchemas {
  private CrdSchemas() {}

  /** The schema of a whole object; its {@code metadata} is that of every Kubernetes object. */
  public static Schema root(JsonNode openApi) {
    return of(openApi, true);
  }

  /** The schema of a value within an object. */
  public static Schema value(JsonNode openApi) {
    return of(openApi, false);
  }

  private static Schema of(JsonNode document, boolean isObject) {
    boolean embedded = document.path("x-kubernetes-embedded-resource").asBoolean();
    Schema.Builder schema =
        Schema.builder(type(document))
            .constraints(document)
            .openFields(document.path("x-kubernetes-preserve-unknown-fields").asBoolean())
            .atomicMap("atomic".equals(document.path("x-kubernetes-map-type").asText()));
    Map<String, Supplier<Schema>> fields = new LinkedHashMap<>();
    document
        .path("properties")
        .properties()
        .forEach(p -> fields.put(p.getKey(), ready(of(p.getValue(), false))));
    if (isObject || embedded) {
      fields.put("apiVersion", ready(Schema.builder(Schema.Type.STRING).build()));
      fields.put("kind", ready(Schema.builder(Schema.Type.STRING).build()));
      fields.put("metadata", ModelSchemas::objectMeta);
    }
    schema.properties(fields);
    if (document.path("additionalProperties").isObject()) {
      schema.values(ready(of(document.path("additionalProperties"), false)));
    } else if (document.path("additionalProperties").asBoolean(false)) {
      schema.openFields(true);
    }
    if (document.path("items").isObject()) {
      schema.items(ready(of(document.path("items"), false)));
    }
    switch (document.path("x-kubernetes-list-type").asText()) {
      case "map" ->
          schema.list(Schema.ListKind.MAP, texts(document.path("x-kubernetes-list-map-keys")));
      case "set" -> schema.list(Schema.ListKind.SET, List.of());
      default -> {}
    }
    return schema.build();
  }

  private static Schema.Type type(JsonNode document) {
    if (document.path("x-kubernetes-int-or-string").asBoolean()) {
      return Schema.Type.INT_OR_STRING;
    }
    return switch (document.path("type").asText()) {
      case "object" -> Schema.Type.OBJECT;
      case "array" -> Schema.Type.LIST;
      case "string" -> Schema.Type.STRING;
      case "integer" -> Schema.Type.INTEGER;
      case "number" -> Schema.Type.NUMBER;
      case "boolean" -> Schema.Type.BOOLEAN;
      default -> Schema.Type.ANY;
    };
  }

  private static Supplier<Schema> ready(Schema schema) {
    return () -> schema;
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(t -> texts.add(t.asText()));
    return texts;
  }
}
