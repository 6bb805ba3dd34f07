package io.llamamesh.operator.status;

/**
 * A condition before it has a time.
 *
 * @param type its type
 * @param status whether it holds
 * @param reason in CamelCase
 * @param message for people
 */
record MeshCondition(String type, Status status, String reason, String message) {
  /** As the API conventions spell them. */
  enum Status {
    TRUE("True"),
    FALSE("False"),
    UNKNOWN("Unknown");

    private final String text;

    Status(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }

    /** The status of that text; any other text is unknown. */
    static Status of(String text) {
      return text.equals(TRUE.text) ? TRUE : text.equals(FALSE.text) ? FALSE : UNKNOWN;
    }
  }

  static MeshCondition ofTrue(String type, String reason, String message) {
    return new MeshCondition(type, Status.TRUE, reason, message);
  }

  static MeshCondition ofFalse(String type, String reason, String message) {
    return new MeshCondition(type, Status.FALSE, reason, message);
  }

  static MeshCondition ofUnknown(String type, String reason, String message) {
    return new MeshCondition(type, Status.UNKNOWN, reason, message);
  }
}
