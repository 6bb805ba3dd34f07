package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.llamamesh.crd.LlamaMeshSpec;
import java.util.ArrayList;
import java.util.List;

/** Every object of a mesh but ConfigMaps and its Secret, in the order in which they are written. */
public final class MeshObjects {
  private MeshObjects() {}

  /**
   * The objects.
   *
   * @param spec with every default filled in
   */
  public static List<HasMetadata> of(Owner owner, LlamaMeshSpec spec, PodSettings settings) {
    List<HasMetadata> objects = new ArrayList<>(Rbac.of(owner));
    objects.addAll(Services.of(owner, spec));
    objects.addAll(DisruptionAndNetworkPolicy.of(owner, spec));
    objects.add(AgentDaemonSet.of(owner, spec, settings));
    objects.add(ScraperDeployment.of(owner, spec, settings));
    return List.copyOf(objects);
  }
}
