package io.llamamesh.agent.reflector;

/** Disposition of a datagram by a reflector; each is counted. */
public enum Disposition {
  /** Sent back. */
  REFLECTED,
  /** Not a probe, or cut off. */
  MALFORMED,
  /** Marked as a reply: reflecting it could make two reflectors send it to and fro. */
  MARKED_REPLY,
  /** Came from a port on which a reflector listens. */
  FROM_REFLECTOR,
  /** A foreign probe whose signature was here less than two seconds ago. */
  SEEN_BEFORE,
  /** Over the limit of packets per second. */
  OVER_LIMIT,
  /** Signed with an unknown key, or unsigned where a key is required. */
  UNKEYED,
  /** The kernel refused to send the reply; reported to the sender like {@link #OVER_LIMIT}. */
  SEND_FAILED
}
