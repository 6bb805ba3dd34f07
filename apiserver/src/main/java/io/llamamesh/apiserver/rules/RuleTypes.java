package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import io.llamamesh.apiserver.json.Json;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The types that rules are checked against, from a schema document: a rule that names a field the
 * schema does not declare fails to compile, as on the real server.
 */
final class RuleTypes {
  private final Map<String, CelType> structs = new HashMap<>();

  private record Provider(ImmutableMap<String, CelType> structs) implements CelTypeProvider {
    @Override
    public ImmutableCollection<CelType> types() {
      return structs.values();
    }

    @Override
    public Optional<CelType> findType(String name) {
      return Optional.ofNullable(structs.get(name));
    }
  }

  /** What the compiler looks types up in: those made so far. */
  CelTypeProvider provider() {
    return new Provider(ImmutableMap.copyOf(structs));
  }

  /**
   * The type of a value.
   *
   * @param name where it is, which names the types of objects: with slashes, since a rule must
   *     never be able to spell it
   * @param isObject whether it is a whole object, of whose metadata rules see the name only
   */
  CelType of(JsonNode schema, String name, boolean isObject) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return SimpleType.DYN;
    }
    return switch (Json.text(schema, "type")) {
      case "object" -> object(schema, name, isObject);
      case "array" -> ListType.create(of(schema.path("items"), name + "/items", false));
      case "integer" -> SimpleType.INT;
      case "number" -> SimpleType.DOUBLE;
      case "boolean" -> SimpleType.BOOL;
      case "string" ->
          switch (Json.text(schema, "format")) {
            case "date", "date-time" -> SimpleType.TIMESTAMP;
            case "duration" -> SimpleType.DURATION;
            case "byte" -> SimpleType.BYTES;
            default -> SimpleType.STRING;
          };
      default -> SimpleType.DYN;
    };
  }

  private CelType object(JsonNode schema, String name, boolean isObject) {
    if (schema.path("additionalProperties").isObject()) {
      return MapType.create(
          SimpleType.STRING, of(schema.path("additionalProperties"), name + "/values", false));
    }
    Map<String, CelType> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      String field = property.getKey();
      fields.put(RuleValues.escaped(field), of(property.getValue(), name + "/" + field, false));
    }
    if (isObject) {
      fields.put("apiVersion", SimpleType.STRING);
      fields.put("kind", SimpleType.STRING);
      fields.put(
          "metadata",
          struct(
              name + "/metadata",
              Map.of("name", SimpleType.STRING, "generateName", SimpleType.STRING)));
    }
    boolean unknown =
        fields.isEmpty() || schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    return unknown ? SimpleType.DYN : struct(name, fields);
  }

  private CelType struct(String name, Map<String, CelType> fields) {
    ImmutableMap<String, CelType> known = ImmutableMap.copyOf(fields);
    CelType struct =
        StructType.create(name, known.keySet(), field -> Optional.ofNullable(known.get(field)));
    structs.put(name, struct);
    return struct;
  }
}
