package io.llamamesh.operator.status;

import io.llamamesh.crd.MeshSettings;
import org.jspecify.annotations.Nullable;

/**
 * Ports that must be open between nodes for the fabric and what it goes by.
 *
 * @param probes UDP port of the reflectors
 * @param fabric TCP and UDP port of the fabric
 */
public record FabricPorts(int probes, int fabric) {
  /** Ports of a mesh; the default ones where no spec is in force. */
  public static FabricPorts of(@Nullable MeshSettings settings) {
    MeshSettings known = settings == null ? MeshSettings.defaults() : settings;
    return new FabricPorts(known.reflector().port(), known.fabric().port());
  }
}
