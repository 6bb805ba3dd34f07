package io.llamamesh.fabric.store;

import io.llamamesh.fabric.crdt.Document;
import io.llamamesh.fabric.crdt.FieldMap;
import org.jspecify.annotations.Nullable;

/**
 * Value of a key at one moment. It is kept as the store has it, encoded, and decoded for whoever
 * reads it: what is only carried takes no memory of its own.
 */
public final class Value {

  /** Version of what nobody has written, or was removed and forgotten. */
  public static final String ABSENT = "0000000000000000";

  /** What is read of a key that nobody has written. */
  static final Value NONE = new Value(null);

  private final @Nullable Entry entry;

  private Value(@Nullable Entry entry) {
    this.entry = entry;
  }

  static Value of(@Nullable Entry entry) {
    return entry == null ? NONE : new Value(entry);
  }

  /**
   * The map, empty when there is none or it was removed. Each call decodes it anew, which takes ten
   * times {@link #encodedBytes} and more.
   */
  public FieldMap fields() {
    return (entry == null ? Document.EMPTY : entry.document()).root();
  }

  /**
   * 16 hexadecimal digits; two values of a key with one version are the same, seen and removed
   * parts included, so it changes with every operation that changes anything. {@value #ABSENT} for
   * a key that is not there.
   */
  public String version() {
    return entry == null ? ABSENT : entry.version();
  }

  /** Its size as the store has it, 0 when nobody has written it. */
  public int encodedBytes() {
    return entry == null ? 0 : entry.encoded().length;
  }

  /** True when there is no value. */
  public boolean isAbsent() {
    return entry == null || entry.isRemoved();
  }

  @Override
  public String toString() {
    return "Value[" + version() + ", " + encodedBytes() + " bytes]";
  }
}
