package io.llamamesh.fabric.crdt;

import java.util.Comparator;

/**
 * Name of a map's field, with its type.
 *
 * @param name 1 to {@value DocumentLimits#MAX_NAME_BYTES} bytes of UTF-8
 * @param type what the field holds
 */
public record Field(String name, FieldType type) implements Comparable<Field> {

  private static final Comparator<Field> ORDER =
      Comparator.comparing(Field::name).thenComparing(Field::type);

  /**
   * A field with its name checked.
   *
   * @throws IllegalArgumentException when the name is out of bounds
   */
  public Field {
    DocumentLimits.checkName(name, "field");
  }

  @Override
  public int compareTo(Field other) {
    return ORDER.compare(this, other);
  }
}
