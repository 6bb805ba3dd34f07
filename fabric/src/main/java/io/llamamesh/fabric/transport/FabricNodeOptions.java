package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.node.FabricPeer;
import java.util.List;

/**
 * Options of a node of the fabric, fixed at its start.
 *
 * @param transport its name, address and bounds
 * @param fabric how the fabric behaves
 * @param contacts whom it asks to be taken in, until {@link FabricNode#setPeers} says others
 */
public record FabricNodeOptions(
    TransportOptions transport, FabricOptions fabric, List<FabricPeer> contacts) {

  /** Copies the list. */
  public FabricNodeOptions {
    contacts = List.copyOf(contacts);
  }
}
