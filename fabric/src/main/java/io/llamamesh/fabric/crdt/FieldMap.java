package io.llamamesh.fabric.crdt;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Map of typed fields. A field is there as long as anything is in it. Removing one removes what was
 * seen of it; what is written concurrently stays, and only that (but for counters: a share that
 * grows concurrently stays whole, as in riak_dt).
 */
public final class FieldMap implements Crdt {

  static final FieldMap EMPTY = new FieldMap(new TreeMap<>());

  private final SortedMap<Field, Crdt> fields;

  private FieldMap(SortedMap<Field, Crdt> fields) {
    this.fields = Collections.unmodifiableSortedMap(fields);
  }

  static FieldMap of(SortedMap<Field, Crdt> fields) {
    return new FieldMap(fields);
  }

  /** The fields that hold anything, in order. */
  public SortedMap<Field, Crdt> fields() {
    return fields;
  }

  /** A counter's value, 0 when there is none. */
  public long counter(String name) {
    return ((Counter) get(new Field(name, FieldType.COUNTER))).value();
  }

  /** True when there is such a flag and it is enabled. */
  public boolean isFlagEnabled(String name) {
    return ((Flag) get(new Field(name, FieldType.FLAG))).isEnabled();
  }

  /** A register, empty when there is none. */
  public Register register(String name) {
    return (Register) get(new Field(name, FieldType.REGISTER));
  }

  /** A set, empty when there is none. */
  public ElementSet set(String name) {
    return (ElementSet) get(new Field(name, FieldType.SET));
  }

  /** A map, empty when there is none. */
  public FieldMap map(String name) {
    return (FieldMap) get(new Field(name, FieldType.MAP));
  }

  private Crdt get(Field field) {
    return fields.getOrDefault(field, field.type().empty());
  }

  @Override
  public boolean isEmpty() {
    return fields.isEmpty();
  }

  @Override
  public void forEachDot(Consumer<Dot> action) {
    fields.values().forEach(field -> field.forEachDot(action));
  }

  @Override
  public Crdt join(CausalContext seen, Crdt other, CausalContext otherSeen) {
    FieldMap theirs = (FieldMap) other;
    TreeMap<Field, Crdt> joined = new TreeMap<>();
    TreeSet<Field> names = new TreeSet<>(fields.keySet());
    names.addAll(theirs.fields.keySet());
    for (Field field : names) {
      put(joined, field, get(field).join(seen, theirs.get(field), otherSeen));
    }
    return new FieldMap(joined);
  }

  @Override
  public Crdt retain(Predicate<Dot> chosen) {
    return map(field -> field.retain(chosen));
  }

  @Override
  public Crdt rename(UnaryOperator<Dot> names) {
    return map(field -> field.rename(names));
  }

  @Override
  public Crdt mergeLives(String node, long floor) {
    return map(field -> field.mergeLives(node, floor));
  }

  private FieldMap map(UnaryOperator<Crdt> change) {
    TreeMap<Field, Crdt> mapped = new TreeMap<>();
    for (Map.Entry<Field, Crdt> field : fields.entrySet()) {
      put(mapped, field.getKey(), change.apply(field.getValue()));
    }
    return new FieldMap(mapped);
  }

  private static void put(Map<Field, Crdt> fields, Field field, Crdt value) {
    if (value.isEmpty()) {
      fields.remove(field);
    } else {
      fields.put(field, value);
    }
  }

  @Override
  public Crdt apply(Operation operation, DotWriter writer) throws OperationException {
    return switch (operation) {
      case Operation.Update(var changes) -> {
        TreeMap<Field, Crdt> changed = new TreeMap<>(fields);
        for (Operation.FieldChange change : changes) {
          change(changed, change, writer);
        }
        yield new FieldMap(changed);
      }
      case Operation.Clear() -> {
        forEachDot(writer::remove);
        yield EMPTY;
      }
      default ->
          throw new OperationException("a map has no operation " + Operation.name(operation));
    };
  }

  private static void change(
      Map<Field, Crdt> fields, Operation.FieldChange change, DotWriter writer)
      throws OperationException {
    switch (change) {
      case Operation.ChangeField(Field field, Operation operation) -> {
        try {
          Crdt before = fields.getOrDefault(field, field.type().empty());
          put(fields, field, before.apply(operation, writer));
        } catch (OperationException e) {
          throw new OperationException("field " + field.name() + ": " + e.getMessage());
        }
      }
      case Operation.RemoveField(Field field) -> {
        Crdt removed = fields.remove(field);
        if (removed != null) {
          removed.forEachDot(writer::remove);
        }
      }
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FieldMap map && fields.equals(map.fields);
  }

  @Override
  public int hashCode() {
    return fields.hashCode();
  }

  @Override
  public String toString() {
    return "FieldMap" + fields;
  }
}
