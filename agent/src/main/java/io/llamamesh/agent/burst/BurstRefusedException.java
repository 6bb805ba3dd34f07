package io.llamamesh.agent.burst;

import java.io.Serial;

/** Thrown for a burst that is not begun; the message is for whoever asked. */
public final class BurstRefusedException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /** Kind of a refusal. */
  public enum Kind {
    /** The request is out of bounds, whatever else happens. */
    INVALID,
    /** Nobody has this name. */
    UNKNOWN_TARGET,
    /** Another burst is on its way; later it may be begun. */
    BUSY
  }

  private final Kind kind;

  BurstRefusedException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  /** Kind of this refusal. */
  public Kind kind() {
    return kind;
  }

  /** Reason, for people. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
