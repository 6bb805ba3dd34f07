package io.llamamesh.agent.net;

/** Result of one send call. */
public enum SendResult {
  /** The kernel took the datagram. */
  SENT,
  /** The send buffer or the device queue is full. */
  NO_BUFFER,
  /** No route, or the address family cannot reach the destination. */
  UNREACHABLE,
  /** A local rule or permission forbids it. */
  DENIED,
  /** Larger than the path or the device takes without fragmenting. */
  TOO_BIG,
  /** Anything else, a closed socket among it. */
  FAILED
}
