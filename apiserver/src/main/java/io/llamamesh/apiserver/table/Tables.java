package io.llamamesh.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.types.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Objects as a {@code meta.k8s.io/v1 Table}: what a server prints for clients that only show. */
public final class Tables {
  private final List<Column> columns;
  private final String objects;

  /**
   * Tables of a resource.
   *
   * @param includeObject what each row carries beside its cells: {@code None}, {@code Metadata}
   *     (also when empty) or {@code Object}
   */
  public Tables(ResourceType type, String includeObject) {
    this.columns = type.custom() ? custom(type) : BuiltInColumns.of(type.bucket());
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
          .put("type", column.type())
          .put("format", column.format())
          .put("description", "")
          .put("priority", column.priority());
    }
    ArrayNode rows = table.putArray("rows");
    for (JsonNode object : objectTrees) {
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells");
      columns.forEach(column -> cells.add(column.cell().apply(object, now)));
      switch (objects) {
        case "None" -> {}
        case "Object" -> row.set("object", object);
        default -> row.set("object", metadataOnly(object));
      }
    }
    return table;
  }

  /** An object reduced to its metadata. */
  public static ObjectNode metadataOnly(JsonNode object) {
    ObjectNode partial =
        Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    partial.set("metadata", object.path("metadata"));
    return partial;
  }

  private static List<Column> custom(ResourceType type) {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.objectName());
    for (JsonNode defined : type.columns()) {
      columns.add(
          Column.path(
                  Json.text(defined, "name"),
                  Json.text(defined, "type"),
                  Json.text(defined, "jsonPath"))
              .withPriority(defined.path("priority").asInt()));
    }
    if (columns.size() == 1) {
      columns.add(Column.age());
    }
    return columns;
  }
}
