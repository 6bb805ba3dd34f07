package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.llamamesh.crd.Names;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which objects are a mesh's: those with its labels, and those that it owns. Another of the same
 * name is somebody else's, and nothing of it is changed.
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
