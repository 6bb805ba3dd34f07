package io.llamamesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The resource's reference for people, from the CRD's schema. */
final class CrdReference {
  private static final String HEAD =
      """
      # LlamaMesh, field by field

      Made from the CRD by the build; not edited by hand. `kubectl explain lm.spec` says the same. Bounds and rules are checked by the
      API server, so that a mistake is refused with these words instead of being measured by.

      """;

  private static final long MAX = Integer.MAX_VALUE;

  private CrdReference() {}

  static String page(JsonNode crd) {
    JsonNode root = crd.at("/spec/versions/0/schema/openAPIV3Schema");
    StringBuilder page = new StringBuilder(HEAD);
    for (String part : List.of("spec", "status")) {
      page.append("## ")
          .append(part)
          .append("\n\n| field | type | default | meaning |\n|---|---|---|---|\n");
      rows(part, root.at("/properties/" + part), page);
      page.append('\n');
    }
    page.append("## Rules\n\n| where | refused unless |\n|---|---|\n");
    rules("", root, page);
    return page.toString();
  }

  private static void rows(String path, JsonNode schema, StringBuilder page) {
    for (var property : schema.path("properties").properties()) {
      String at = path + "." + property.getKey();
      JsonNode value = property.getValue();
      boolean list = value.path("type").asText().equals("array");
      JsonNode inner = list ? value.path("items") : value;
      page.append("| `")
          .append(at)
          .append(list ? "[]" : "")
          .append("` | ")
          .append(type(inner))
          .append(" | ")
          .append(standard(value))
          .append(" | ")
          .append(cell(value.path("description").asText() + bounds(value, inner)))
          .append(" |\n");
      // Kubernetes' own, and longer than the rest.
      if (!property.getKey().equals("affinity")) {
        rows(at + (list ? "[]" : ""), inner, page);
      }
    }
  }

  private static String type(JsonNode schema) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return "integer or string";
    }
    if (schema.path("additionalProperties").isObject()) {
      return "map";
    }
    return schema.path("type").asText();
  }

  private static String standard(JsonNode schema) {
    JsonNode value = schema.path("default");
    return value.isMissingNode() || value.isObject() ? "" : "`" + value.asText() + "`";
  }

  private static String bounds(JsonNode schema, JsonNode inner) {
    List<String> bounds = new ArrayList<>();
    if (inner.has("enum")) {
      bounds.add(
          inner.path("enum").valueStream().map(JsonNode::asText).collect(Collectors.joining(", ")));
    }
    // Bounds that are only those of a Java type tell nobody anything.
    if (inner.has("minimum") && inner.path("maximum").asLong(MAX) < MAX) {
      bounds.add(inner.path("minimum").asLong() + " to " + inner.path("maximum").asLong());
    }
    if (schema.has("maxItems")) {
      bounds.add("at most " + schema.path("maxItems").asInt());
    }
    if (inner.has("maxLength")) {
      bounds.add("at most " + inner.path("maxLength").asInt() + " characters");
    }
    return bounds.isEmpty() ? "" : " (" + String.join("; ", bounds) + ")";
  }

  private static void rules(String path, JsonNode schema, StringBuilder page) {
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      page.append("| ")
          .append(path.isEmpty() ? "the whole" : "`" + path + "`")
          .append(" | ")
          .append(cell(rule.path("message").asText()))
          .append(" |\n");
    }
    schema
        .path("properties")
        .properties()
        .forEach(
            p -> rules(path.isEmpty() ? p.getKey() : path + "." + p.getKey(), p.getValue(), page));
    if (schema.has("items")) {
      rules(path + "[]", schema.path("items"), page);
    }
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ").strip();
  }
}
