package io.llamamesh.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.types.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Objects as a {@code meta.k8s.io/v1 Table}: what a server prints for clients that only show. */
public final class Tables {
  private final List<Column> columns = new ArrayList<>();
  private final String objects;

  /** One column: its {@code additionalPrinterColumns} entry, and where the value is. */
  private record Column(String name, String type, int priority, JsonPath path) {
    Column(JsonNode declared) {
      this(
          Json.text(declared, "name"),
          Json.text(declared, "type"),
          declared.path("priority").asInt(),
          new JsonPath(Json.text(declared, "jsonPath")));
    }

    /** The value of an object; a date as the time since. */
    JsonNode cell(JsonNode object, Instant now) {
      JsonNode value = path.first(object);
      if (value.isMissingNode() || value.isNull()) {
        return NullNode.getInstance();
      }
      if (type.equals("date")) {
        return TextNode.valueOf(Age.of(value.asText(), now));
      }
      if (!value.isValueNode()) {
        return TextNode.valueOf(value.toString());
      }
      return type.equals("string") ? TextNode.valueOf(value.asText()) : value;
    }
  }

  /**
   * Tables of a resource: name and declared columns, or name and age where none are declared.
   *
   * @param includeObject what each row carries beside its cells: {@code None}, {@code Metadata}
   *     (also when empty) or {@code Object}
   */
  public Tables(ResourceType type, String includeObject) {
    columns.add(new Column("Name", "string", 0, new JsonPath(".metadata.name")));
    type.columns().forEach(declared -> columns.add(new Column(declared)));
    if (columns.size() == 1) {
      columns.add(new Column("Age", "date", 0, new JsonPath(".metadata.creationTimestamp")));
    }
    this.objects = includeObject;
  }

  /** The table of some objects at a moment. */
  public ObjectNode table(Iterable<? extends JsonNode> objectTrees, Instant now) {
    ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
    table.putObject("metadata");
    ArrayNode definitions = table.putArray("columnDefinitions");
    for (Column column : columns) {
      definitions
          .addObject()
          .put("name", column.name())
          .put("type", column.type().equals("date") ? "string" : column.type())
          .put("format", column.name().equals("Name") ? "name" : "")
          .put("description", "")
          .put("priority", column.priority());
    }
    ArrayNode rows = table.putArray("rows");
    for (JsonNode object : objectTrees) {
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells");
      columns.forEach(column -> cells.add(column.cell(object, now)));
      switch (objects) {
        case "None" -> {}
        case "Object" -> row.set("object", object);
        default -> row.set("object", metadataOnly(object));
      }
    }
    return table;
  }

  private static ObjectNode metadataOnly(JsonNode object) {
    ObjectNode partial =
        Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    partial.set("metadata", object.path("metadata"));
    return partial;
  }
}
