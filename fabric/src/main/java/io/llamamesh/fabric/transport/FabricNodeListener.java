package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.node.FabricPeer;

/**
 * Taker of what a node has to say; called on its thread, or its store's, must return at once and
 * not call the node.
 */
public interface FabricNodeListener {

  /** A notification of the fabric. */
  default void notified(Notification notification) {}

  /** A link ended, other than on purpose. */
  default void linkDown(FabricPeer peer, TransportEvent reason) {}

  /** A dial did not lead to a link. */
  default void dialFailed(FabricPeer peer, TransportEvent reason) {}

  /** It cannot take part; tried again each second. */
  default void cannotStart(String reason) {}

  /** It takes part from now on. */
  default void started(long incarnation) {}

  /** A message of multicast for this node, of a topic that is not the fabric's own. */
  default void delivered(Delivery delivery) {}

  /** The replicated store cannot use its disk; tried again each second. On the store's thread. */
  default void storeUnavailable(String reason) {}

  /**
   * The replicated store's file was damaged while it was in use, and was made anew. On the store's
   * thread.
   */
  default void storeRebuilt() {}

  /** An event could not be handled, which is a programming error; the node goes on. */
  void failed(Throwable cause);
}
