package io.llamamesh.apiserver.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.values.NullValue;
import io.llamamesh.apiserver.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values as rules see them: numbers typed by their schema, texts whatever their format. */
final class RuleValues {
  private RuleValues() {}

  /**
   * A value.
   *
   * @param isObject whether it is a whole object, of whose metadata rules see the name only
   */
  static Object of(JsonNode value, JsonNode schema, boolean isObject) {
    return switch (value.getNodeType()) {
      case OBJECT -> map(value, schema, isObject);
      case ARRAY -> {
        List<Object> items = new ArrayList<>();
        value.forEach(item -> items.add(of(item, schema.path("items"), false)));
        yield items;
      }
      case STRING -> value.asText();
      case BOOLEAN -> value.asBoolean();
      case NUMBER ->
          Json.text(schema, "type").equals("number") || !value.isIntegralNumber()
              ? (Object) value.doubleValue()
              : (Object) value.longValue();
      default -> NullValue.NULL_VALUE;
    };
  }

  private static Map<String, Object> map(JsonNode object, JsonNode schema, boolean isObject) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      if (isObject && name.equals("metadata")) {
        fields.put(name, Map.of("name", Json.text(field.getValue(), "name")));
      } else {
        fields.put(name, of(field.getValue(), Json.field(schema, name), false));
      }
    }
    return fields;
  }
}
