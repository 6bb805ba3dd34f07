package io.llamamesh.agent.http;

import java.io.Serial;

/** Thrown for a request that is answered with an error; the message is for the client. */
final class RequestException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final int status;

  RequestException(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
