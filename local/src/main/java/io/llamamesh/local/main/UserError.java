package io.llamamesh.local.main;

import java.io.Serial;

/** An error that the user can mend; the message is the one line that is printed, and says how. */
final class UserError extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  UserError(String message) {
    super(message);
  }

  /** The beginning of what the innermost cause says, on one line. */
  static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage())
        .lines()
        .map(String::strip)
        // Jackson's own places, which say nothing to people.
        .filter(line -> !line.startsWith("at [Source"))
        .limit(3)
        .reduce((a, b) -> a + " " + b)
        .orElse("");
  }
}
