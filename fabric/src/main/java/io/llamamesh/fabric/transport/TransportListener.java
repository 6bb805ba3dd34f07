package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import org.jspecify.annotations.Nullable;

/**
 * Taker of what arrives at a transport, on the transport's thread. May call the transport; nothing
 * of that calls back before it returns.
 */
public interface TransportListener {

  /**
   * A link is up, its other end authenticated. On the accepting side this comes before the dialling
   * side hears of it.
   *
   * @param expected whom this node has dialled, null where the link was accepted
   * @param nonce the dialling side's number of the link
   * @param lastSeen which of this node's links the peer had last when it dialled, 0 where none
   */
  void linkUp(
      long link,
      FabricPeer peer,
      long incarnation,
      @Nullable FabricPeer expected,
      long nonce,
      long lastSeen);

  /** A link that was up ended, other than by {@link Transport#close}. */
  void linkDown(long link, FabricPeer peer, TransportEvent reason);

  /** A dial did not lead to a link. */
  void dialFailed(FabricPeer peer, TransportEvent reason);

  /** A message came over a link. */
  void received(long link, Message message);

  /**
   * A datagram came.
   *
   * @param toIncarnation which life of this node its sender meant, 0 where it knew none
   */
  void datagram(FabricPeer from, long toIncarnation, Message message);
}
