package io.llamamesh.scraper.web;

import java.io.Serial;

/** Thrown for a burst that is not started; the message is for whoever asked. */
public final class RefusedBurstException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * A refusal.
   *
   * @param status the HTTP status that says the same to programs
   */
  public RefusedBurstException(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
