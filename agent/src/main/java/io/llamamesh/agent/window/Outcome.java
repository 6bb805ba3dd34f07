package io.llamamesh.agent.window;

/** Outcome of a probe that was sent; each has exactly one. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public enum Outcome implements Tally {
  /** Answered in time. */
  RECEIVED,
  /** Answered in time by the network, but delayed by ourselves or by a stalled reflector. */
  LATE,
  /** Not answered, or too late by the network's own doing; nothing else explains it. */
  LOST,
  /** Not answered while the peer's host reported that nobody listens on the port. */
  REFUSED,
  /** Not answered, and a router reported that it is too long for the path. */
  TOO_BIG,
  /** Its answer was dropped because our receive buffer was full. */
  OWN_DROP,
  /** Dropped by the reflector itself. */
  OVERLOAD,
  /** Answered by the peer, but the answer was shortened or lengthened on its way. */
  CORRUPT,
  /** Not answered by a peer that drains, or not waited for as we drain; no fault. */
  SUPPRESSED;

  private static final int FIRST = Attempt.values().length;

  @Override
  public int index() {
    return FIRST + ordinal();
  }
}
