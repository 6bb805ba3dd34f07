package io.llamamesh.agent.window;

/** Attempt at a probe that came due. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public enum Attempt implements Tally {
  /** Handed to the kernel; will have one {@link Outcome}. */
  SENT,
  /** Refused by the kernel: not sent, so without an outcome. */
  SEND_ERROR,
  /** Not sent, or not in time, since this process did not run or had no room. */
  SKIPPED;

  @Override
  public int index() {
    return ordinal();
  }
}
