package io.llamamesh.fabric.transport;

/** Something that a transport counts: how a connection ended, or what was dropped and why. */
public enum TransportEvent {
  /** A connection was accepted from somebody who may be anybody. */
  CONNECTION_ACCEPTED,
  /** A link is up, its other end authenticated. */
  LINK_UP,
  /** The peer closed the link. */
  CLOSED_BY_PEER,
  /** The network broke the link. */
  BROKEN,
  /** This node closed the link on purpose. */
  CLOSED,
  /** All connections together held too much of what was not whole or not sent. */
  OUT_OF_MEMORY,
  /** The peer did not take what was sent to it: queue full, or nothing taken for too long. */
  SLOW_NEIGHBOR,
  /** A frame is not authentic. */
  BAD_MAC,
  /** A frame came twice, or one was left out. */
  WRONG_COUNTER,
  /** A frame or hello says that it is longer than allowed, or is of no known form. */
  BAD_FRAME,
  /** A frame was begun and not completed in time. */
  HALF_FRAME,
  /** A frame is authentic and its message of no known form; dropped, the link stays. */
  MALFORMED_MESSAGE,
  /** A message of multicast or store was dropped: no link to the neighbour, or no room. */
  MESSAGE_UNSENT,
  /** A neighbour's message of the store was dropped: too many wait for the disk. */
  STORE_OVERLOADED,
  /** Nothing came over a link for too long. */
  IDLE_LINK,
  /** The key of a link is not accepted any more and the peer has not taken another. */
  KEY_EXPIRED,
  /** Somebody else's hello or proof was not completed in time, or a dial. */
  HANDSHAKE_TIMEOUT,
  /** A connection was closed for a newer one: too many that have not proved who they are. */
  TOO_MANY_HANDSHAKES,
  /** A link was refused: too many are open. */
  TOO_MANY_LINKS,
  /** The connection could not be made. */
  DIAL_FAILED,
  /** Nobody listens where a peer was dialled. */
  DIAL_REFUSED,
  /** The other end is of another mesh. */
  WRONG_MESH,
  /** The other end speaks no version that this one does. */
  WRONG_VERSION,
  /** The other end has no key, or one that is not accepted, or has one where this node has none. */
  WRONG_KEY,
  /** The other end did not prove that it has the key. */
  BAD_PROOF,
  /** Another node was dialled at this one's address. */
  WRONG_NODE,
  /** Without keys only nodes of this host are spoken to. */
  NOT_LOOPBACK,
  /** The network refused a new connection for want of resources. */
  ACCEPT_FAILED,
  /** A datagram is of no known form, or too long. */
  DATAGRAM_MALFORMED,
  /** A datagram is of another mesh, or for another node. */
  DATAGRAM_NOT_FOR_US,
  /** A datagram is not authentic. */
  DATAGRAM_BAD_MAC,
  /** A datagram came twice, or is of an earlier life of its sender, or for one of this node's. */
  DATAGRAM_REPLAYED,
  /** A datagram could not be sent. */
  DATAGRAM_UNSENT,
  /** An answer to a probe carries the mark of another node than the one that was probed. */
  REPLY_OF_ANOTHER_NODE,
  /** The fabric failed to handle an event; a programming error. */
  INTERNAL_ERROR
}
