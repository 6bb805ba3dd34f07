package io.llamamesh.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The part of kubectl's JSONPath that printer columns use: {@code .a.b}, {@code ['a']}, {@code
 * [0]}, {@code [*]} and {@code [?(@.a=="b")]}. Anything else finds nothing.
 */
final class JsonPath {
  private static final Pattern STEP =
      Pattern.compile(
          "\\.((?:[^.\\[\\]\\\\]|\\\\.)+)"
              + "|\\['([^']*)'\\]"
              + "|\\[(-?\\d+)\\]"
              + "|\\[(\\*)\\]"
              + "|\\[\\?\\(@((?:\\.[^.=!\\s]+)+)\\s*==\\s*[\"']?([^\"')]*)[\"']?\\s*\\)\\]");

  private final List<Function<JsonNode, Stream<JsonNode>>> steps = new ArrayList<>();

  JsonPath(String path) {
    Matcher step = STEP.matcher(path);
    int at = 0;
    while (at < path.length()) {
      if (!step.find(at) || step.start() != at) {
        steps.add(value -> Stream.empty());
        return;
      }
      add(step);
      at = step.end();
    }
  }

  /** The first value found, or missing. */
  JsonNode first(JsonNode object) {
    Stream<JsonNode> found = Stream.of(object);
    for (Function<JsonNode, Stream<JsonNode>> step : steps) {
      found = found.flatMap(step);
    }
    return found
        .filter(value -> !value.isMissingNode())
        .findFirst()
        .orElseGet(MissingNode::getInstance);
  }

  private void add(Matcher step) {
    if (step.group(1) != null) {
      String name = step.group(1).replace("\\", "");
      steps.add(value -> Stream.of(value.path(name)));
    } else if (step.group(2) != null) {
      String name = step.group(2);
      steps.add(value -> Stream.of(value.path(name)));
    } else if (step.group(3) != null) {
      int index = Integer.parseInt(step.group(3));
      steps.add(value -> Stream.of(value.path(index < 0 ? value.size() + index : index)));
    } else if (step.group(4) != null) {
      steps.add(value -> StreamSupport.stream(value.spliterator(), false));
    } else {
      JsonPath condition = new JsonPath(step.group(5));
      String wanted = step.group(6);
      steps.add(value ->
          StreamSupport.stream(value.spliterator(), false)
              .filter(item -> condition.first(item).asText().equals(wanted)));
    }
  }
}
