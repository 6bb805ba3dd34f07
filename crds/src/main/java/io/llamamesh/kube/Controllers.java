package io.llamamesh.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.util.List;
import java.util.Optional;

/** The controller of an object: the one owner whose controller made it, or has taken it over. */
public final class Controllers {
  private Controllers() {}

  /** The controlling owner's reference; empty where nobody controls it. */
  public static Optional<OwnerReference> of(HasMetadata object) {
    List<OwnerReference> owners = object.getMetadata().getOwnerReferences();
    return owners == null
        ? Optional.empty()
        : owners.stream().filter(owner -> Boolean.TRUE.equals(owner.getController())).findFirst();
  }

  /**
   * True when a DaemonSet of that name controls it. Labels alone say nothing: whoever may create a
   * pod may give it any. A reference can be forged as well, but not for long: of an owner that is
   * not there the garbage collector deletes it, of one that is there its controller does, since the
   * node has a pod already.
   */
  public static boolean isOfDaemonSet(HasMetadata object, String name) {
    return of(object)
        .filter(owner ->
            "DaemonSet".equals(owner.getKind())
                && "apps/v1".equals(owner.getApiVersion())
                && name.equals(owner.getName()))
        .isPresent();
  }

  /**
   * True when a ReplicaSet controls it that has the name of a Deployment's, which is the
   * Deployment's name, a dash and a hash. As to forged references the same holds.
   */
  public static boolean isOfDeployment(HasMetadata object, String name) {
    return of(object)
        .filter(owner ->
            "ReplicaSet".equals(owner.getKind())
                && "apps/v1".equals(owner.getApiVersion())
                && owner.getName().startsWith(name + "-")
                && owner.getName().indexOf('-', name.length() + 1) < 0)
        .isPresent();
  }
}
