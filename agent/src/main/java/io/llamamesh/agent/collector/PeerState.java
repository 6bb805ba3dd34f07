package io.llamamesh.agent.collector;

/** What a collector thinks of a peer's reflector. */
public enum PeerState {
  /** Answers, or was not asked long enough. */
  UP,
  /** Three probes were not answered, nor any since. */
  SUSPECT,
  /** Nothing came back for as long as a window. */
  DOWN,
  /** Its host says that nobody listens on the port. */
  REFUSED,
  /** Said that it is about to stop; nothing is counted. */
  DRAINING
}
