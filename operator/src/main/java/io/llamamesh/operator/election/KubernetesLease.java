package io.llamamesh.operator.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Lease by a client whose requests end soon, and which does not try again by itself. */
public final class KubernetesLease implements LeaseStore {
  private final KubernetesClient client;
  private final String namespace;
  private final String name;

  /**
   * @param client stays the caller's
   */
  public KubernetesLease(KubernetesClient client, String namespace, String name) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
  }

  @Override
  public @Nullable Lease get() {
    return client.leases().inNamespace(namespace).withName(name).get();
  }

  @Override
  public Lease create(Lease lease) {
    Lease named =
        new LeaseBuilder(lease)
            .editOrNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .withLabels(Map.of("app.kubernetes.io/name", "llama-mesh"))
            .endMetadata()
            .build();
    return client.resource(named).create();
  }

  @Override
  public Lease replace(Lease lease) {
    return client.resource(lease).update();
  }

  @Override
  public String name() {
    return namespace + "/" + name;
  }
}
