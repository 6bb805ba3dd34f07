package io.llamamesh.operator.status;

/**
 * A condition before it has a time.
 *
 * @param type its type
 * @param value whether it holds
 * @param reason in CamelCase
 * @param message for people
 */
record Finding(String type, Value value, String reason, String message) {
  /** As the API conventions spell them. */
  enum Value {
    TRUE("True"),
    FALSE("False"),
    UNKNOWN("Unknown");

    private final String text;

    Value(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }

    /** What a condition says; what it says in nobody's words is not known. */
    static Value of(String text) {
      return text.equals(TRUE.text) ? TRUE : text.equals(FALSE.text) ? FALSE : UNKNOWN;
    }
  }

  static Finding yes(String type, String reason, String message) {
    return new Finding(type, Value.TRUE, reason, message);
  }

  static Finding no(String type, String reason, String message) {
    return new Finding(type, Value.FALSE, reason, message);
  }

  static Finding unknown(String type, String reason, String message) {
    return new Finding(type, Value.UNKNOWN, reason, message);
  }
}
