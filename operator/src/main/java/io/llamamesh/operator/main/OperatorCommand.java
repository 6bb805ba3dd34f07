package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.operator.resources.Images;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
      names = "--health-port",
      paramLabel = "PORT",
      defaultValue = "8082",
      description = "TCP port of /healthz and /readyz. Default: ${DEFAULT-VALUE}.")
  private int healthPort;

  @Override
  public Integer call() throws InterruptedException {
    Images images = OperatorOptions.defaultImages();
    OperatorOptions options =
        new OperatorOptions(
            namespaces,
            new Images(
                agentImage == null ? images.agent() : agentImage,
                scraperImage == null ? images.scraper() : scraperImage));
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stop, stopped), "shutdown"));
    try (KubernetesClient client =
            new KubernetesClientBuilder()
                .withHttpClientFactory(new JdkHttpClientFactory())
                .build();
        EmbeddedOperator operator = EmbeddedOperator.start(client, options);
        HealthServer health =
            HealthServer.start(
                healthPort, () -> "", () -> operator.isHealthy() ? "" : "a watch is broken")) {
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
    return 0;
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
