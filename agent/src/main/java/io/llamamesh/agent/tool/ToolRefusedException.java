package io.llamamesh.agent.tool;

import java.io.Serial;

/** Thrown for what a tool does not do, or cannot read; the message is for whoever asked. */
public final class ToolRefusedException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /** Kind of a refusal. */
  public enum Kind {
    /** The request is out of bounds, whatever else happens. */
    INVALID,
    /** Nobody has this name, or there is nothing of it. */
    UNKNOWN,
    /** As much as may be is on its way or kept; later it may be done. */
    BUSY,
    /** The agent takes no part in a fabric. */
    NO_FABRIC,
    /** What it needs does not answer. */
    UNAVAILABLE
  }

  private final Kind kind;

  /** A refusal, without a stack trace. */
  public ToolRefusedException(Kind kind, String message) {
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
