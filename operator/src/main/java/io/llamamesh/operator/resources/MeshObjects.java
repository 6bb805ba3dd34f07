package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.llamamesh.crd.MeshSettings;
import java.util.ArrayList;
import java.util.List;

/** Every object of a mesh but ConfigMaps and its Secret, in the order in which they are written. */
public final class MeshObjects {
  private MeshObjects() {}

  /** The objects of a mesh. */
  public static List<HasMetadata> of(Owner owner, MeshSettings mesh, PodSettings pods) {
    List<HasMetadata> objects = new ArrayList<>(Rbac.of(owner));
    objects.addAll(Services.of(owner, mesh));
    objects.addAll(DisruptionAndNetworkPolicy.of(owner, mesh));
    objects.add(AgentDaemonSet.of(owner, mesh, pods));
    objects.add(ScraperDeployment.of(owner, mesh, pods));
    objects.addAll(RegistryObjects.of(owner, mesh, pods));
    return List.copyOf(objects);
  }
}
