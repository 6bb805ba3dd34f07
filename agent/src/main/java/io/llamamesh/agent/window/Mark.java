package io.llamamesh.agent.window;

/** Observation of a probe beside its outcome; a probe may have several, or none. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public enum Mark implements Tally {
  /** Answered more than once: one for every further answer. */
  DUPLICATE,
  /** Answered after a probe of the same flow that was sent later. */
  REORDERED,
  /** Part of {@link Outcome#LOST}: it never reached the reflector. */
  FORWARD_LOST,
  /** Part of {@link Outcome#LOST}: it reached the reflector. */
  RETURN_LOST,
  /** Answered, but its DSCP had changed on arrival at the reflector, or back here. */
  DSCP_REWRITTEN,
  /**
   * Part of {@link Outcome#RECEIVED}: its send or that of its reply took long after the stamp, or
   * we stalled meanwhile. The delay is not the network's, so its RTT is left out.
   */
  STALLED;

  private static final int FIRST = Attempt.values().length + Outcome.values().length;

  @Override
  public int index() {
    return FIRST + ordinal();
  }
}
