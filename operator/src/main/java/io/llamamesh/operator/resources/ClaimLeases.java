package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.Names.Component;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * The Lease beside each mesh that says which operator manages it.
 *
 * <p>Any thread may call.
 */
public class ClaimLeases {
  private final KubernetesClient client;

  public ClaimLeases(KubernetesClient client) {
    this.client = client;
  }

  /** Name of a mesh's Lease: no other Lease of ours ends like this, whatever the mesh is called. */
  public static String name(String mesh) {
    return mesh + "-claim";
  }

  /** The Lease on the server; null: none. */
  public @Nullable Lease read(Owner mesh) {
    return client.leases().inNamespace(mesh.namespace()).withName(name(mesh.name())).get();
  }

  /**
   * Writes one for a holder.
   *
   * @param seen what was read: where it has changed since, or where there is one and none was seen,
   *     this fails with a conflict
   * @param valid how long it holds without being renewed
   */
  public void write(Owner mesh, @Nullable Lease seen, String holder, Instant now, Duration valid) {
    Lease lease =
        of(mesh)
            .withNewSpec()
            .withHolderIdentity(holder)
            .withLeaseDurationSeconds(Math.toIntExact(valid.toSeconds()))
            .withRenewTime(now.atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    if (seen == null) {
      client.resource(lease).create();
    } else {
      lease.getMetadata().setResourceVersion(seen.getMetadata().getResourceVersion());
      client.resource(lease).update();
    }
  }

  /** Whether a Lease of that name is the mesh's, and not somebody else's. */
  public boolean isOurs(Owner mesh, Lease lease) {
    return Ownership.isOurs(lease, of(mesh).build());
  }

  private static LeaseBuilder of(Owner mesh) {
    return new LeaseBuilder().withMetadata(mesh.metadata(name(mesh.name()), Component.CONFIG));
  }
}
