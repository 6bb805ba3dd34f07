package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.operator.resources.MonitoringApi;
import io.llamamesh.operator.resources.Monitors;
import io.llamamesh.operator.resources.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to what tells Prometheus of a mesh, where the cluster has the kinds for it. A mesh is as
 * good without it, so that what goes wrong here is logged and no condition of the mesh.
 *
 * <p>One per mesh, for one thread at a time.
 */
final class Monitoring {
  private static final Logger LOG = LoggerFactory.getLogger(Monitoring.class);

  /** How often others' changes are looked for. */
  private static final Duration CHECK_EVERY = Duration.ofMinutes(1);

  private List<GenericKubernetesResource> known = List.of();
  private @Nullable Instant checked;
  private String problem = "";

  /** Writes what is missing or different; tells how many. */
  int ensure(LlamaMesh mesh, Owner owner, LlamaMeshSpec spec, MonitoringApi api, Instant now) {
    try {
      Set<String> kinds = api.kinds();
      List<GenericKubernetesResource> wanted =
          Monitors.of(owner, spec, labels(mesh)).stream()
              .filter(object -> kinds.contains(object.getKind()))
              .toList();
      if (wanted.equals(known) && checked != null && now.isBefore(checked.plus(CHECK_EVERY))) {
        return 0;
      }
      known = wanted;
      checked = now;
      int written = (int) wanted.stream().filter(api::ensure).count();
      problem = "";
      return written;
    } catch (KubernetesClientException e) {
      // Tried again in a minute; said once.
      if (!problem.equals(String.valueOf(e.getMessage()))) {
        problem = String.valueOf(e.getMessage());
        LOG.warn(
            "monitors not written mesh={}/{} problem={}", owner.namespace(), owner.name(), problem);
      }
      return 0;
    }
  }

  private static Map<String, String> labels(LlamaMesh mesh) {
    return Objects.requireNonNullElse(mesh.getMetadata().getLabels(), Map.of());
  }
}
