package io.llamamesh.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The structure of one value: its type, its children, and how it merges (Kubernetes' structural
 * schemas and the merge markers of server-side apply). Children are looked up lazily, because some
 * built-in types contain themselves.
 */
public final class Schema {
  /** What a value may be. */
  public enum Type {
    OBJECT,
    LIST,
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    INT_OR_STRING,
    /** Not described: taken as it comes. */
    ANY
  }

  /** How a list merges: as one value, as a set of scalars, or item by item under a key. */
  public enum ListKind {
    ATOMIC,
    SET,
    MAP
  }

  /** A value of which nothing is known; maps in it merge by field, lists as one value. */
  public static final Schema ANY = builder(Type.ANY).openFields(true).build();

  private final Type type;
  private final Map<String, Supplier<Schema>> properties;
  private final @Nullable Supplier<Schema> values;
  private final @Nullable Supplier<Schema> items;
  private final ListKind listKind;
  private final List<String> keys;
  private final boolean atomicMap;
  private final boolean openFields;
  private final JsonNode constraints;

  private Schema(Builder from) {
    this.type = from.type;
    this.properties = from.properties;
    this.values = from.values;
    this.items = from.items;
    this.listKind = from.listKind;
    this.keys = List.copyOf(from.keys);
    this.atomicMap = from.atomicMap;
    this.openFields = from.openFields;
    this.constraints = from.constraints;
  }

  /** The value's type. */
  public Type type() {
    return type;
  }

  /** Names of the declared fields. */
  public Set<String> names() {
    return properties.keySet();
  }

  /** The schema of a field, or null when this schema does not know it. */
  public @Nullable Schema field(String name) {
    Supplier<Schema> declared = properties.get(name);
    if (declared != null) {
      return declared.get();
    }
    if (values != null) {
      return values.get();
    }
    return openFields ? ANY : null;
  }

  /** Whether the field is a key of a map rather than a declared field. */
  public boolean isMapKey(String name) {
    return !properties.containsKey(name);
  }

  /** The schema of a list's items. */
  public Schema items() {
    return items == null ? ANY : items.get();
  }

  /** How the list merges. */
  public ListKind listKind() {
    return listKind;
  }

  /** The fields that identify an item of a {@link ListKind#MAP} list. */
  public List<String> keys() {
    return keys;
  }

  /** Whether an object is replaced as a whole. */
  public boolean atomicMap() {
    return atomicMap;
  }

  /**
   * The schema document of a custom resource's field: bounds, defaults, rules. Missing for built-in
   * kinds.
   */
  public JsonNode constraints() {
    return constraints;
  }

  /** Starts a schema of a type. */
  public static Builder builder(Type type) {
    return new Builder(type);
  }

  /** Collects what a schema is made of. */
  public static final class Builder {
    private final Type type;
    private Map<String, Supplier<Schema>> properties = Map.of();
    private @Nullable Supplier<Schema> values;
    private @Nullable Supplier<Schema> items;
    private ListKind listKind = ListKind.ATOMIC;
    private List<String> keys = List.of();
    private boolean atomicMap;
    private boolean openFields;
    private JsonNode constraints = MissingNode.getInstance();

    private Builder(Type type) {
      this.type = type;
    }

    /** Declared fields. */
    public Builder properties(Map<String, Supplier<Schema>> fields) {
      this.properties = Map.copyOf(fields);
      return this;
    }

    /** Any further field has this schema. */
    public Builder values(Supplier<Schema> schema) {
      this.values = schema;
      return this;
    }

    /** A list's items. */
    public Builder items(Supplier<Schema> schema) {
      this.items = schema;
      return this;
    }

    /** How a list merges, with the keys of a map list. */
    public Builder list(ListKind kind, List<String> keyFields) {
      this.listKind = kind;
      this.keys = keyFields;
      return this;
    }

    /** The object is replaced as a whole. */
    public Builder atomicMap(boolean atomic) {
      this.atomicMap = atomic;
      return this;
    }

    /** Undeclared fields are kept. */
    public Builder openFields(boolean open) {
      this.openFields = open;
      return this;
    }

    /** The schema document of a custom resource's field. */
    public Builder constraints(JsonNode document) {
      this.constraints = document;
      return this;
    }

    /** Done. */
    public Schema build() {
      return new Schema(this);
    }
  }
}
