package io.llamamesh.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One column.
 *
 * @param type {@code string}, {@code integer}, {@code number}, {@code boolean} or {@code date}
 * @param priority 0 is always shown, more only when asked for ({@code -o wide})
 * @param cell the value for an object at a moment
 */
record Column(
    String name,
    String type,
    String format,
    int priority,
    BiFunction<JsonNode, Instant, JsonNode> cell) {

  static Column objectName() {
    return new Column("Name", "string", "name", 0, (o, now) -> o.path("metadata").path("name"));
  }

  static Column age() {
    return path("Age", "date", ".metadata.creationTimestamp");
  }

  /** A text made from the object. */
  static Column text(String name, Function<JsonNode, String> cell) {
    return new Column(name, "string", "", 0, (o, now) -> TextNode.valueOf(cell.apply(o)));
  }

  /** A count made from the object. */
  static Column count(String name, Function<JsonNode, Integer> cell) {
    return new Column(name, "integer", "", 0, (o, now) -> IntNode.valueOf(cell.apply(o)));
  }

  /** The value at a path; a number that is missing counts 0. */
  static Column count(String name, String path) {
    JsonPath compiled = new JsonPath(path);
    return count(name, o -> compiled.first(o).asInt());
  }

  /** The value at a path; a date as the time since. */
  static Column path(String name, String type, String path) {
    JsonPath compiled = new JsonPath(path);
    return new Column(
        name,
        type.equals("date") ? "string" : type,
        "",
        0,
        (o, now) -> {
          JsonNode value = compiled.first(o);
          if (value.isMissingNode() || value.isNull()) {
            return NullNode.getInstance();
          }
          if (type.equals("date")) {
            return TextNode.valueOf(Age.of(value.asText(), now));
          }
          boolean asIs = !type.equals("string") && value.isValueNode();
          return asIs
              ? value
              : TextNode.valueOf(value.isValueNode() ? value.asText() : value.toString());
        });
  }

  /** The same, shown only when asked for. */
  Column wide() {
    return withPriority(1);
  }

  Column withPriority(int shown) {
    return new Column(name, type, format, shown, cell);
  }
}
