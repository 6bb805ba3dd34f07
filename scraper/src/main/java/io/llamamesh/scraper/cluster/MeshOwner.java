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
 * Where a scraper's own objects live, and whose they are.
 *
 * @param client to whoever made it
 * @param namespace the mesh's namespace
 * @param mesh the mesh's name
 * @param meshUid the mesh's uid, by which its objects are deleted with it; absent where nobody told
 */
public record MeshOwner(
    KubernetesClient client, String namespace, String mesh, @Nullable String meshUid) {

  /** Metadata of one of its objects. */
  ObjectMeta metadata(String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(namespace)
        .withLabels(Names.labels(mesh, Names.Component.SCRAPER))
        .withOwnerReferences(owners())
        .build();
  }

  /** Whether an object is the mesh's: by its labels, or since the mesh owns it. */
  boolean owns(HasMetadata object) {
    ObjectMeta metadata = object.getMetadata();
    Map<String, String> labels = Objects.requireNonNullElse(metadata.getLabels(), Map.of());
    return labels.entrySet().containsAll(Names.labels(mesh, Names.Component.SCRAPER).entrySet())
        || metadata.getOwnerReferences().stream().anyMatch(o -> o.getUid().equals(meshUid));
  }

  /** Garbage collection deletes what the mesh owns; the mesh's own deletion waits for nothing. */
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
