package io.llamamesh.apiserver.objects;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Strategic merge patch: like a merge patch, but keyed lists merge item by item, with the
 * directives {@code $patch}, {@code $retainKeys}, {@code $deleteFromPrimitiveList/…}; the order
 * asked for by {@code $setElementOrder/…} is not followed.
 */
final class StrategicMerge {
  private StrategicMerge() {}

  static JsonNode apply(JsonNode target, JsonNode patch, Schema schema) {
    if (!(patch instanceof ObjectNode changes) || !(target instanceof ObjectNode object)) {
      return withoutDirectives(patch);
    }
    String directive = Json.text(changes, "$patch");
    if (directive.equals("replace")) {
      return withoutDirectives(changes);
    }
    ObjectNode merged = object.deepCopy();
    if (changes.has("$retainKeys")) {
      Set<String> kept = new HashSet<>();
      changes.path("$retainKeys").forEach(k -> kept.add(k.asText()));
      merged.retain(kept);
    }
    for (Map.Entry<String, JsonNode> change : changes.properties()) {
      String name = change.getKey();
      if (name.startsWith("$deleteFromPrimitiveList/")) {
        remove(merged, name.substring(name.indexOf('/') + 1), change.getValue());
      } else if (!name.startsWith("$")) {
        Schema field = schema.field(name);
        set(merged, name, change.getValue(), field == null ? Schema.ANY : field);
      }
    }
    return merged;
  }

  private static void set(ObjectNode merged, String name, JsonNode change, Schema schema) {
    JsonNode now = merged.get(name);
    if (change.isNull() || Json.text(change, "$patch").equals("delete")) {
      merged.remove(name);
    } else if (now instanceof ObjectNode && change.isObject()) {
      merged.set(name, apply(now, change, schema));
    } else if (change instanceof ArrayNode items && schema.listKind() == Schema.ListKind.MAP) {
      merged.set(name, keyed(now instanceof ArrayNode list ? list : Json.array(), items, schema));
    } else if (change.isArray() && schema.listKind() == Schema.ListKind.SET && now != null) {
      Set<JsonNode> all = new LinkedHashSet<>();
      now.forEach(all::add);
      change.forEach(all::add);
      merged.set(name, Json.array().addAll(all));
    } else {
      merged.set(name, withoutDirectives(change));
    }
  }

  private static ArrayNode keyed(ArrayNode list, ArrayNode changes, Schema schema) {
    List<JsonNode> items = new ArrayList<>();
    list.forEach(items::add);
    for (JsonNode change : changes) {
      if (Json.text(change, "$patch").equals("replace") && change.size() == 1) {
        items.clear();
        continue;
      }
      int at = 0;
      while (at < items.size() && !sameItem(items.get(at), change, schema)) {
        at++;
      }
      boolean there = at < items.size();
      if (Json.text(change, "$patch").equals("delete")) {
        if (there) {
          items.remove(at);
        }
      } else if (there) {
        items.set(at, apply(items.get(at), change, schema.items()));
      } else {
        items.add(withoutDirectives(change));
      }
    }
    return Json.array().addAll(items);
  }

  /** By the first key, as strategic merge knows no compound ones. */
  private static boolean sameItem(JsonNode a, JsonNode b, Schema schema) {
    String key = schema.keys().getFirst();
    return a.path(key).equals(b.path(key));
  }

  private static void remove(ObjectNode merged, String name, JsonNode gone) {
    if (merged.get(name) instanceof ArrayNode list) {
      Set<JsonNode> values = new HashSet<>();
      gone.forEach(values::add);
      ArrayNode kept = Json.array();
      list.forEach(item -> {
        if (!values.contains(item)) {
          kept.add(item);
        }
      });
      merged.set(name, kept);
    }
  }

  private static JsonNode withoutDirectives(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode kept = Json.object();
      object
          .properties()
          .forEach(f -> {
            if (!f.getKey().startsWith("$") && !f.getValue().isNull()) {
              kept.set(f.getKey(), withoutDirectives(f.getValue()));
            }
          });
      return kept;
    }
    return value.deepCopy();
  }
}
