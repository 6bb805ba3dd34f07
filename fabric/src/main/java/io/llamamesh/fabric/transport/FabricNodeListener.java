package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.node.FabricPeer;

/** Taker of what a node has to say; called on its thread, must return at once. */
public interface FabricNodeListener {

  /** A notification of the fabric. */
  void notified(Notification notification);

  /** A link ended, other than on purpose. */
  void linkDown(FabricPeer peer, TransportEvent reason);

  /** A dial did not lead to a link. */
  void dialFailed(FabricPeer peer, TransportEvent reason);

  /** It cannot take part; tried again each second. */
  void cannotStart(String reason);

  /** It takes part from now on. */
  void started(long incarnation);

  /** An event could not be handled, which is a programming error; the node goes on. */
  void failed(Throwable cause);
}
