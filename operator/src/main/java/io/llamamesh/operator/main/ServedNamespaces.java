package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.operator.reconcile.LlamaMeshReconciler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The namespaces that an operator shall serve, and which of them it can: one that is gone, or whose
 * rights went with it, must not keep it from the others.
 *
 * <p>Any thread may call.
 */
final class ServedNamespaces {
  private static final Logger LOG = LoggerFactory.getLogger(ServedNamespaces.class);
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final ListOptions ONE = new ListOptionsBuilder().withLimit(1L).build();

  private static final String ALL = "*";

  private final Set<String> wanted;

  /** Those that cannot be served, with the reason. */
  private final Map<String, String> missing = Collections.synchronizedMap(new TreeMap<>());

  /**
   * For some namespaces.
   *
   * @param wanted their names; empty: all that there are
   */
  ServedNamespaces(Set<String> wanted, MeterRegistry registry) {
    this.wanted = Set.copyOf(wanted);
    for (String namespace : wanted.isEmpty() ? Set.of(ALL) : new TreeSet<>(wanted)) {
      Gauge.builder(
              "llamamesh.operator.namespace.served",
              missing,
              now -> now.containsKey(namespace) ? 0 : 1)
          .description(
              "1 where this namespace's meshes are looked after, 0 where it is gone or that is not"
                  + " allowed")
          .tag("namespace", namespace)
          .register(registry);
    }
  }

  /**
   * Asks for each of them whether everything in it may be watched.
   *
   * @return those where it may; empty where all that there are may be watched at once
   * @throws KubernetesClientException where none can be served, or the server does not say
   */
  Set<String> find(KubernetesClient client) {
    if (wanted.isEmpty()) {
      client.resources(LlamaMesh.class).inAnyNamespace().list(ONE);
      return Set.of();
    }
    Set<String> served = new TreeSet<>();
    List<KubernetesClientException> refusals = new ArrayList<>();
    for (String namespace : new TreeSet<>(wanted)) {
      try {
        ask(client, namespace);
        served(namespace);
        served.add(namespace);
      } catch (KubernetesClientException e) {
        if (e.getCode() != FORBIDDEN && e.getCode() != NOT_FOUND) {
          throw e;
        }
        refusals.add(e);
        missing(namespace, Problems.oneLine(e));
      }
    }
    if (served.isEmpty()) {
      throw refusals.getFirst();
    }
    return served;
  }

  private static void ask(KubernetesClient client, String namespace) {
    client.resources(LlamaMesh.class).inNamespace(namespace).list(ONE);
    for (Class<? extends HasMetadata> kind : LlamaMeshReconciler.namespacedKinds()) {
      client.resources(kind).inNamespace(namespace).list(ONE);
    }
  }

  private void served(String namespace) {
    if (missing.remove(namespace) != null) {
      LOG.info("namespace is served again namespace={}", namespace);
    }
  }

  private void missing(String namespace, String why) {
    if (!why.equals(missing.put(namespace, why))) {
      LOG.warn(
          "namespace is not served; is it there, and the operator's role in it? namespace={}"
              + " error=\"{}\"",
          namespace,
          why);
    }
  }
}
