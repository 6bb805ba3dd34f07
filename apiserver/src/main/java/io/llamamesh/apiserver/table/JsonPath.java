package io.llamamesh.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of kubectl's JSONPath that printer columns use: {@code .a.b}, {@code [0]} and {@code
 * [?(@.a=="b")]}. Anything else finds nothing.
 */
final class JsonPath {
  private static final Pattern STEP =
      Pattern.compile(
          "\\.([^.\\[\\]]+)|\\[(\\d+)\\]|\\[\\?\\(@\\.([^.=!\\s]+)\\s*==\\s*[\"']([^\"')]*)[\"']\\)\\]");

  private final List<UnaryOperator<JsonNode>> steps = new ArrayList<>();

  JsonPath(String path) {
    Matcher step = STEP.matcher(path);
    int at = 0;
    while (at < path.length()) {
      if (!step.find(at) || step.start() != at) {
        steps.add(value -> MissingNode.getInstance());
        return;
      }
      steps.add(step(step.group(1), step.group(2), step.group(3), step.group(4)));
      at = step.end();
    }
  }

  /** The first value found, or missing. */
  JsonNode first(JsonNode object) {
    JsonNode at = object;
    for (UnaryOperator<JsonNode> step : steps) {
      at = step.apply(at);
    }
    return at;
  }

  private static UnaryOperator<JsonNode> step(
      @Nullable String name, @Nullable String index, String field, String wanted) {
    if (name != null) {
      return value -> value.path(name);
    }
    if (index != null) {
      int position = Integer.parseInt(index);
      return value -> value.path(position);
    }
    return value -> {
      for (JsonNode item : value) {
        if (item.path(field).asText().equals(wanted)) {
          return item;
        }
      }
      return MissingNode.getInstance();
    };
  }
}
