package io.llamamesh.fabric;

import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;

/**
 * The host of a fabric. Calls come on the thread of the event that led to them, in the order in
 * which they are to be done, and must neither wait nor call the fabric.
 */
public interface FabricHost {

  /**
   * Opens a link. The answer is {@link Fabric#linkUp} or {@link Fabric#dialFailed}, after at most a
   * few seconds.
   *
   * @param nonce this node's number of the link, sent to the peer
   * @param lastSeen the peer's number of its last link to this node, 0 if none, sent to the peer
   */
  void dial(FabricPeer peer, long nonce, long lastSeen);

  /** Sends over a link; what is sent over one link arrives in order or not at all. */
  void send(long link, Message message);

  /** Closes a link once what was sent is sent. {@link Fabric#linkDown} does not follow. */
  void close(long link);

  /** Sends a datagram: it may arrive, at that identity and no other. */
  void sendDatagram(FabricPeer peer, Message message);

  /** Stores this node's incarnation before anything else is sent. */
  void storeIncarnation(long incarnation);

  /** Takes news. */
  void notify(Notification notification);

  /**
   * A peer is linked and exchanges with this node from now on what all nodes hold; called for a
   * link, until {@link #neighborDown}, once.
   */
  default void neighborUp(String peer) {}

  /** A peer exchanges nothing any more. */
  default void neighborDown(String peer) {}
}
