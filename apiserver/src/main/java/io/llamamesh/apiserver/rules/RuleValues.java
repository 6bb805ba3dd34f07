package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import io.llamamesh.apiserver.json.Json;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values as rules see them: typed by their schema, with field names that are identifiers. */
final class RuleValues {
  private static final Set<String> RESERVED =
      Set.of(
          "true",
          "false",
          "null",
          "in",
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return");

  private RuleValues() {}

  /** A value, null-free at the top. */
  static Object of(JsonNode value, JsonNode schema, boolean isObject) {
    return switch (value.getNodeType()) {
      case OBJECT -> map(value, schema, isObject);
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        value.forEach(item -> items.add(of(item, schema.path("items"), false)));
        yield items;
      }
      case STRING -> text(value.asText(), Json.text(schema, "format"));
      case BOOLEAN -> value.asBoolean();
      case NUMBER ->
          Json.text(schema, "type").equals("number") || !value.isIntegralNumber()
              ? (Object) value.doubleValue()
              : (Object) value.longValue();
      default -> NullValue.NULL_VALUE;
    };
  }

  /** A field's name where it is not an identifier, as Kubernetes spells it in rules. */
  static String escaped(String field) {
    if (RESERVED.contains(field)) {
      return "__" + field + "__";
    }
    return field
        .replace("__", "__underscores__")
        .replace(".", "__dot__")
        .replace("-", "__dash__")
        .replace("/", "__slash__");
  }

  private static Map<String, Object> map(JsonNode object, JsonNode schema, boolean isObject) {
    Map<String, Object> fields = new LinkedHashMap<>();
    JsonNode values = schema.path("additionalProperties");
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (isObject && name.equals("metadata")) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        for (String known : List.of("name", "generateName")) {
          if (field.getValue().has(known)) {
            metadata.put(known, Json.text(field.getValue(), known));
          }
        }
        fields.put(name, metadata);
      } else if (values.isObject()) {
        fields.put(name, of(field.getValue(), values, false));
      } else {
        fields.put(
            escaped(name), of(field.getValue(), schema.path("properties").path(name), false));
      }
    }
    return fields;
  }

  private static Object text(String text, String format) {
    try {
      return switch (format) {
        case "date-time" -> Instant.parse(text);
        case "date" -> Instant.parse(text + "T00:00:00Z");
        case "byte" -> CelByteString.of(Base64.getDecoder().decode(text));
        case "duration" -> GoDuration.parse(text);
        default -> text;
      };
    } catch (DateTimeException | IllegalArgumentException e) {
      return text;
    }
  }

  /** Durations as Go writes them. */
  private static final class GoDuration {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d*)?)(ns|us|µs|ms|s|m|h)");

    static Duration parse(String text) {
      Matcher part = PART.matcher(text);
      double nanos = 0;
      int end = 0;
      while (part.find() && part.start() == end) {
        double unit =
            switch (part.group(2)) {
              case "ns" -> 1;
              case "us", "µs" -> 1e3;
              case "ms" -> 1e6;
              case "s" -> 1e9;
              case "m" -> 60e9;
              default -> 3600e9;
            };
        nanos += Double.parseDouble(part.group(1)) * unit;
        end = part.end();
      }
      if (end != text.length() || end == 0) {
        throw new IllegalArgumentException("not a duration: " + text);
      }
      return Duration.ofNanos(Math.round(nanos));
    }
  }
}
