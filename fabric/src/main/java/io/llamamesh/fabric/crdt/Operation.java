package io.llamamesh.fabric.crdt;

import java.util.List;
import java.util.Set;

/**
 * Change of one data type. Operations name what to change, never the result, so that concurrent
 * ones of several nodes all have effect. Removing or disabling what is not there changes nothing
 * and is no error, so that a retry is harmless.
 */
public sealed interface Operation {

  /** Name of an operation for messages; what it carries may be long, or nested without end. */
  static String name(Operation operation) {
    return operation.getClass().getSimpleName();
  }

  /**
   * Adds to a counter; the only operation that a retry repeats.
   *
   * @param by what to add, negative to subtract
   */
  record Increment(long by) implements Operation {}

  /** Sets a flag; wins over a concurrent {@link Disable}. */
  record Enable() implements Operation {}

  /** Clears a flag, as far as it was seen set. */
  record Disable() implements Operation {}

  /**
   * Gives a register a value. It replaces all values that were seen, whatever their times; of
   * concurrent ones the latest by the writers' clocks is read.
   *
   * @param value at most {@value DocumentLimits#MAX_TEXT_BYTES} bytes of UTF-8
   */
  record Assign(String value) implements Operation {
    /**
     * An assignment with its value checked.
     *
     * @throws IllegalArgumentException when the value is out of bounds
     */
    public Assign {
      DocumentLimits.checkText(value, "value");
    }
  }

  /**
   * Adds elements to a set; wins over a concurrent {@link Remove}.
   *
   * @param elements each at most {@value DocumentLimits#MAX_TEXT_BYTES} bytes of UTF-8
   */
  record Add(Set<String> elements) implements Operation {
    /**
     * An addition with its elements checked.
     *
     * @throws IllegalArgumentException when an element is out of bounds
     */
    public Add {
      elements = Set.copyOf(elements);
      elements.forEach(element -> DocumentLimits.checkText(element, "element"));
    }
  }

  /**
   * Removes elements from a set, as far as they were seen.
   *
   * @param elements those to remove
   */
  record Remove(Set<String> elements) implements Operation {
    /** A removal. */
    public Remove {
      elements = Set.copyOf(elements);
    }
  }

  /**
   * Changes fields of a map, all or none, in this order.
   *
   * @param changes what to do
   */
  record Update(List<FieldChange> changes) implements Operation {
    /** An update. */
    public Update {
      changes = List.copyOf(changes);
    }

    /** An update of one field. */
    public static Update field(String name, FieldType type, Operation operation) {
      return new Update(List.of(new ChangeField(new Field(name, type), operation)));
    }

    /** A removal of one field. */
    public static Update without(String name, FieldType type) {
      return new Update(List.of(new RemoveField(new Field(name, type))));
    }
  }

  /** Change of one field of a map. */
  sealed interface FieldChange {}

  /**
   * An operation on a field, which comes into being by it.
   *
   * @param field the field
   * @param operation one of the field's type
   */
  record ChangeField(Field field, Operation operation) implements FieldChange {}

  /**
   * Removal of a field and all in it, as far as it was seen; what is concurrently written into it
   * stays.
   *
   * @param field the field
   */
  record RemoveField(Field field) implements FieldChange {}

  /** Removal of every field, as far as it was seen. */
  record Clear() implements Operation {}
}
