package io.llamamesh.fabric.transport;

/**
 * Bounds of a transport. Times are in nanoseconds.
 *
 * @param dial from a dial to its link or its failure
 * @param handshake from an accepted connection to its proof
 * @param frame from a frame's first byte to its last
 * @param writeStall how long a peer may take nothing while something waits for it
 * @param idle how long a link may be without a frame
 * @param flush how long a closed link may take to send what it still has
 * @param pending connections that have not proved who they are, in all
 * @param pendingPerAddress the same, from one address
 * @param links links that are up
 * @param queueBytes bytes that wait for one peer
 * @param heldBytes bytes that all connections hold of what is not whole or not sent
 */
public record TransportLimits(
    long dial,
    long handshake,
    long frame,
    long writeStall,
    long idle,
    long flush,
    int pending,
    int pendingPerAddress,
    int links,
    int queueBytes,
    long heldBytes) {

  private static final long MS = 1_000_000L;

  /** The limits that a node uses. */
  public static TransportLimits standard() {
    return new TransportLimits(
        3_000 * MS,
        3_000 * MS,
        5_000 * MS,
        5_000 * MS,
        30_000 * MS,
        2_000 * MS,
        64,
        16,
        64,
        6 << 20,
        Runtime.getRuntime().maxMemory() / 8);
  }
}
