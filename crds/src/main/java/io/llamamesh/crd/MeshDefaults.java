package io.llamamesh.crd;

/**
 * Defaults of a {@link LlamaMeshSpec}'s fields, as the schema and {@link MeshSettings} take them.
 *
 * <p>Most are in the schema, for {@code kubectl explain}; those of groups, ports and probes must
 * not be, since under server-side apply a defaulted list entry stays beside the user's own.
 */
final class MeshDefaults {
  /** Name of the group and of the class that a spec without any has. */
  static final String NAME = "default";

  /** UDP port of reflectors, here and outside; TCP port of the agents' API. */
  static final int PORT = 8100;

  /** TCP and UDP port of the agents' fabric. */
  static final int FABRIC_PORT = 8101;

  /** Source ports of a class. */
  static final int SOURCE_PORTS = 4;

  /** Where source ports are allocated from when a class names no base port. */
  static final int FIRST_SOURCE_PORT = 25_000;

  static final String TIMEOUT = "1s";
  static final int PAYLOAD_BYTES = 1000;
  static final String PROBE_INTERVAL = "250ms";
  static final int MAX_PEERS = 64;
  static final int MAX_PACKETS_PER_SECOND = 100_000;
  static final String WINDOW = "10s";
  static final String RETENTION = "1h";
  static final String MAX_UNAVAILABLE = "10%";
  static final int SCRAPERS = 2;
  static final double LOSS_PERCENT = 1;
  static final String RTT_P99 = "50ms";

  /** Keepalive of registrations outside the cluster. */
  static final String KEEPALIVE = "300s";

  static final int OUTSIDE_PROBES = 200;
  static final int REGISTRY_PORT = 5000;

  private MeshDefaults() {}
}
