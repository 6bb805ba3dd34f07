package io.llamamesh.agent.collector;

/** What can become of a probe, and what can happen beside; each is counted per pair and window. */
public enum Outcome {
  /** Handed to the kernel. */
  SENT,
  /** Answered in time. */
  RECEIVED,
  /** Not answered; the network's fault as far as we can tell. */
  LOST,
  /** Not answered while the peer's host said that nobody listens. */
  REFUSED,
  /** The kernel refused to send it, or a router said that it is too long for the path. */
  SEND_ERROR,
  /** Its answer was dropped because our receive buffer was full. */
  OWN_DROP,
  /** Dropped by the reflector itself. */
  OVERLOAD,
  /** Answered in time by the network but held up by the reflector or ourselves. */
  LATE,
  /** Answered more than once: one for every further answer. */
  DUPLICATE,
  /** Answered after a probe of the same flow that was sent later. */
  REORDERED,
  /** Answered by something that is not the probe we sent. */
  CORRUPT,
  /** Part of {@link #LOST}: it never reached the reflector. */
  FORWARD_LOST,
  /** Part of {@link #LOST}: it reached the reflector. */
  RETURN_LOST,
  /** Not answered by a peer that had said goodbye, or not waited for as we do; no fault. */
  SUPPRESSED,
  /** Beside: answered, but the DSCP was another on arrival at the reflector, or back here. */
  DSCP_REWRITTEN;

  static final int COUNT = values().length;
}
