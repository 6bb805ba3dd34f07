package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.util.List;

/**
 * Accounts and rights of the pods: a ServiceAccount each, bound in this namespace to the
 * ClusterRole that the chart ships.
 */
final class Rbac {
  static final String AGENT_ROLE = "llama-mesh-agent";
  static final String SCRAPER_ROLE = "llama-mesh-scraper";

  private Rbac() {}

  static List<HasMetadata> of(Owner owner) {
    return List.of(
        account(owner, Names.agent(owner.name()), Component.AGENT),
        account(owner, Names.scraper(owner.name()), Component.SCRAPER),
        binding(owner, Names.agent(owner.name()), Component.AGENT, AGENT_ROLE),
        binding(owner, Names.scraper(owner.name()), Component.SCRAPER, SCRAPER_ROLE));
  }

  private static HasMetadata account(Owner owner, String name, Component component) {
    return new ServiceAccountBuilder().withMetadata(owner.metadata(name, component)).build();
  }

  private static HasMetadata binding(Owner owner, String name, Component component, String role) {
    return new RoleBindingBuilder()
        .withMetadata(owner.metadata(name, component))
        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", role)
        .addNewSubject()
        .withKind("ServiceAccount")
        .withName(name)
        .withNamespace(owner.namespace())
        .endSubject()
        .build();
  }
}
