package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who owns which fields of one object: {@code metadata.managedFields}. Mutable, for one write. */
final class ManagedFields {
  /** One entry's identity: whoever writes, how, and through which subresource. */
  record Manager(String name, String operation, String apiVersion, String subresource) {
    boolean applies() {
      return operation.equals("Apply");
    }
  }

  private record Entry(FieldSet fields, String time) {}

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
            manager, new Entry(FieldSet.parse(e.path("fieldsV1")), Json.text(e, "time")));
      }
    }
    return all;
  }

  FieldSet fields(Manager manager) {
    Entry entry = entries.get(manager);
    return entry == null ? FieldSet.EMPTY : entry.fields();
  }

  List<Manager> others(Manager manager) {
    List<Manager> others = new ArrayList<>(entries.keySet());
    others.remove(manager);
    return others;
  }

  /**
   * Sets what a manager owns; an unchanged set keeps its time, an empty one its entry is dropped.
   */
  void set(Manager manager, FieldSet fields, String now) {
    Entry before = entries.get(manager);
    if (fields.isEmpty()) {
      entries.remove(manager);
    } else if (before == null || !before.fields().equals(fields)) {
      entries.put(manager, new Entry(fields, now));
    }
  }

  /** Takes fields away from a manager, whose entry keeps its time. */
  void take(Manager manager, FieldSet left) {
    Entry before = entries.get(manager);
    if (before == null) {
      return;
    }
    if (left.isEmpty()) {
      entries.remove(manager);
    } else {
      entries.put(manager, new Entry(left, before.time()));
    }
  }

  /** Marks a manager's entry as written now. */
  void touch(Manager manager, String now) {
    Entry before = entries.get(manager);
    if (before != null) {
      entries.put(manager, new Entry(before.fields(), now));
    }
  }

  /** Writes the entries into an object. */
  void writeTo(ObjectNode object) {
    ObjectNode metadata = Json.metadata(object);
    if (entries.isEmpty()) {
      metadata.remove("managedFields");
      return;
    }
    ArrayNode list = Json.array();
    entries.forEach((manager, entry) -> {
      ObjectNode e = list.addObject();
      e.put("manager", manager.name());
      e.put("operation", manager.operation());
      e.put("apiVersion", manager.apiVersion());
      e.put("time", entry.time());
      e.put("fieldsType", "FieldsV1");
      e.set("fieldsV1", entry.fields().toJson());
      if (!manager.subresource().isEmpty()) {
        e.put("subresource", manager.subresource());
      }
    });
    metadata.set("managedFields", list);
  }
}
