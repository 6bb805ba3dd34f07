package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.reconcile.LlamaMeshReconciler;
import io.llamamesh.operator.resources.Writer;
import io.llamamesh.operator.status.ReportPoller;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;

/**
 * The operator inside another program: starts on construction, stops everything of its own on
 * {@link #close}, within a few seconds. No leader election, no signal handlers, no exit; the client
 * stays the caller's and open.
 *
 * <p>The CRD must be there. An instance is started once and then discarded.
 */
public final class EmbeddedOperator implements AutoCloseable {
  /** At most one look at a mesh in this time: what comes in a burst is looked at together. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private static final Duration STOP_WITHIN = Duration.ofSeconds(5);

  private final Operator operator;
  private final Writer writer;
  private final ReportPoller poller;

  private EmbeddedOperator(Operator operator, Writer writer, ReportPoller poller) {
    this.operator = operator;
    this.writer = writer;
    this.poller = poller;
  }

  /**
   * Starts an operator; returns when it watches everything.
   *
   * @throws io.javaoperatorsdk.operator.OperatorException where the API server cannot be reached,
   *     the CRD is not there, or a right is missing
   */
  public static EmbeddedOperator start(KubernetesClient client, OperatorOptions options) {
    Operator operator =
        new Operator(overrider ->
            overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withReconciliationTerminationTimeout(STOP_WITHIN)
                .withCacheSyncTimeout(Duration.ofMinutes(1)));
    Writer writer = new Writer(client);
    ReportPoller poller = ReportPoller.start();
    EmbeddedOperator embedded = new EmbeddedOperator(operator, writer, poller);
    try {
      operator.register(
          new LlamaMeshReconciler(options.images(), writer, poller, Clock.systemUTC()),
          controller -> {
            controller
                .withFieldManager(Writer.FIELD_MANAGER)
                .withRateLimiter(new LinearRateLimiter(LOOK_EVERY, 1))
                // Our own filter: the generation does not count annotations.
                .withGenerationAware(false)
                .withOnUpdateFilter(EmbeddedOperator::matters);
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

  /** Whether everything is watched as it should be. */
  public boolean isHealthy() {
    return operator.getRuntimeInfo().isStarted()
        && operator.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  private static boolean matters(LlamaMesh next, LlamaMesh before) {
    return !Objects.equals(next.getMetadata().getGeneration(), before.getMetadata().getGeneration())
        || !Objects.equals(rotation(next), rotation(before));
  }

  private static @org.jspecify.annotations.Nullable String rotation(LlamaMesh mesh) {
    var annotations = mesh.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(Names.ROTATE_ANNOTATION);
  }

  @Override
  public void close() {
    poller.close();
    operator.stop();
    writer.close();
  }
}
