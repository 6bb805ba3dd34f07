package io.llamamesh.fabric.multicast;

/** Outlet of messages and deliveries. Neither may call back into the multicast. */
public interface MulticastOutbox {

  /**
   * Sends to an active neighbour.
   *
   * @return false when there is no link to it, or no room on it: the copy is lost
   */
  boolean trySend(String neighbour, byte[] message);

  /** Takes a message for this node. */
  void deliver(Delivery delivery);
}
