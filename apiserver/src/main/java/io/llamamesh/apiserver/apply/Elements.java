package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.schema.Schema;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A value seen as its named parts: the fields of an object, or the items of a keyed list. */
final class Elements {
  /** A part's value and schema. */
  record Element(JsonNode value, Schema schema) {}

  private Elements() {}

  /** Whether the value changes hands as one: a scalar, an atomic list or object, anything empty. */
  static boolean isLeaf(@Nullable JsonNode value, Schema schema) {
    if (value == null || !value.isContainerNode() || value.isEmpty()) {
      return true;
    }
    if (value.isObject()) {
      return schema.atomicMap();
    }
    return schema.listKind() == Schema.ListKind.ATOMIC;
  }

  /**
   * The parts of a value that {@link #isLeaf is no leaf}, by path element, in order.
   *
   * @throws ApiProblem when a field is not declared, a list item lacks its key, or two items share
   *     one
   */
  static Map<String, Element> of(JsonNode value, Schema schema, String path) {
    Map<String, Element> parts = new LinkedHashMap<>();
    if (value.isObject()) {
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        Schema known = schema.field(field.getKey());
        if (known == null) {
          throw ApiProblem.internal(
              "failed to create typed patch object: "
                  + path
                  + "."
                  + field.getKey()
                  + ": field not declared in schema");
        }
        parts.put("f:" + field.getKey(), new Element(field.getValue(), known));
      }
      return parts;
    }
    Schema items = schema.items();
    for (JsonNode item : value) {
      String element =
          schema.listKind() == Schema.ListKind.SET ? "v:" + item : "k:" + key(item, schema, path);
      if (parts.put(element, new Element(item, items)) != null) {
        throw ApiProblem.internal(
            "failed to create typed patch object: "
                + path
                + ": duplicate entries for key ["
                + element.substring(2)
                + "]");
      }
    }
    return parts;
  }

  /** Like {@link #of}, for what is stored already: a repeated item counts once, the first. */
  static Map<String, Element> stored(JsonNode value, Schema schema) {
    Map<String, Element> parts = new LinkedHashMap<>();
    if (value.isObject()) {
      value
          .properties()
          .forEach(f -> {
            Schema known = schema.field(f.getKey());
            parts.put(
                "f:" + f.getKey(), new Element(f.getValue(), known == null ? Schema.ANY : known));
          });
      return parts;
    }
    for (JsonNode item : value) {
      String element =
          schema.listKind() == Schema.ListKind.SET ? "v:" + item : "k:" + lenientKey(item, schema);
      parts.putIfAbsent(element, new Element(item, schema.items()));
    }
    return parts;
  }

  private static String key(JsonNode item, Schema list, String path) {
    ObjectNode key = lenientKey(item, list);
    if (key.size() < list.keys().size()) {
      throw ApiProblem.internal(
          "failed to create typed patch object: "
              + path
              + ": element of a list keyed by "
              + list.keys()
              + " lacks its key");
    }
    return key.toString();
  }

  private static ObjectNode lenientKey(JsonNode item, Schema list) {
    ObjectNode key = Json.object();
    for (String field : new TreeSet<>(list.keys())) {
      JsonNode value = item.get(field);
      if (value == null) {
        Schema known = list.items().field(field);
        value = known == null ? null : known.constraints().get("default");
      }
      if (value != null) {
        key.set(field, value);
      }
    }
    return key;
  }
}
