package io.llamamesh.agent.collector;

/** State of a peer's reflector, as one collector sees it. */
public enum PeerState {
  /** Answers, or was not probed long enough. */
  UP,
  /** The last three probes or more were not answered. */
  SUSPECT,
  /** Nothing came back for longer than a window. */
  DOWN,
  /** Its host reports that nobody listens on the port. */
  REFUSED,
  /** Announced that it is about to stop; silence is not counted as loss. */
  DRAINING
}
