package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.util.ArrayList;
import java.util.List;

/** NetworkPolicy of the scraper, and PodDisruptionBudget of several scrapers. */
final class DisruptionAndNetworkPolicy {
  private DisruptionAndNetworkPolicy() {}

  static List<HasMetadata> of(Owner owner, MeshSettings mesh) {
    List<HasMetadata> guards = new ArrayList<>();
    guards.add(policy(owner));
    // With one replica a budget would only make drains hang.
    if (mesh.scraper().replicas() > 1) {
      guards.add(budget(owner));
    }
    return guards;
  }

  /**
   * The page for pods of this cluster, the ingest port, which asks for a token, for anyone: agents
   * come from the nodes' own addresses.
   */
  private static HasMetadata policy(Owner owner) {
    return new NetworkPolicyBuilder()
        .withMetadata(owner.metadata(Names.scraper(owner.name()), Component.SCRAPER))
        .withNewSpec()
        .withNewPodSelector()
        .withMatchLabels(Names.selector(owner.name(), Component.SCRAPER))
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .addNewIngress()
        .addNewFrom()
        .withNewNamespaceSelector()
        .endNamespaceSelector()
        .endFrom()
        .addNewPort()
        .withNewPort(ScraperPorts.PAGE)
        .withProtocol("TCP")
        .endPort()
        .endIngress()
        .addNewIngress()
        .addNewPort()
        .withNewPort(ScraperPorts.INGEST)
        .withProtocol("TCP")
        .endPort()
        .endIngress()
        .endSpec()
        .build();
  }

  private static HasMetadata budget(Owner owner) {
    return new PodDisruptionBudgetBuilder()
        .withMetadata(owner.metadata(Names.scraper(owner.name()), Component.SCRAPER))
        .withNewSpec()
        .withMaxUnavailable(new IntOrString(1))
        // Pods that do not work anyway must not hold up a drain.
        .withUnhealthyPodEvictionPolicy("AlwaysAllow")
        .withNewSelector()
        .withMatchLabels(Names.selector(owner.name(), Component.SCRAPER))
        .endSelector()
        .endSpec()
        .build();
  }
}
