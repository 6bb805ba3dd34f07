package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The owners of one object's fields: {@code metadata.managedFields}. Mutable, for one write. */
final class ManagedFields {
  /** One entry's identity: whoever writes, how, and through which subresource. */
  record Manager(String name, String operation, String apiVersion, String subresource) {}

  private record Entry(Set<List<String>> fields, String time) {}

  private final Map<Manager, Entry> entries = new LinkedHashMap<>();

  /** Reads the entries of a stored object. */
  static ManagedFields of(@Nullable JsonNode object) {
    ManagedFields all = new ManagedFields();
    if (object != null) {
      for (JsonNode e : object.path("metadata").path("managedFields")) {
        Manager manager =
            new Manager(
                Json.text(e, "manager"),
                Json.text(e, "operation"),
                Json.text(e, "apiVersion"),
                Json.text(e, "subresource"));
        all.entries.put(
            manager, new Entry(FieldPaths.parse(e.path("fieldsV1")), Json.text(e, "time")));
      }
    }
    return all;
  }

  /** The fields that a manager owns; a copy. */
  Set<List<String>> fields(Manager manager) {
    Entry entry = entries.get(manager);
    return entry == null ? new LinkedHashSet<>() : new LinkedHashSet<>(entry.fields());
  }

  List<Manager> others(Manager manager) {
    List<Manager> others = new ArrayList<>(entries.keySet());
    others.remove(manager);
    return others;
  }

  /**
   * Sets what a manager owns; who owns nothing has no entry.
   *
   * @param now the entry's new time; null: it keeps the one it has
   */
  void set(Manager manager, Set<List<String>> fields, @Nullable String now) {
    Entry before = entries.get(manager);
    if (fields.isEmpty()) {
      entries.remove(manager);
    } else {
      String time = before == null ? "" : before.time();
      entries.put(manager, new Entry(fields, now == null ? time : now));
    }
  }

  /** Writes the entries into an object. */
  void writeTo(ObjectNode object) {
    ArrayNode list = Json.metadata(object).putArray("managedFields");
    entries.forEach((manager, entry) -> {
      ObjectNode e = list.addObject();
      e.put("manager", manager.name());
      e.put("operation", manager.operation());
      e.put("apiVersion", manager.apiVersion());
      e.put("time", entry.time());
      e.put("fieldsType", "FieldsV1");
      e.set("fieldsV1", FieldPaths.toJson(entry.fields()));
      if (!manager.subresource().isEmpty()) {
        e.put("subresource", manager.subresource());
      }
    });
  }
}
