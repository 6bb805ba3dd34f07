package io.llamamesh.scraper.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.Names;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Owner of a scraper's objects: the mesh, its namespace and the client for both.
 *
 * @param client closed by its creator
 * @param namespace the mesh's namespace
 * @param mesh the mesh's name
 * @param meshUid the mesh's uid, for owner references; null if unknown
 */
public record MeshOwner(
    KubernetesClient client, String namespace, String mesh, @Nullable String meshUid) {

  /** Metadata for one of its objects. */
  ObjectMeta metadata(String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(namespace)
        .withLabels(Names.labels(mesh, Names.Component.SCRAPER))
        .withOwnerReferences(owners())
        .build();
  }

  /** True if an object belongs to the mesh, by its labels or owner references. */
  boolean owns(HasMetadata object) {
    ObjectMeta metadata = object.getMetadata();
    Map<String, String> labels = Objects.requireNonNullElse(metadata.getLabels(), Map.of());
    return labels.entrySet().containsAll(Names.labels(mesh, Names.Component.SCRAPER).entrySet())
        || metadata.getOwnerReferences().stream().anyMatch(o -> o.getUid().equals(meshUid));
  }

  /**
   * Owner references, so that objects are garbage-collected with the mesh without blocking its
   * deletion.
   */
  List<OwnerReference> owners() {
    return meshUid == null
        ? List.of()
        : List.of(
            new OwnerReferenceBuilder()
                .withApiVersion(Names.GROUP + "/v1alpha1")
                .withKind("LlamaMesh")
                .withName(mesh)
                .withUid(meshUid)
                .withBlockOwnerDeletion(false)
                .build());
  }
}
