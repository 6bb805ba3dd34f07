package io.llamamesh.agent.net;

/** Errors that the network reported for an earlier datagram, mostly by ICMP. */
public enum PeerError {
  /** The host is there, nobody listens on the port. */
  PORT_UNREACHABLE,
  /** A router or our own neighbour discovery cannot find the host. */
  HOST_UNREACHABLE,
  /** A router knows no way to the network. */
  NET_UNREACHABLE,
  /** A filter on the path rejected it. */
  ADMIN_PROHIBITED,
  /** The datagram does not fit the path. */
  TOO_BIG,
  /** Anything else. */
  OTHER
}
