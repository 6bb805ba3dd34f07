package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A set of fields of one object as a trie over path elements, in the notation of managedFields
 * (FieldsV1): {@code f:name} a field, {@code k:{"name":"x"}} a list item by key, {@code v:"x"} an
 * item of a set. Immutable.
 */
public final class FieldSet {
  /** No field. */
  public static final FieldSet EMPTY = new FieldSet(false, Map.of());

  /** Just the value itself. */
  static final FieldSet SELF = new FieldSet(true, Map.of());

  private final boolean self;
  private final Map<String, FieldSet> children;

  private FieldSet(boolean self, Map<String, FieldSet> children) {
    this.self = self;
    this.children = children;
  }

  static FieldSet of(boolean self, Map<String, FieldSet> children) {
    Map<String, FieldSet> kept = new TreeMap<>(children);
    kept.values().removeIf(FieldSet::isEmpty);
    return kept.isEmpty() ? (self ? SELF : EMPTY) : new FieldSet(self, kept);
  }

  /** Reads a {@code fieldsV1} document. */
  static FieldSet parse(JsonNode fieldsV1) {
    Map<String, FieldSet> children = new TreeMap<>();
    boolean self = fieldsV1.has(".");
    for (Map.Entry<String, JsonNode> e : fieldsV1.properties()) {
      if (!e.getKey().equals(".")) {
        JsonNode below = e.getValue();
        children.put(e.getKey(), below.isEmpty() ? SELF : parse(below));
      }
    }
    return new FieldSet(self, children);
  }

  /** Writes the {@code fieldsV1} document. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    if (self && !children.isEmpty()) {
      json.putObject(".");
    }
    children.forEach((element, below) -> json.set(element, below.toJson()));
    return json;
  }

  /** Whether the value at this place itself is a member. */
  boolean self() {
    return self;
  }

  boolean isEmpty() {
    return !self && children.isEmpty();
  }

  /** The members below a path element. */
  FieldSet at(String element) {
    return children.getOrDefault(element, EMPTY);
  }

  Map<String, FieldSet> children() {
    return children;
  }

  FieldSet union(FieldSet other) {
    if (isEmpty() || other.isEmpty()) {
      return isEmpty() ? other : this;
    }
    Map<String, FieldSet> joined = new TreeMap<>(children);
    other.children.forEach((element, below) -> joined.merge(element, below, FieldSet::union));
    return new FieldSet(self || other.self, joined);
  }

  static FieldSet union(Collection<FieldSet> sets) {
    FieldSet all = EMPTY;
    for (FieldSet set : sets) {
      all = all.union(set);
    }
    return all;
  }

  /** The members that are not members of the other. */
  FieldSet minus(FieldSet other) {
    if (isEmpty() || other.isEmpty()) {
      return this;
    }
    Map<String, FieldSet> left = new TreeMap<>();
    children.forEach((element, below) -> left.put(element, below.minus(other.at(element))));
    return of(self && !other.self, left);
  }

  /** The members that are neither members of the other nor lie below one of its members. */
  FieldSet minusWithBelow(FieldSet other) {
    if (other.self) {
      return EMPTY;
    }
    if (isEmpty() || other.isEmpty()) {
      return this;
    }
    Map<String, FieldSet> left = new TreeMap<>();
    children.forEach(
        (element, below) -> left.put(element, below.minusWithBelow(other.at(element))));
    return of(self, left);
  }

  /** The members of both. */
  FieldSet intersect(FieldSet other) {
    Map<String, FieldSet> both = new TreeMap<>();
    children.forEach((element, below) -> both.put(element, below.intersect(other.at(element))));
    return of(self && other.self, both);
  }

  /** Everything but what lies below one top-level path. */
  FieldSet without(String element, String... further) {
    FieldSet below = children.get(element);
    if (below == null) {
      return this;
    }
    Map<String, FieldSet> left = new TreeMap<>(children);
    if (further.length == 0) {
      left.remove(element);
    } else {
      String[] rest = Arrays.copyOfRange(further, 1, further.length);
      left.put(element, below.without(further[0], rest));
    }
    return of(self, left);
  }

  /** Only what lies below one top-level element. */
  FieldSet only(String element) {
    FieldSet below = children.get(element);
    return below == null ? EMPTY : of(false, Map.of(element, below));
  }

  /** The members as people write paths: {@code .spec.ports[name="web"].port}. */
  List<String> paths() {
    List<String> paths = new ArrayList<>();
    collect("", paths);
    return paths;
  }

  private void collect(String prefix, List<String> paths) {
    if (self) {
      paths.add(prefix);
    }
    children.forEach((element, below) -> below.collect(prefix + readable(element), paths));
  }

  private static String readable(String element) {
    String rest = element.substring(2);
    return switch (element.charAt(0)) {
      case 'f' -> "." + rest;
      case 'k' -> {
        List<String> parts = new ArrayList<>();
        Json.own(rest)
            .properties()
            .forEach(e -> parts.add(e.getKey() + "=" + e.getValue().toString()));
        yield "[" + String.join(",", parts) + "]";
      }
      default -> "[=" + rest + "]";
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldSet set && self == set.self && children.equals(set.children);
  }

  @Override
  public int hashCode() {
    return children.hashCode() * 2 + (self ? 1 : 0);
  }

  @Override
  public String toString() {
    return paths().toString();
  }
}
