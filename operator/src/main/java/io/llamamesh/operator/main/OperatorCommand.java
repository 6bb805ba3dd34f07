package io.llamamesh.operator.main;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.operator.resources.Images;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the operator until it is told to stop. */
@Command(
    name = "operator",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Watches LlamaMesh resources and runs their meshes.",
      "Finds the API server as kubectl does (KUBECONFIG, ~/.kube/config) or from inside a cluster."
    })
final class OperatorCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorCommand.class);
  private static final long STOP_SECONDS = 15;
  private static final int CHECK_MILLIS = 10_000;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "Look after meshes of this namespace only; repeatable. Default: all.")
  private Set<String> namespaces = Set.of();

  @Option(
      names = "--agent-image",
      paramLabel = "IMAGE",
      description = "Image of agents where a mesh names none. Default: this release's.")
  private @Nullable String agentImage;

  @Option(
      names = "--scraper-image",
      paramLabel = "IMAGE",
      description = "Image of scrapers. Default: this release's.")
  private @Nullable String scraperImage;

  @Option(
      names = "--leader-election",
      description =
          "Work only while holding the Lease llama-mesh-operator, so that several can run."
              + " Ends with code 1 when another takes over.")
  private boolean leaderElection;

  @Option(
      names = "--leader-election-namespace",
      paramLabel = "NAME",
      description = "Namespace of the Lease. Default: POD_NAMESPACE, else the client's.")
  private @Nullable String leaseNamespace = System.getenv("POD_NAMESPACE");

  @Option(
      names = "--health-port",
      paramLabel = "PORT",
      defaultValue = "8082",
      description = "TCP port of /healthz, /readyz and /metrics. Default: ${DEFAULT-VALUE}.")
  private int healthPort;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      defaultValue = "TEXT",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Logs.Format logFormat = Logs.Format.TEXT;

  @Override
  public Integer call() throws InterruptedException {
    Logs.use(logFormat);
    checkServer();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    AtomicBoolean lost = new AtomicBoolean();
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stop, stopped), "shutdown"));
    try (KubernetesClient client =
            new KubernetesClientBuilder()
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
        EmbeddedOperator operator =
            EmbeddedOperator.start(
                client,
                options(
                    client,
                    () -> {
                      lost.set(true);
                      stop.countDown();
                    }),
                metrics);
        HealthServer health =
            HealthServer.start(
                healthPort,
                () -> operator.isBroken() ? "a watch ended for good" : "",
                () -> ready(operator),
                metrics::scrape)) {
      LOG.info(
          "operator runs server={} namespaces={} healthPort={}",
          client.getMasterUrl(),
          namespaces.isEmpty() ? "all" : namespaces,
          health.port());
      stop.await();
      LOG.info("operator stops");
    } finally {
      stopped.countDown();
    }
    if (lost.get()) {
      LOG.warn("another operator leads");
      return 1;
    }
    return 0;
  }

  private String ready(EmbeddedOperator operator) {
    // One that stands by watches nothing and is as ready as it can be.
    Set<String> unwatched = leaderElection ? Set.of() : operator.unwatched();
    return unwatched.isEmpty() ? "" : "not watched: " + String.join(", ", unwatched);
  }

  /**
   * Asks for what is needed first, without the patience of the client at work, so that what is
   * wrong is said in one line and at once.
   */
  private void checkServer() {
    Config config =
        new ConfigBuilder(Config.autoConfigure(null))
            .withRequestRetryBackoffLimit(1)
            .withConnectionTimeout(CHECK_MILLIS)
            .withRequestTimeout(CHECK_MILLIS)
            .build();
    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(config)
            .withHttpClientFactory(new JdkHttpClientFactory())
            .build()) {
      var meshes = client.resources(LlamaMesh.class);
      var first = new ListOptionsBuilder().withLimit(1L).build();
      if (namespaces.isEmpty()) {
        meshes.inAnyNamespace().list(first);
      }
      for (String namespace : namespaces) {
        meshes.inNamespace(namespace).list(first);
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() <= 0) {
        throw new IllegalStateException(Problems.unreachable(config.getMasterUrl(), e));
      }
      throw e;
    }
  }

  private OperatorOptions options(KubernetesClient client, Runnable onLost) {
    Images images = OperatorOptions.defaultImages();
    String pod = System.getenv("POD_NAME");
    return new OperatorOptions(
        namespaces,
        new Images(
            Objects.requireNonNullElse(agentImage, images.agent()),
            Objects.requireNonNullElse(scraperImage, images.scraper())),
        leaderElection
            ? new LeaderElection(
                Objects.requireNonNullElse(leaseNamespace, client.getNamespace()),
                Objects.requireNonNullElseGet(pod, () -> UUID.randomUUID().toString()),
                onLost)
            : null);
  }

  private static void stop(CountDownLatch stop, CountDownLatch stopped) {
    stop.countDown();
    try {
      if (!stopped.await(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("operator did not stop in time seconds={}", STOP_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
