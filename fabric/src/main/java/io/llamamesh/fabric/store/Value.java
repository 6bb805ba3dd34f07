package io.llamamesh.fabric.store;

import io.llamamesh.fabric.crdt.FieldMap;

/**
 * Value of a key at one moment.
 *
 * @param fields the map, empty when there is none or it was removed
 * @param version 16 hexadecimal digits; two values of a key with one version are the same, seen and
 *     removed parts included, so it changes with every operation that changes anything. {@value
 *     #ABSENT} for a key that is not there.
 */
public record Value(FieldMap fields, String version) {

  /** Version of what nobody has written, or was removed and forgotten. */
  public static final String ABSENT = "0000000000000000";

  /** True when there is no value. */
  public boolean isAbsent() {
    return fields.isEmpty();
  }
}
