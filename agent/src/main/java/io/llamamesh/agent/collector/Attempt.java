package io.llamamesh.agent.collector;

/** What was tried with a probe that came due. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public enum Attempt implements Tally {
  /** Handed to the kernel; has one {@link Outcome} sooner or later. */
  SENT,
  /** Refused by the kernel: not sent, so without an outcome. */
  SEND_ERROR,
  /** Not sent, or not as it should have been, since this process did not run or had no room. */
  SKIPPED;

  @Override
  public int index() {
    return ordinal();
  }
}
