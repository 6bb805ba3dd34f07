package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lays an applied document over the stored one, and takes away what its manager no longer applies.
 */
final class Merge {
  private Merge() {}

  /** The stored value with the applied one laid over it; neither is changed. */
  static JsonNode over(@Nullable JsonNode stored, JsonNode applied, Schema schema) {
    if (stored == null) {
      return applied.deepCopy();
    }
    if (Elements.isLeaf(applied, schema)
        || Elements.isLeaf(stored, schema)
        || stored.isObject() != applied.isObject()) {
      return isEmptyPart(applied, stored, schema) ? stored.deepCopy() : applied.deepCopy();
    }
    Map<String, Elements.Element> theirs = Elements.stored(stored, schema);
    Map<String, Elements.Element> ours = Elements.of(applied, schema, "");
    if (stored.isObject()) {
      ObjectNode merged = Json.object();
      theirs.forEach((element, part) -> {
        Elements.Element over = ours.get(element);
        merged.set(
            element.substring(2),
            over == null
                ? part.value().deepCopy()
                : over(part.value(), over.value(), part.schema()));
      });
      ours.forEach((element, part) -> {
        if (!theirs.containsKey(element)) {
          merged.set(element.substring(2), part.value().deepCopy());
        }
      });
      return merged;
    }
    ArrayNode merged = Json.array();
    for (String element : order(theirs.keySet(), ours.keySet())) {
      Elements.Element over = ours.get(element);
      Elements.Element under = theirs.get(element);
      merged.add(
          over == null
              ? Objects.requireNonNull(under).value().deepCopy()
              : over(under == null ? null : under.value(), over.value(), over.schema()));
    }
    return merged;
  }

  /** An empty container adds nothing to one that merges by its parts. */
  private static boolean isEmptyPart(JsonNode applied, JsonNode stored, Schema schema) {
    return applied.isContainerNode()
        && applied.isEmpty()
        && stored.getNodeType() == applied.getNodeType()
        && !(stored.isObject() ? schema.atomicMap() : schema.listKind() == Schema.ListKind.ATOMIC);
  }

  /** The applied order for the items applied, with the others where they stood. */
  private static List<String> order(Set<String> stored, Set<String> applied) {
    List<String> ours = new ArrayList<>(applied);
    List<String> order = new ArrayList<>();
    Set<String> placed = new HashSet<>();
    int next = 0;
    for (String element : stored) {
      if (!applied.contains(element)) {
        order.add(element);
      } else if (!placed.contains(element)) {
        String upTo = element;
        while (next < ours.size() && placed.add(ours.get(next))) {
          order.add(ours.get(next));
          if (ours.get(next++).equals(upTo)) {
            break;
          }
        }
      }
    }
    while (next < ours.size()) {
      order.add(ours.get(next++));
    }
    return order;
  }

  /**
   * Removes the fields in {@code lost} unless someone else owns them or something below them.
   *
   * @return the value without them, or null when nothing of a container is left
   */
  static @Nullable JsonNode without(JsonNode value, FieldSet lost, FieldSet kept, Schema schema) {
    if (lost.children().isEmpty() || Elements.isLeaf(value, schema)) {
      return value;
    }
    Map<String, Elements.Element> parts = Elements.stored(value, schema);
    boolean removed = false;
    ObjectNode fields = Json.object();
    ArrayNode items = Json.array();
    for (Map.Entry<String, Elements.Element> e : parts.entrySet()) {
      FieldSet gone = lost.at(e.getKey());
      FieldSet owned = kept.at(e.getKey());
      JsonNode left = e.getValue().value();
      if (gone.self() && owned.isEmpty()) {
        left = null;
      } else if (!gone.isEmpty()) {
        left = without(left, gone, owned, e.getValue().schema());
      }
      if (left == null) {
        removed = true;
      } else if (value.isObject()) {
        fields.set(e.getKey().substring(2), left);
      } else {
        items.add(left);
      }
    }
    JsonNode result = value.isObject() ? fields : items;
    return removed && result.isEmpty() && !kept.self() ? null : result;
  }
}
