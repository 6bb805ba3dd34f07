package io.llamamesh.operator.reconcile;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.resources.PrometheusMonitors;
import io.llamamesh.operator.resources.PrometheusOperatorApi;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciler of a mesh's {@link PrometheusMonitors}, where the cluster has their kinds. A mesh is
 * as good without them, so that nobody waits for them, and what goes wrong here is logged and no
 * condition of the mesh.
 *
 * <p>One per mesh; {@link #ensure} is for one thread at a time.
 */
final class MonitorReconciler {
  private static final Logger LOG = LoggerFactory.getLogger(MonitorReconciler.class);

  /** Pace of checks for others' changes. */
  private static final Duration CHECK_EVERY = Duration.ofMinutes(1);

  /** Pace of checks whether the kinds are there. */
  private static final Duration ASK_EVERY = Duration.ofSeconds(10);

  private static final String API = "APIResourceList";

  private final AtomicBoolean busy = new AtomicBoolean();
  private List<GenericKubernetesResource> asked = List.of();
  private @Nullable Instant askedAt;

  // Of the thread that writes.
  private List<GenericKubernetesResource> known = List.of();
  private @Nullable Instant checked;
  private final Map<String, String> problems = new HashMap<>();

  /**
   * Has missing and different objects written; returns at once.
   *
   * @param written takes how many objects were written, on another thread
   */
  void ensure(
      LlamaMesh mesh,
      Owner owner,
      MeshSettings settings,
      PrometheusOperatorApi api,
      Instant now,
      IntConsumer written) {
    List<GenericKubernetesResource> all = PrometheusMonitors.of(owner, settings, labels(mesh));
    if (all.equals(asked) && askedAt != null && now.isBefore(askedAt.plus(ASK_EVERY))) {
      return;
    }
    if (!busy.compareAndSet(false, true)) {
      return;
    }
    boolean submitted =
        api.trySubmit(client -> {
          try {
            written.accept(write(owner, all, api, client, now));
          } finally {
            busy.set(false);
          }
        });
    if (submitted) {
      asked = all;
      askedAt = now;
    } else {
      busy.set(false);
    }
  }

  private int write(
      Owner owner,
      List<GenericKubernetesResource> all,
      PrometheusOperatorApi api,
      KubernetesClient client,
      Instant now) {
    List<GenericKubernetesResource> wanted;
    try {
      Set<String> kinds = api.kinds(client);
      wanted = all.stream().filter(object -> kinds.contains(object.getKind())).toList();
      problems.remove(API);
    } catch (KubernetesClientException e) {
      failed(owner, API, e);
      return 0;
    }
    if (wanted.equals(known) && checked != null && now.isBefore(checked.plus(CHECK_EVERY))) {
      return 0;
    }
    known = wanted;
    checked = now;
    int written = 0;
    for (GenericKubernetesResource object : wanted) {
      try {
        written += api.tryApply(client, object) ? 1 : 0;
        problems.remove(object.getKind());
      } catch (KubernetesClientException e) {
        failed(owner, object.getKind(), e);
      }
    }
    return written;
  }

  /** Tried again in a minute; said once. */
  private void failed(Owner owner, String what, KubernetesClientException e) {
    String why = e.getCause() == null ? "" : " (" + e.getCause() + ")";
    String problem = e.getMessage() + why;
    if (!problem.equals(problems.put(what, problem))) {
      LOG.warn(
          "monitor not written mesh={}/{} kind={} error={}",
          owner.namespace(),
          owner.name(),
          what,
          problem);
    }
  }

  private static Map<String, String> labels(LlamaMesh mesh) {
    return Objects.requireNonNullElse(mesh.getMetadata().getLabels(), Map.of());
  }
}
