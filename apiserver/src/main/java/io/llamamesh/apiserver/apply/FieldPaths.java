package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Fields of an object by their names from the root down. A field is a scalar, a list as a whole, or
 * an empty object: lists never merge by item, whatever their {@code x-kubernetes-list-type}.
 */
final class FieldPaths {
  /** Identity and bookkeeping, which only the server writes. */
  private static final Set<List<String>> SERVER_OWNED =
      Set.of(
          List.of("apiVersion"),
          List.of("kind"),
          List.of("metadata"),
          List.of("metadata", "name"),
          List.of("metadata", "namespace"),
          List.of("metadata", "uid"),
          List.of("metadata", "resourceVersion"),
          List.of("metadata", "generation"),
          List.of("metadata", "creationTimestamp"),
          List.of("metadata", "deletionTimestamp"),
          List.of("metadata", "deletionGracePeriodSeconds"),
          List.of("metadata", "managedFields"));

  private FieldPaths() {}

  /** Every field that a document sets. */
  static Set<List<String>> of(ObjectNode document) {
    Set<List<String>> paths = new LinkedHashSet<>();
    collect(document, "", new ArrayList<>(), paths);
    return paths;
  }

  /** Leaves out what only the server writes. */
  static Set<List<String>> withoutServerOwned(Set<List<String>> paths) {
    Set<List<String>> left = new LinkedHashSet<>(paths);
    left.removeAll(SERVER_OWNED);
    return left;
  }

  /** Reads a {@code fieldsV1} document. */
  static Set<List<String>> parse(JsonNode fieldsV1) {
    Set<List<String>> paths = new LinkedHashSet<>();
    if (fieldsV1 instanceof ObjectNode fields) {
      collect(fields, "f:", new ArrayList<>(), paths);
    }
    return paths;
  }

  /** Writes the {@code fieldsV1} document. */
  static ObjectNode toJson(Set<List<String>> paths) {
    ObjectNode root = Json.object();
    for (List<String> path : paths) {
      ObjectNode at = root;
      for (String name : path) {
        at = Json.objectAt(at, "f:" + name);
      }
    }
    return root;
  }

  /** The value of a field, or missing. */
  static JsonNode get(JsonNode root, List<String> path) {
    JsonNode at = root;
    for (String name : path) {
      at = at.isObject() ? at.path(name) : MissingNode.getInstance();
    }
    return at;
  }

  /** Sets a field; an empty object leaves one that is there as it is. */
  static void set(ObjectNode root, List<String> path, JsonNode value) {
    ObjectNode at = root;
    for (String name : path.subList(0, path.size() - 1)) {
      at = Json.objectAt(at, name);
    }
    if (!(value.isObject() && at.path(path.getLast()).isObject())) {
      at.set(path.getLast(), value.deepCopy());
    }
  }

  /** Removes a field and the parents that it leaves empty, but nothing that is to be kept. */
  static void remove(ObjectNode root, List<String> path, Set<List<String>> kept) {
    if (kept.contains(path)) {
      return;
    }
    for (int depth = path.size(); depth > 0; depth--) {
      List<String> at = path.subList(0, depth);
      boolean isLeftEmpty = depth == path.size() || get(root, at).isEmpty();
      if (!isLeftEmpty || kept.stream().anyMatch(k -> startsWith(k, at))) {
        return;
      }
      if (get(root, at.subList(0, depth - 1)) instanceof ObjectNode parent) {
        parent.remove(at.getLast());
      }
    }
  }

  private static boolean startsWith(List<String> path, List<String> prefix) {
    return path.size() >= prefix.size() && path.subList(0, prefix.size()).equals(prefix);
  }

  private static void collect(
      ObjectNode object, String prefix, List<String> above, Set<List<String>> paths) {
    if (object.isEmpty() && !above.isEmpty()) {
      paths.add(List.copyOf(above));
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (field.getKey().startsWith(prefix)) {
        above.add(field.getKey().substring(prefix.length()));
        if (field.getValue() instanceof ObjectNode below) {
          collect(below, prefix, above, paths);
        } else {
          paths.add(List.copyOf(above));
        }
        above.removeLast();
      }
    }
  }
}
