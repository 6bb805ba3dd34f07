package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.llamamesh.crd.Names;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Ownership of objects. A mesh's are those with its labels, and those that it owns. Another of the
 * same name is somebody else's, and nothing of it is changed.
 */
public final class Ownership {
  private static final List<String> LABELS =
      List.of("app.kubernetes.io/name", "app.kubernetes.io/managed-by", Names.MESH_LABEL);

  private Ownership() {}

  /**
   * Whether what is there may be written over.
   *
   * @param there what the server has
   * @param wanted what it shall be, with labels and owner
   */
  public static boolean isOurs(HasMetadata there, HasMetadata wanted) {
    Map<String, String> labels = labels(there);
    Map<String, String> ours = labels(wanted);
    return LABELS.stream().allMatch(key -> Objects.equals(labels.get(key), ours.get(key)))
        || owners(there).stream()
            .anyMatch(owner ->
                owners(wanted).stream()
                    .anyMatch(mesh -> Objects.equals(mesh.getUid(), owner.getUid())));
  }

  /** Whether what is there says nothing of whose it is. */
  static boolean isUnmarked(HasMetadata there) {
    return owners(there).isEmpty() && LABELS.stream().noneMatch(labels(there)::containsKey);
  }

  /**
   * Owners of what is there once it is the mesh's: in place of a namesake that is gone, whose
   * objects linger until they are collected, and beside whom the mesh cannot be the controller.
   *
   * @return null where there is no such namesake among them
   */
  static @Nullable List<OwnerReference> ownersWithoutNamesake(
      HasMetadata there, HasMetadata wanted) {
    List<OwnerReference> ours = owners(wanted);
    List<OwnerReference> kept =
        owners(there).stream()
            .filter(owner -> ours.stream().noneMatch(mesh -> isNamesake(owner, mesh)))
            .toList();
    if (kept.size() == owners(there).size()) {
      return null;
    }
    return Stream.concat(
            kept.stream(),
            ours.stream()
                .filter(mesh -> kept.stream().noneMatch(o -> mesh.getUid().equals(o.getUid()))))
        .toList();
  }

  private static boolean isNamesake(OwnerReference owner, OwnerReference mesh) {
    return Objects.equals(owner.getKind(), mesh.getKind())
        && Objects.equals(owner.getName(), mesh.getName())
        && !Objects.equals(owner.getUid(), mesh.getUid());
  }

  /** For people: {@code ServiceAccount net-agent}. */
  public static String name(HasMetadata object) {
    return object.getKind() + " " + object.getMetadata().getName();
  }

  private static Map<String, String> labels(HasMetadata object) {
    return Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.of());
  }

  private static List<OwnerReference> owners(@Nullable HasMetadata object) {
    return object == null || object.getMetadata().getOwnerReferences() == null
        ? List.of()
        : object.getMetadata().getOwnerReferences();
  }
}
