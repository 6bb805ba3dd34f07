package io.llamamesh.agent.collector;

/** What became of a probe that was sent; each ends in exactly one of these. */
@SuppressWarnings("EnumOrdinal") // an index into counters of this process, never stored
public enum Outcome implements Tally {
  /** Answered in time. */
  RECEIVED,
  /**
   * Answered in time by the network, but held up by ourselves or a reflector that may stand still.
   */
  LATE,
  /** Not answered, or too late by the network's own doing; its fault as far as we can tell. */
  LOST,
  /** Not answered while the peer's host said that nobody listens. */
  REFUSED,
  /** Not answered, and a router said that it is too long for the path. */
  TOO_BIG,
  /** Its answer was dropped because our receive buffer was full. */
  OWN_DROP,
  /** Dropped by the reflector itself. */
  OVERLOAD,
  /** Answered by the peer, but the answer was cut or had grown on its way. */
  CORRUPT,
  /** Not answered by a peer that had said goodbye, or not waited for as we do; no fault. */
  SUPPRESSED;

  private static final int FIRST = Attempt.values().length;

  @Override
  public int index() {
    return FIRST + ordinal();
  }
}
