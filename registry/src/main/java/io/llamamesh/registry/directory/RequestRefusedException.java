package io.llamamesh.registry.directory;

import java.io.Serial;

/** A request that cannot be granted: why, in one sentence with the remedy, and its HTTP status. */
public final class RequestRefusedException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  static final int BAD_REQUEST = 400;
  static final int FORBIDDEN = 403;
  static final int NOT_FOUND = 404;
  static final int CONFLICT = 409;
  static final int UNAVAILABLE = 503;

  private final int status;

  /**
   * @param status HTTP status
   * @param message one sentence with the remedy
   */
  public RequestRefusedException(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  /** The HTTP status that says it. */
  public int status() {
    return status;
  }

  /** The sentence. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
