package io.llamamesh.agent.silence;

import java.io.Serial;

/** Thrown for a silence that is not kept, or cannot be read; the message is for whoever asked. */
public final class SilenceException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /** Kind of what went wrong. */
  public enum Kind {
    /** Out of bounds. */
    INVALID,
    /** Nobody has this name, or it is not silenced. */
    UNKNOWN_NODE,
    /** As many nodes as may be are silenced. */
    TOO_MANY,
    /** The agent takes no part in a fabric, which keeps silences. */
    NO_FABRIC,
    /** The store does not answer. */
    UNAVAILABLE
  }

  private final Kind kind;

  SilenceException(Kind kind, String message) {
    super(message, null, false, false);
    this.kind = kind;
  }

  /** Kind of what went wrong. */
  public Kind kind() {
    return kind;
  }

  /** Reason, for people. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
