package io.llamamesh.operator.run;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.operator.reconcile.LlamaMeshReconciler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
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

  private static final String METER = "llamamesh.operator.namespace.served";
  private static final String ALL = "*";

  /** Pace of checks of namespaces that are served. */
  private static final Duration ASK_SERVED_EVERY = Duration.ofMinutes(1);

  private final Set<String> wanted;
  private final MeterRegistry registry;

  /** Those that were asked for in this term. */
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();

  /**
   * Answer of the server.
   *
   * @param refusal why a namespace cannot be served; empty: it can
   * @param at when
   */
  private record Answer(String refusal, Instant at) {
    boolean isServed() {
      return refusal.isEmpty();
    }
  }

  /**
   * For some namespaces.
   *
   * @param wanted their names; empty: all that there are
   * @param registry takes a gauge for each that was asked for, until {@link #forget}
   */
  ServedNamespaces(Set<String> wanted, MeterRegistry registry) {
    this.wanted = Set.copyOf(wanted);
    this.registry = registry;
  }

  /**
   * Asks for each of them whether everything in it may be watched.
   *
   * @return those where it may; empty where all that there are may be watched at once
   * @throws KubernetesClientException where none can be served, or the server does not say
   */
  Set<String> find(KubernetesClient client, Instant now) {
    if (wanted.isEmpty()) {
      client.resources(LlamaMesh.class).inAnyNamespace().list(ONE);
      served(ALL, now);
      return Set.of();
    }
    Set<String> served = new TreeSet<>();
    List<KubernetesClientException> refusals = new ArrayList<>();
    for (String namespace : new TreeSet<>(wanted)) {
      KubernetesClientException refusal = ask(client, namespace, true, now);
      if (refusal == null) {
        served.add(namespace);
      } else {
        refusals.add(refusal);
      }
    }
    if (served.isEmpty()) {
      throw refusals.getFirst();
    }
    return served;
  }

  /** Those to be asked for again: what is missing always, what is served once a minute. */
  Set<String> due(Instant now) {
    Set<String> due = new TreeSet<>();
    for (String namespace : wanted) {
      Answer last = answers.get(namespace);
      if (last == null || !last.isServed() || !now.isBefore(last.at().plus(ASK_SERVED_EVERY))) {
        due.add(namespace);
      }
    }
    return due;
  }

  /**
   * Asks again: for what was missing in full, for what is served only whether its meshes may be
   * listed.
   *
   * @param due the result of {@link #due}
   * @return those of them that can be served now
   * @throws KubernetesClientException where the server does not say
   */
  Set<String> recheck(KubernetesClient client, Set<String> due, Instant now) {
    Set<String> served = new TreeSet<>();
    for (String namespace : due) {
      Answer last = answers.get(namespace);
      if (ask(client, namespace, last == null || !last.isServed(), now) == null) {
        served.add(namespace);
      }
    }
    return served;
  }

  /** The term has ended: whoever works now knows, this one does not. */
  void forget() {
    registry.find(METER).gauges().forEach(registry::remove);
    answers.clear();
  }

  /** The refusal of a namespace; null: it can be served. */
  private @Nullable KubernetesClientException ask(
      KubernetesClient client, String namespace, boolean everything, Instant now) {
    try {
      client.resources(LlamaMesh.class).inNamespace(namespace).list(ONE);
      if (everything) {
        for (Class<? extends HasMetadata> kind : LlamaMeshReconciler.namespacedKinds()) {
          client.resources(kind).inNamespace(namespace).list(ONE);
        }
      }
      served(namespace, now);
      return null;
    } catch (KubernetesClientException e) {
      if (e.getCode() != FORBIDDEN && e.getCode() != NOT_FOUND) {
        throw e;
      }
      missing(namespace, ApiErrorMessage.oneLine(e), now);
      return e;
    }
  }

  private void served(String namespace, Instant now) {
    Answer before = answered(namespace, new Answer("", now));
    if (before != null && !before.isServed()) {
      LOG.info("namespace served again namespace={}", namespace);
    }
  }

  private void missing(String namespace, String why, Instant now) {
    Answer before = answered(namespace, new Answer(why, now));
    if (before == null || !why.equals(before.refusal())) {
      LOG.warn(
          "namespace not served, check that it and the operator's role in it exist namespace={}"
              + " error=\"{}\"",
          namespace,
          why);
    }
  }

  private @Nullable Answer answered(String namespace, Answer answer) {
    Answer before = answers.put(namespace, answer);
    if (before == null) {
      Gauge.builder(METER, () -> value(namespace))
          .description(
              "1 where this namespace's meshes are reconciled, 0 where it is gone or access is denied")
          .tag("namespace", namespace)
          .strongReference(true)
          .register(registry);
    }
    return before;
  }

  private double value(String namespace) {
    Answer answer = answers.get(namespace);
    if (answer == null) {
      return Double.NaN;
    }
    return answer.isServed() ? 1 : 0;
  }
}
