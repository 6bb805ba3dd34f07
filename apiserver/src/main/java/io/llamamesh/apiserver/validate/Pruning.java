package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Takes out of a document what its schema does not know. */
public final class Pruning {
  private Pruning() {}

  /**
   * Removes unknown fields, and the nulls that mean "not set".
   *
   * @param custom a custom resource keeps its nulls, which its schema judges
   * @return the paths of the fields removed because they are unknown
   * @throws ApiProblem 400 when a value of a built-in kind is not of its field's type
   */
  public static List<String> prune(ObjectNode object, Schema schema, boolean custom) {
    List<String> unknown = new ArrayList<>();
    pruneObject(object, schema, custom, "", unknown);
    return unknown;
  }

  private static void prune(
      JsonNode value, Schema schema, boolean custom, String path, List<String> unknown) {
    boolean judgedLater = custom && !schema.constraints().isMissingNode();
    if (!judgedLater && !fits(value, schema.type())) {
      throw ApiProblem.badRequest(
          "cannot unmarshal "
              + value.getNodeType().name().toLowerCase(Locale.ROOT)
              + " into field "
              + path
              + " of type "
              + schema.type().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    if (value instanceof ObjectNode object) {
      pruneObject(object, schema, custom, path, unknown);
    } else if (value instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        prune(list.get(i), schema.items(), custom, path + "[" + i + "]", unknown);
      }
    }
  }

  private static void pruneObject(
      ObjectNode object, Schema schema, boolean custom, String path, List<String> unknown) {
    boolean nullIsUnset = !custom || (schema.constraints().isMissingNode() && schema != Schema.ANY);
    List<String> gone = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String name = field.getKey();
      Schema known = schema.field(name);
      String at = path.isEmpty() ? name : path + "." + name;
      if (known == null) {
        unknown.add(at);
        gone.add(name);
      } else if (field.getValue().isNull()) {
        if (nullIsUnset || path.isEmpty()) {
          gone.add(name);
        }
      } else {
        prune(field.getValue(), known, custom, at, unknown);
      }
    }
    object.remove(gone);
  }

  private static boolean fits(JsonNode value, Schema.Type type) {
    return switch (type) {
      case OBJECT -> value.isObject();
      case LIST -> value.isArray();
      case STRING -> value.isTextual();
      case INTEGER -> value.isIntegralNumber() || (value.isNumber() && value.asDouble() % 1 == 0);
      case NUMBER -> value.isNumber();
      case BOOLEAN -> value.isBoolean();
      case INT_OR_STRING -> value.isTextual() || value.isNumber();
      case ANY -> true;
    };
  }
}
