package io.llamamesh.apiserver.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong with an object, in the API server's words. */
final class Findings {
  private final List<Cause> causes = new ArrayList<>();

  List<Cause> causes() {
    return causes;
  }

  void required(JsonNode object, String path, String field) {
    JsonNode value = object.path(field);
    boolean empty =
        value.isMissingNode()
            || value.isNull()
            || (value.isTextual() && value.asText().isEmpty())
            || (value.isContainerNode() && value.isEmpty());
    if (empty) {
      add("FieldValueRequired", path + "." + field, "Required value");
    }
  }

  void invalid(String field, JsonNode value, String why) {
    String shown = value.isMissingNode() ? "\"\"" : value.toString();
    add("FieldValueInvalid", field, "Invalid value: " + shown + ": " + why);
  }

  void immutable(JsonNode before, JsonNode now, String field) {
    if (!before.equals(now)) {
      invalid(field, now, "field is immutable");
    }
  }

  void port(JsonNode value, String field) {
    if (value.asInt() < 1 || value.asInt() > 65535) {
      invalid(field, value, "must be between 1 and 65535, inclusive");
    }
  }

  /** Refuses a second item of the same name. */
  void unique(JsonNode list, String path, String key) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < list.size(); i++) {
      String name = Json.text(list.get(i), key);
      if (!name.isEmpty() && !seen.add(name)) {
        add(
            "FieldValueDuplicate",
            path + "[" + i + "]." + key,
            "Duplicate value: \"" + name + "\"");
      }
    }
  }

  void add(String reason, String field, String message) {
    causes.add(new Cause(reason, field, message));
  }
}
