package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Checks a value against an OpenAPI v3 schema document, in the API server's words. */
public final class Structure {
  private static final Set<String> ROOT_FIELDS = Set.of("apiVersion", "kind", "metadata");
  private final List<Cause> causes = new ArrayList<>();

  private Structure() {}

  /** Everything that is wrong with an object; what every object has is not looked at. */
  public static List<Cause> check(JsonNode object, JsonNode schema) {
    Structure checker = new Structure();
    checker.fields(object, schema, "");
    checker.logic(object, schema, "");
    return checker.causes;
  }

  /** Everything that is wrong with a value within an object. */
  public static List<Cause> checkValue(JsonNode value, JsonNode schema, String path) {
    Structure checker = new Structure();
    checker.value(value, schema, path);
    return checker.causes;
  }

  private void value(JsonNode value, JsonNode schema, String path) {
    if (value.isNull()) {
      if (!schema.path("nullable").asBoolean() && schema.has("type")) {
        wrongType(value, schema.path("type").asText(), path);
      }
      return;
    }
    if (!type(value, schema, path)) {
      return;
    }
    if (schema.has("enum")
        && StreamSupport.stream(schema.path("enum").spliterator(), false)
            .noneMatch(value::equals)) {
      String supported =
          StreamSupport.stream(schema.path("enum").spliterator(), false)
              .map(JsonNode::toString)
              .collect(Collectors.joining(", "));
      add(
          "FieldValueNotSupported",
          path,
          "Unsupported value: " + value + ": supported values: " + supported);
    }
    if (value.isNumber()) {
      Bounds.number(value, schema, path, this::invalid);
    } else if (value.isTextual()) {
      Bounds.text(value.asText(), schema, path, this::add);
    } else if (value.isArray()) {
      items(value, schema, path);
    } else if (value.isObject()) {
      fields(value, schema, path);
    }
    logic(value, schema, path);
  }

  private boolean type(JsonNode value, JsonNode schema, String path) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      if (value.isTextual() || value.isIntegralNumber()) {
        return true;
      }
      wrongType(value, "integer,string", path);
      return false;
    }
    String type = schema.path("type").asText();
    boolean fits =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isTextual();
          case "boolean" -> value.isBoolean();
          case "number" -> value.isNumber();
          case "integer" ->
              value.isIntegralNumber() || (value.isNumber() && value.asDouble() % 1 == 0);
          default -> true;
        };
    if (!fits) {
      wrongType(value, type, path);
    }
    return fits;
  }

  private void items(JsonNode list, JsonNode schema, String path) {
    Bounds.size(list.size(), schema, "Items", path, this::add);
    String kind = schema.path("x-kubernetes-list-type").asText();
    if (schema.path("uniqueItems").asBoolean() || kind.equals("set")) {
      Set<JsonNode> seen = new HashSet<>();
      for (int i = 0; i < list.size(); i++) {
        if (!seen.add(list.get(i))) {
          add("FieldValueDuplicate", path + "[" + i + "]", "Duplicate value: " + list.get(i));
        }
      }
    }
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode item = list.get(i);
      String at = path + "[" + i + "]";
      if (kind.equals("map")) {
        TreeSet<String> parts = new TreeSet<>();
        schema
            .path("x-kubernetes-list-map-keys")
            .forEach(k -> parts.add("\"" + k.asText() + "\":" + item.path(k.asText())));
        if (!keys.add(parts.toString())) {
          add("FieldValueDuplicate", at, "Duplicate value: {" + String.join(", ", parts) + "}");
        }
      }
      value(item, schema.path("items"), at);
    }
  }

  private void fields(JsonNode object, JsonNode schema, String path) {
    boolean root = path.isEmpty();
    if (!root) {
      Bounds.size(object.size(), schema, "Properties", path, this::add);
    }
    for (JsonNode name : schema.path("required")) {
      if (!object.has(name.asText()) && !(root && ROOT_FIELDS.contains(name.asText()))) {
        add("FieldValueRequired", below(path, name.asText()), "Required value");
      }
    }
    JsonNode others = schema.path("additionalProperties");
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (root && ROOT_FIELDS.contains(name)) {
        continue;
      }
      JsonNode known = schema.path("properties").path(name);
      if (known.isObject()) {
        value(field.getValue(), known, below(path, name));
      } else if (others.isObject()) {
        value(field.getValue(), others, below(path, name));
      }
    }
  }

  private void logic(JsonNode value, JsonNode schema, String path) {
    schema.path("allOf").forEach(part -> value(value, part, path));
    if (schema.has("anyOf") && matching(value, schema.path("anyOf")) == 0) {
      invalid(path, value, "in body must validate at least one schema (anyOf)");
    }
    if (schema.has("oneOf") && matching(value, schema.path("oneOf")) != 1) {
      invalid(path, value, "in body must validate one and only one schema (oneOf)");
    }
    if (schema.has("not") && holds(value, schema.path("not"))) {
      invalid(path, value, "in body must not validate the schema (not)");
    }
  }

  private static long matching(JsonNode value, JsonNode schemas) {
    return StreamSupport.stream(schemas.spliterator(), false).filter(s -> holds(value, s)).count();
  }

  private static boolean holds(JsonNode value, JsonNode schema) {
    Structure tried = new Structure();
    tried.value(value, schema, "x");
    return tried.causes.isEmpty();
  }

  private static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private void wrongType(JsonNode value, String type, String path) {
    String is = value.isIntegralNumber() ? "integer" : Bounds.typeName(value);
    add(
        "FieldValueTypeInvalid",
        path,
        "Invalid value: \""
            + is
            + "\": "
            + path
            + " in body must be of type "
            + type
            + ": \""
            + is
            + "\"");
  }

  private void invalid(String path, JsonNode value, String why) {
    String shown =
        value.isContainerNode() ? "\"" + Bounds.typeName(value) + "\"" : value.toString();
    add(
        "FieldValueInvalid",
        path,
        "Invalid value: " + shown + ": " + (path.isEmpty() ? "<root>" : path) + " " + why);
  }

  private void add(String reason, String path, String message) {
    causes.add(new Cause(reason, path.isEmpty() ? "<root>" : path, message));
  }
}
