package io.llamamesh.agent.reflector;

/** What a reflector did with a datagram; each is counted. */
public enum Disposition {
  /** Sent back. */
  REFLECTED,
  /** Not a probe, or cut off. */
  MALFORMED,
  /** Marked as a reply: reflecting it would make two reflectors play ping-pong. */
  MARKED_REPLY,
  /** Came from a port on which a reflector listens. */
  FROM_REFLECTOR,
  /** A foreign probe whose signature was here less than two seconds ago. */
  SEEN_BEFORE,
  /** Over the limit of packets per second. */
  OVER_LIMIT,
  /** Wrongly keyed, or not keyed where a key is asked for. */
  UNKEYED,
  /** The kernel refused to send the reply; the sender is told like of {@link #OVER_LIMIT}. */
  SEND_FAILED
}
