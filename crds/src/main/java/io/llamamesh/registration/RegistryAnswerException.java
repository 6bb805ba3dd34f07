package io.llamamesh.registration;

import java.io.IOException;
import java.io.Serial;

/** The registry answered, and refused. */
public final class RegistryAnswerException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final int status;

  RegistryAnswerException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
