package io.llamamesh.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.apiserver.schema.Schema;
import java.util.Map;
import java.util.TreeMap;

/** Field sets of documents and of the difference between two. */
final class Fields {
  /** What differs between two versions: set or added in the newer, gone from the older. */
  record Difference(FieldSet changed, FieldSet removed) {
    static final Difference NONE = new Difference(FieldSet.EMPTY, FieldSet.EMPTY);
  }

  private static final String[] SERVER_OWNED = {
    "f:name",
    "f:namespace",
    "f:uid",
    "f:resourceVersion",
    "f:generation",
    "f:creationTimestamp",
    "f:deletionTimestamp",
    "f:deletionGracePeriodSeconds",
    "f:managedFields",
    "f:selfLink",
    "f:clusterName"
  };

  private Fields() {}

  /** Every field that a document sets. */
  static FieldSet of(JsonNode value, Schema schema) {
    return of(value, schema, "");
  }

  private static FieldSet of(JsonNode value, Schema schema, String path) {
    if (Elements.isLeaf(value, schema)) {
      return FieldSet.SELF;
    }
    Map<String, FieldSet> children = new TreeMap<>();
    Elements.of(value, schema, path)
        .forEach((element, part) -> {
          FieldSet below = of(part.value(), part.schema(), path + "." + element.substring(2));
          boolean ownedItself =
              value.isArray() || schema.isMapKey(element.substring(2)) || below.self();
          children.put(element, FieldSet.of(ownedItself, below.children()));
        });
    return FieldSet.of(false, children);
  }

  /** What differs between two stored versions of a value. */
  static Difference between(JsonNode before, JsonNode after, Schema schema) {
    if (before.equals(after)) {
      return Difference.NONE;
    }
    if (Elements.isLeaf(before, schema)
        || Elements.isLeaf(after, schema)
        || before.isObject() != after.isObject()) {
      FieldSet now = stored(after, schema);
      return new Difference(now, stored(before, schema).minus(now));
    }
    Map<String, Elements.Element> older = Elements.stored(before, schema);
    Map<String, Elements.Element> newer = Elements.stored(after, schema);
    Map<String, FieldSet> changed = new TreeMap<>();
    Map<String, FieldSet> removed = new TreeMap<>();
    newer.forEach((element, part) -> {
      Elements.Element was = older.get(element);
      if (was == null) {
        FieldSet added = stored(part.value(), part.schema());
        boolean itself = after.isArray() || schema.isMapKey(element.substring(2)) || added.self();
        changed.put(element, FieldSet.of(itself, added.children()));
      } else {
        Difference below = between(was.value(), part.value(), part.schema());
        changed.put(element, below.changed());
        removed.put(element, below.removed());
      }
    });
    older.forEach((element, part) -> {
      if (!newer.containsKey(element)) {
        removed.put(element, FieldSet.SELF);
      }
    });
    return new Difference(FieldSet.of(false, changed), FieldSet.of(false, removed));
  }

  /** Every field of a stored value, whose repeated or undeclared parts are no error. */
  static FieldSet stored(JsonNode value, Schema schema) {
    if (Elements.isLeaf(value, schema)) {
      return FieldSet.SELF;
    }
    Map<String, FieldSet> children = new TreeMap<>();
    Elements.stored(value, schema)
        .forEach((element, part) -> {
          FieldSet below = stored(part.value(), part.schema());
          boolean itself = value.isArray() || schema.isMapKey(element.substring(2)) || below.self();
          children.put(element, FieldSet.of(itself, below.children()));
        });
    return FieldSet.of(false, children);
  }

  /** Leaves out what only the server writes: identity and bookkeeping. */
  static FieldSet withoutServerOwned(FieldSet fields) {
    FieldSet left = fields.without("f:apiVersion").without("f:kind");
    for (String field : SERVER_OWNED) {
      left = left.without("f:metadata", field);
    }
    FieldSet metadata = left.at("f:metadata");
    return metadata.self() && metadata.children().isEmpty() ? left.without("f:metadata") : left;
  }
}
