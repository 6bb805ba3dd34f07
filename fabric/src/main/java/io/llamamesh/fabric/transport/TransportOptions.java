package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.node.FabricPeer;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Options of a transport, fixed at its start.
 *
 * @param mesh name of the mesh; nodes of others are refused
 * @param self this node, under the address at which others reach it
 * @param epoch what this node's reflector marks its answers with, 0 where there is none
 * @param listen where it listens, over TCP and UDP alike
 * @param allowsUnauthenticated whether other hosts are spoken to without keys; else only this one
 * @param limits its bounds
 */
public record TransportOptions(
    String mesh,
    FabricPeer self,
    int epoch,
    List<InetSocketAddress> listen,
    boolean allowsUnauthenticated,
    TransportLimits limits) {

  /** Refuses a transport that listens nowhere, or whose mesh has no name. */
  public TransportOptions {
    listen = List.copyOf(listen);
    if (listen.isEmpty()) {
      throw new IllegalArgumentException("a transport listens on one address at least");
    }
    if (mesh.isEmpty() || mesh.length() > FabricPeer.MAX_NAME) {
      throw new IllegalArgumentException(
          "a mesh's name has 1 to " + FabricPeer.MAX_NAME + " characters");
    }
  }
}
