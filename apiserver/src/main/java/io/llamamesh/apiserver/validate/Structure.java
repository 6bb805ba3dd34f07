package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Checks a value against an OpenAPI v3 schema document, in the API server's words. Of the keywords
 * those that the LlamaMesh definition uses: types, enumerations, bounds of numbers and sizes,
 * patterns, required fields, sets and maps. Formats, {@code anyOf} and its kin are not looked at.
 */
public final class Structure {
  private static final Set<String> ROOT_FIELDS = Set.of("apiVersion", "kind", "metadata");
  private static final String INVALID = "FieldValueInvalid";
  private static final Map<String, Pattern> PATTERNS = new ConcurrentHashMap<>();

  private final List<Cause> causes = new ArrayList<>();

  private Structure() {}

  /** Everything that is wrong with an object; what every object has is not looked at. */
  public static List<Cause> check(JsonNode object, JsonNode schema) {
    Structure checker = new Structure();
    checker.fields(object, schema, "");
    return checker.causes;
  }

  private void value(JsonNode value, JsonNode schema, String path) {
    if (value.isNull()) {
      if (!schema.path("nullable").asBoolean() && schema.has("type")) {
        wrongType(value, schema.path("type").asText(), path);
      }
      return;
    }
    String type =
        schema.path("x-kubernetes-int-or-string").asBoolean()
            ? "integer,string"
            : schema.path("type").asText();
    if (!isOfType(value, type)) {
      wrongType(value, type, path);
      return;
    }
    List<JsonNode> allowed =
        StreamSupport.stream(schema.path("enum").spliterator(), false).toList();
    if (!allowed.isEmpty() && !allowed.contains(value)) {
      add(
          "FieldValueNotSupported",
          path,
          "Unsupported value: "
              + value
              + ": supported values: "
              + allowed.stream().map(JsonNode::toString).collect(Collectors.joining(", ")));
    }
    if (value.isNumber()) {
      number(value, schema, path);
    } else if (value.isTextual()) {
      text(value.asText(), schema, path);
    } else if (value.isArray()) {
      items(value, schema, path);
    } else if (value.isObject()) {
      fields(value, schema, path);
    }
  }

  private static boolean isOfType(JsonNode value, String type) {
    return switch (type) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "boolean" -> value.isBoolean();
      case "number" -> value.isNumber();
      case "integer" -> value.isIntegralNumber() || (value.isNumber() && value.asDouble() % 1 == 0);
      case "integer,string" -> value.isTextual() || value.isIntegralNumber();
      default -> true;
    };
  }

  private void number(JsonNode value, JsonNode schema, String path) {
    BigDecimal number = value.decimalValue();
    JsonNode minimum = schema.path("minimum");
    JsonNode maximum = schema.path("maximum");
    if (minimum.isNumber() && number.compareTo(minimum.decimalValue()) < 0) {
      invalid(path, value.toString(), "in body should be greater than or equal to " + minimum);
    }
    if (maximum.isNumber() && number.compareTo(maximum.decimalValue()) > 0) {
      invalid(path, value.toString(), "in body should be less than or equal to " + maximum);
    }
  }

  private void text(String text, JsonNode schema, String path) {
    int length = text.codePointCount(0, text.length());
    JsonNode longest = schema.path("maxLength");
    if (longest.isNumber() && length > longest.asInt()) {
      add("FieldValueTooLong", path, "Too long: may not be more than " + longest + " bytes");
    }
    String shown = "\"" + text + "\"";
    if (length < schema.path("minLength").asInt(0)) {
      invalid(
          path, shown, "in body should be at least " + schema.path("minLength") + " chars long");
    }
    String pattern = schema.path("pattern").asText();
    if (!pattern.isEmpty()
        && !PATTERNS.computeIfAbsent(pattern, Pattern::compile).matcher(text).find()) {
      invalid(path, shown, "in body should match '" + pattern + "'");
    }
  }

  private void size(int size, JsonNode schema, String what, String path) {
    String noun = what.toLowerCase(Locale.ROOT);
    JsonNode most = schema.path("max" + what);
    JsonNode least = schema.path("min" + what);
    if (most.isNumber() && size > most.asInt()) {
      add(
          "FieldValueTooMany",
          path,
          "Too many: " + size + ": must have at most " + most + " " + noun);
    }
    if (size < least.asInt(0)) {
      invalid(path, Integer.toString(size), "in body should have at least " + least + " " + noun);
    }
  }

  private void items(JsonNode list, JsonNode schema, String path) {
    size(list.size(), schema, "Items", path);
    String kind = schema.path("x-kubernetes-list-type").asText();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode item = list.get(i);
      String at = path + "[" + i + "]";
      String identity = identity(item, kind, schema.path("x-kubernetes-list-map-keys"));
      if (!identity.isEmpty() && !seen.add(identity)) {
        add("FieldValueDuplicate", at, "Duplicate value: " + identity);
      }
      value(item, schema.path("items"), at);
    }
  }

  /** What no other item of a set or map may have; empty for other lists. */
  private static String identity(JsonNode item, String kind, JsonNode keys) {
    return switch (kind) {
      case "set" -> item.toString();
      case "map" -> {
        TreeSet<String> parts = new TreeSet<>();
        keys.forEach(key -> parts.add("\"" + key.asText() + "\":" + item.path(key.asText())));
        yield "{" + String.join(", ", parts) + "}";
      }
      default -> "";
    };
  }

  private void fields(JsonNode object, JsonNode schema, String path) {
    boolean isRoot = path.isEmpty();
    if (!isRoot) {
      size(object.size(), schema, "Properties", path);
    }
    for (JsonNode name : schema.path("required")) {
      if (!object.has(name.asText()) && !(isRoot && ROOT_FIELDS.contains(name.asText()))) {
        add("FieldValueRequired", below(path, name.asText()), "Required value");
      }
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      JsonNode declared = Json.field(schema, field.getKey());
      if (declared.isObject() && !(isRoot && ROOT_FIELDS.contains(field.getKey()))) {
        value(field.getValue(), declared, below(path, field.getKey()));
      }
    }
  }

  private static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private void wrongType(JsonNode value, String type, String path) {
    String is =
        value.isIntegralNumber() ? "integer" : value.getNodeType().name().toLowerCase(Locale.ROOT);
    invalid(path, "\"" + is + "\"", "in body must be of type " + type + ": \"" + is + "\"");
  }

  private void invalid(String path, String shown, String why) {
    add(INVALID, path, "Invalid value: " + shown + ": " + path + " " + why);
  }

  private void add(String reason, String path, String message) {
    causes.add(new Cause(reason, path, message));
  }
}
