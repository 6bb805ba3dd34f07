package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.FabricOptions;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.store.ReplicatedStoreOptions;
import java.util.List;

/**
 * Options of a node of the fabric, fixed at its start.
 *
 * @param transport its name, address and bounds
 * @param fabric how the fabric behaves
 * @param contacts whom it asks to be taken in, until {@link FabricNode#setPeers} says others
 * @param store bounds and times of the replicated store
 */
public record FabricNodeOptions(
    TransportOptions transport,
    FabricOptions fabric,
    List<FabricPeer> contacts,
    ReplicatedStoreOptions store) {

  /** Copies the list. */
  public FabricNodeOptions {
    contacts = List.copyOf(contacts);
  }

  /** Options of a node whose store has the fabric's bounds. */
  public FabricNodeOptions(
      TransportOptions transport, FabricOptions fabric, List<FabricPeer> contacts) {
    this(transport, fabric, contacts, ReplicatedStoreOptions.DEFAULT);
  }
}
