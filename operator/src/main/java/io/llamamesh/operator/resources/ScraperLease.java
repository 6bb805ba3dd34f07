package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.Names;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scrapers' Lease: its holder writes to the store, and its report is the one that knows of the
 * store. Any thread may ask.
 */
public final class ScraperLease {
  private static final Logger LOG = LoggerFactory.getLogger(ScraperLease.class);

  private final KubernetesClient client;

  public ScraperLease(KubernetesClient client) {
    this.client = client;
  }

  /** Name of the pod that holds it; null where nobody does, or where that cannot be found out. */
  public @Nullable String holder(Owner mesh) {
    try {
      Lease lease =
          client.leases().inNamespace(mesh.namespace()).withName(Names.scraper(mesh.name())).get();
      return lease == null || lease.getSpec() == null ? null : lease.getSpec().getHolderIdentity();
    } catch (KubernetesClientException e) {
      LOG.debug(
          "lease not read mesh={}/{} error={}", mesh.namespace(), mesh.name(), e.getMessage());
      return null;
    }
  }
}
