package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.llamamesh.crd.Names;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Has pods replaced whose ServiceAccount was deleted and made anew. Their tokens are bound to the
 * former one, so that the API server refuses them, and kubelets renew tokens only after most of an
 * hour.
 *
 * <p>The account's uid in the pods' template makes their controller roll them, as paced as ever. It
 * is there only where the account is newer than the workload: a mesh that nothing happened to has a
 * template without it.
 */
final class RecreatedServiceAccounts {
  private RecreatedServiceAccounts() {}

  /**
   * Completes workloads that shall be.
   *
   * @param objects all that shall be; others than workloads stay as they are
   * @param actual what is there of one
   */
  static void annotateTemplates(
      List<HasMetadata> objects, Function<HasMetadata, Optional<HasMetadata>> actual) {
    for (HasMetadata object : objects) {
      PodTemplateSpec template = template(object);
      Optional<HasMetadata> workload = template == null ? Optional.empty() : actual.apply(object);
      if (template == null || workload.isEmpty()) {
        continue;
      }
      Optional<HasMetadata> account =
          objects.stream()
              .filter(ServiceAccount.class::isInstance)
              .filter(
                  a -> a.getMetadata().getName().equals(template.getSpec().getServiceAccountName()))
              .findFirst()
              .flatMap(actual);
      // While it is not there nothing is known of the next one.
      String uid =
          account.isEmpty()
              ? annotated(workload.get())
              : isNewer(account.get(), workload.get())
                  ? account.get().getMetadata().getUid()
                  : null;
      if (uid != null) {
        annotate(template, uid);
      }
    }
  }

  private static boolean isNewer(HasMetadata one, HasMetadata other) {
    return created(one).isAfter(created(other));
  }

  private static Instant created(HasMetadata object) {
    String time = object.getMetadata().getCreationTimestamp();
    return time == null ? Instant.MIN : Instant.parse(time);
  }

  private static @Nullable String annotated(HasMetadata workload) {
    PodTemplateSpec template = template(workload);
    ObjectMeta metadata = template == null ? null : template.getMetadata();
    return metadata == null || metadata.getAnnotations() == null
        ? null
        : metadata.getAnnotations().get(Names.ACCOUNT_ANNOTATION);
  }

  private static void annotate(PodTemplateSpec template, String uid) {
    Map<String, String> annotations = new TreeMap<>();
    if (template.getMetadata().getAnnotations() != null) {
      annotations.putAll(template.getMetadata().getAnnotations());
    }
    annotations.put(Names.ACCOUNT_ANNOTATION, uid);
    template.getMetadata().setAnnotations(annotations);
  }

  private static @Nullable PodTemplateSpec template(HasMetadata object) {
    return switch (object) {
      case DaemonSet set -> set.getSpec().getTemplate();
      case Deployment deployment -> deployment.getSpec().getTemplate();
      default -> null;
    };
  }
}
