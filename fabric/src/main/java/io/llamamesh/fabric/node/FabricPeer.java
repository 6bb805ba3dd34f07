package io.llamamesh.fabric.node;

/**
 * A node and where it can be dialled.
 *
 * @param name the node's name, its identity in the mesh
 * @param address host and port of its fabric; opaque to everything but the transport
 */
public record FabricPeer(String name, String address) {

  /** Bytes that a name may have: a DNS subdomain name, as Kubernetes allows for nodes. */
  public static final int MAX_NAME = 253;

  /** Bytes that an address may have: a host name, a colon and a port. */
  public static final int MAX_ADDRESS = 259;

  /** Refuses names and addresses that are empty or too long. */
  public FabricPeer {
    if (name.isEmpty() || name.length() > MAX_NAME) {
      throw new IllegalArgumentException("a node's name has 1 to " + MAX_NAME + " characters");
    }
    if (address.isEmpty() || address.length() > MAX_ADDRESS) {
      throw new IllegalArgumentException("an address has 1 to " + MAX_ADDRESS + " characters");
    }
  }
}
