package io.llamamesh.fabric.store;

/**
 * Outlet of a store's messages. Both ways may lose messages; neither may call back into the store.
 */
public interface StoreOutbox {

  /**
   * Sends to an active neighbour.
   *
   * @param message at most {@value StoreMessage#MAX_BYTES} bytes
   */
  void send(String neighbour, byte[] message);

  /**
   * Sends to every other node's store.
   *
   * @param message at most {@value StoreMessage#MAX_MULTICAST_BYTES} bytes
   */
  void multicast(byte[] message);
}
