package io.llamamesh.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.RegisteredController;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetrics;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.keys.KeyServing;
import io.llamamesh.operator.reconcile.LlamaMeshReconciler;
import io.llamamesh.operator.report.RegistryPoller;
import io.llamamesh.operator.report.ReportPoller;
import io.llamamesh.operator.resources.ClaimLeases;
import io.llamamesh.operator.resources.EventReader;
import io.llamamesh.operator.resources.EventWriter;
import io.llamamesh.operator.resources.ObjectWriter;
import io.llamamesh.operator.resources.PrometheusOperatorApi;
import io.llamamesh.operator.resources.ScraperLease;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator inside another program: starts on construction, stops everything of its own on
 * {@link #close}, within a few seconds. No leader election, no signal handlers, no exit; the client
 * stays the caller's and open.
 *
 * <p>The CRD must be there. An instance is started once and then discarded.
 */
public final class EmbeddedOperator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedOperator.class);

  /** At most one reconciliation of a mesh in this time: a burst of changes is one. */
  private static final Duration RATE_LIMIT = Duration.ofSeconds(1);

  private static final Duration STOP_WITHIN = Duration.ofSeconds(5);

  /** A reconciliation that failed is retried for ever: first soon, later with such pauses. */
  private static final Duration RETRY_INITIAL = Duration.ofSeconds(1);

  private static final Duration RETRY_MAX = Duration.ofSeconds(30);
  private static final double RETRY_MULTIPLIER = 1.5;

  /** Whatever happens, or does not, each mesh is reconciled so often. */
  private static final Duration MAX_RECONCILE_INTERVAL = Duration.ofMinutes(5);

  private final Operator operator;
  private final LlamaMeshReconciler reconciler;
  private final ReportPoller poller;

  /** Closes of those that write, and of the server of keys. */
  private final List<Runnable> writers;

  private final AtomicBoolean broken;
  private volatile @Nullable RegisteredController<LlamaMesh> controller;

  private EmbeddedOperator(
      Operator operator,
      LlamaMeshReconciler reconciler,
      ReportPoller poller,
      List<Runnable> writers,
      AtomicBoolean broken) {
    this.operator = operator;
    this.reconciler = reconciler;
    this.poller = poller;
    this.writers = writers;
    this.broken = broken;
  }

  /** Starts an operator whose meters nobody reads; else as the other one. */
  public static EmbeddedOperator start(KubernetesClient client, OperatorOptions options) {
    return start(client, options, new SimpleMeterRegistry());
  }

  /**
   * Starts an operator; returns when it watches everything.
   *
   * @param registry takes the operator's meters; stays the caller's
   * @throws io.javaoperatorsdk.operator.OperatorException where the API server cannot be reached,
   *     the CRD is not there, or a right is missing
   */
  public static EmbeddedOperator start(
      KubernetesClient client, OperatorOptions options, MeterRegistry registry) {
    AtomicBoolean broken = new AtomicBoolean();
    ObjectWriter writer = new ObjectWriter(client);
    ReportPoller poller = ReportPoller.start();
    RegistryPoller registries = RegistryPoller.start();
    EventWriter events = new EventWriter(client);
    PrometheusOperatorApi monitoring = new PrometheusOperatorApi(client, Clock.systemUTC());
    KeyServing serving =
        options.keys() == null
            ? null
            : new KeyServing(client, options.keys(), registry, Clock.systemUTC());
    LlamaMeshReconciler reconciler =
        new LlamaMeshReconciler(
            options.pods(),
            writer,
            events,
            new EventReader(client),
            poller,
            registries,
            new ScraperLease(client),
            new ClaimLeases(client),
            options.identity(),
            monitoring,
            serving,
            Clock.systemUTC(),
            registry);
    Operator operator =
        new Operator(overrider -> configure(overrider, client, registry, reconciler, broken));
    EmbeddedOperator embedded =
        new EmbeddedOperator(
            operator,
            reconciler,
            poller,
            Stream.of(
                    Stream.<Runnable>of(
                        writer::close, events::close, monitoring::close, registries::close),
                    Stream.ofNullable(serving).<Runnable>map(keys -> keys::close))
                .flatMap(closes -> closes)
                .toList(),
            broken);
    try {
      embedded.controller =
          operator.register(
              reconciler,
              controller -> {
                controller
                    .withFieldManager(ObjectWriter.FIELD_MANAGER)
                    .withRateLimiter(new LinearRateLimiter(RATE_LIMIT, 1))
                    .withRetry(retry())
                    .withReconciliationMaxInterval(MAX_RECONCILE_INTERVAL)
                    // Our own filter: the generation does not count annotations.
                    .withGenerationAware(false)
                    .withOnUpdateFilter(EmbeddedOperator::isRelevantChange);
                if (options.namespaces().isEmpty()) {
                  controller.watchingAllNamespaces();
                } else {
                  controller.settingNamespaces(Set.copyOf(options.namespaces()));
                }
              });
      operator.start();
      return embedded;
    } catch (RuntimeException e) {
      embedded.close();
      throw e;
    }
  }

  private static void configure(
      ConfigurationServiceOverrider overrider,
      KubernetesClient client,
      MeterRegistry registry,
      LlamaMeshReconciler reconciler,
      AtomicBoolean broken) {
    overrider
        .withKubernetesClient(client)
        .withCloseClientOnStop(false)
        .withReconciliationTerminationTimeout(STOP_WITHIN)
        .withCacheSyncTimeout(Duration.ofMinutes(1))
        .withMetrics(MicrometerMetrics.withoutPerResourceMetrics(registry))
        // JOSDK's own handler would end the process.
        .withInformerStoppedHandler((informer, problem) -> {
          if (problem != null && !reconciler.isStopped()) {
            LOG.error("watch stopped for good resource={}", informer.getApiTypeClass(), problem);
            broken.set(true);
          }
        });
  }

  /**
   * Without an end: JOSDK's own gives up after five, and with the API out of reach for long nothing
   * would happen that has a mesh reconciled again.
   */
  private static GenericRetry retry() {
    return new GenericRetry()
        .withoutMaxAttempts()
        .setInitialInterval(RETRY_INITIAL)
        .setIntervalMultiplier(RETRY_MULTIPLIER)
        .setMaxInterval(RETRY_MAX.toMillis());
  }

  /** Reconciles the meshes of these namespaces from now on, those of before among them. */
  public void changeNamespaces(Set<String> namespaces) {
    try {
      Objects.requireNonNull(controller, "started").changeNamespaces(namespaces);
    } catch (RuntimeException e) {
      if (reconciler.isStopped()) {
        // Cut off in the middle: what was begun ends with it.
        LOG.debug("stopped while changing namespaces namespaces={}", namespaces, e);
        return;
      }
      LOG.error("changing namespaces failed namespaces={}", namespaces, e);
      broken.set(true);
    }
  }

  /** Begins no reconciliation any more; returns at once. */
  public void stopReconciling() {
    reconciler.stop();
  }

  /** Reconciliations since the start. */
  public long reconciliations() {
    return reconciler.reconciliations();
  }

  /**
   * Names of what is not watched; empty where all is well. A watch that was cut and is being opened
   * again is well: that is what watches are like.
   */
  public Set<String> unwatched() {
    return reconciler.unwatched();
  }

  /** Whether a watch ended for good: only a new instance helps. */
  public boolean isBroken() {
    return broken.get();
  }

  private static boolean isRelevantChange(LlamaMesh next, LlamaMesh before) {
    return !Objects.equals(next.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || !Objects.equals(rotation(next), rotation(before));
  }

  private static @Nullable String rotation(LlamaMesh mesh) {
    var annotations = mesh.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(Names.ROTATE_ANNOTATION);
  }

  @Override
  public void close() {
    reconciler.stop();
    poller.close();
    operator.stop();
    writers.forEach(Runnable::run);
  }
}
