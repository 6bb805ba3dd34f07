package io.llamamesh.fabric.crdt;

import io.llamamesh.fabric.codec.CodecException;
import java.util.Arrays;

/** Types of a map's fields. A field's type is part of its name: two types are two fields. */
public enum FieldType {
  COUNTER(1),
  FLAG(2),
  REGISTER(3),
  SET(4),
  MAP(5);

  private final int code;

  FieldType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static FieldType ofCode(int code) throws CodecException {
    return Arrays.stream(values())
        .filter(type -> type.code == code)
        .findAny()
        .orElseThrow(() -> new CodecException("unknown field type " + code));
  }

  /** State of a field that nobody has written. */
  Crdt empty() {
    return switch (this) {
      case COUNTER -> Counter.EMPTY;
      case FLAG -> Flag.EMPTY;
      case REGISTER -> Register.EMPTY;
      case SET -> ElementSet.EMPTY;
      case MAP -> FieldMap.EMPTY;
    };
  }
}
