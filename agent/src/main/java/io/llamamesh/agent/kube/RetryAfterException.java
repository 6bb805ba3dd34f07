package io.llamamesh.agent.kube;

import java.io.IOException;
import java.time.Duration;

/** The API refused a request for now and says when to come back (429, 503). */
final class RetryAfterException extends IOException {
  private static final long serialVersionUID = 1;

  private final transient Duration after;

  RetryAfterException(String message, Duration after) {
    super(message + ", retry after " + after.toSeconds() + "s");
    this.after = after;
  }

  /** Pause that it asks for. */
  Duration after() {
    return after;
  }
}
