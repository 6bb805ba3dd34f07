package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import java.util.Map;
import java.util.TreeMap;

/**
 * The mesh that owns objects.
 *
 * @param namespace where it and all its objects live
 * @param name its name
 * @param uid its uid: an object of a mesh of the same name that is gone is not ours
 */
public record Owner(String namespace, String name, String uid) {

  /** Metadata of one of its objects. */
  ObjectMeta metadata(String object, Component component) {
    return metadata(object, component, Map.of());
  }

  ObjectMeta metadata(String object, Component component, Map<String, String> annotations) {
    return new ObjectMetaBuilder()
        .withName(object)
        .withNamespace(namespace)
        .withLabels(Names.labels(name, component))
        .withAnnotations(annotations.isEmpty() ? null : new TreeMap<>(annotations))
        .withOwnerReferences(reference())
        .build();
  }

  /**
   * Garbage collection deletes the objects with their mesh; deletion of the mesh does not wait for
   * them, which would need a right on its finalizers.
   */
  OwnerReference reference() {
    return new OwnerReferenceBuilder()
        .withApiVersion(Names.GROUP + "/v1alpha1")
        .withKind("LlamaMesh")
        .withName(name)
        .withUid(uid)
        .withController(true)
        .withBlockOwnerDeletion(false)
        .build();
  }
}
