package io.llamamesh.operator.main;

import io.fabric8.kubernetes.client.Config;
import io.llamamesh.kube.ApiClients;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.operator.keys.KeyServerOptions;
import io.llamamesh.operator.resources.Images;
import io.llamamesh.operator.resources.PodSettings;
import io.llamamesh.operator.resources.PodUser;
import io.llamamesh.operator.run.LeaderElection;
import io.llamamesh.operator.run.OperatorRunner;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Subcommand {@code operator}: runs the operator until a signal ends it. */
@Command(
    name = "operator",
    mixinStandardHelpOptions = true,
    description = {
      "Watches LlamaMesh resources and runs their meshes.",
      "Finds the API server as kubectl does (KUBECONFIG, ~/.kube/config) or from inside a cluster."
    })
final class OperatorCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorCommand.class);
  private static final long STOP_SECONDS = 20;
  private static final int MAX_PORT = 65_535;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "Reconcile meshes of this namespace only; repeatable (default: all).")
  private Set<String> namespaces = Set.of();

  @Option(
      names = "--agent-image",
      paramLabel = "IMAGE",
      description = "Image of agents where a mesh names none (default: this release's).")
  private @Nullable String agentImage;

  @Option(
      names = "--scraper-image",
      paramLabel = "IMAGE",
      description = "Image of scrapers (default: this release's).")
  private @Nullable String scraperImage;

  @Option(
      names = "--registry-image",
      paramLabel = "IMAGE",
      description = "Image of registries (default: this release's).")
  private @Nullable String registryImage;

  @Option(
      names = "--pod-user",
      paramLabel = "WHOSE",
      defaultValue = "FIXED",
      description =
          "Who names user, group and fsGroup of agents and scrapers. FIXED: 65532. PLATFORM: none is"
              + " named, the platform gives them, as OpenShift does (default: ${DEFAULT-VALUE}).")
  private PodUser podUser = PodUser.FIXED;

  @Option(
      names = "--leader-election",
      description =
          "Elect a leader by Lease llama-mesh-operator, so that several can run: the leader works,"
              + " the others stand by.")
  private boolean leaderElection;

  @Option(
      names = "--leader-election-namespace",
      paramLabel = "NAME",
      description = "Namespace of the Lease (default: POD_NAMESPACE, else the client's).")
  private @Nullable String leaseNamespace = System.getenv("POD_NAMESPACE");

  @Option(
      names = "--health-port",
      paramLabel = "PORT",
      defaultValue = "8082",
      description = "TCP port of /healthz, /readyz and /metrics (default: ${DEFAULT-VALUE}).")
  private int healthPort;

  @Option(
      names = "--keys-port",
      paramLabel = "PORT",
      description =
          "TCP port on which agents and scrapers of meshes with spec.security.keys: Node fetch their"
              + " keys, over TLS; open once there is such a mesh (default: none, such meshes get no"
              + " keys).")
  private @Nullable Integer keysPort;

  @Option(
      names = "--keys-url",
      paramLabel = "URL",
      description =
          "URL under which pods reach --keys-port, such as https://llama-mesh-operator.NAMESPACE.svc:8443"
              + " (needed with --keys-port).")
  private @Nullable URI keysUrl;

  @Option(
      names = "--keys-secret",
      paramLabel = "NAME",
      defaultValue = "llama-mesh-operator-keys",
      description =
          "Secret with the authority of that port's certificate, in the namespace of the Lease; made"
              + " where it is missing (default: ${DEFAULT-VALUE}).")
  private String keysSecret = "llama-mesh-operator-keys";

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      defaultValue = "TEXT",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private LogSetup.Format logFormat = LogSetup.Format.TEXT;

  @Override
  public Integer call() throws InterruptedException {
    LogSetup.apply(logFormat);
    String namespace = KubeconfigLoader.load(System.getenv()).getNamespace();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stop, stopped), "shutdown"));
    try (OperatorRunner runner =
            OperatorRunner.start(
                ApiClients.of(() -> Config.autoConfigure(null)),
                options(namespace),
                leaderElection ? election(namespace) : null,
                metrics);
        HealthServer health =
            HealthServer.start(
                healthPort, runner::livenessProblem, runner::readinessProblem, metrics::scrape)) {
      LOG.info("operator starting healthPort={}", health.port());
      stop.await();
      LOG.info("operator stopping");
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  private OperatorOptions options(@Nullable String namespace) {
    Images images = OperatorOptions.defaultImages();
    OperatorOptions options =
        new OperatorOptions(
            namespaces,
            new PodSettings(
                new Images(
                    agentImage == null ? images.agent() : agentImage,
                    scraperImage == null ? images.scraper() : scraperImage,
                    registryImage == null ? images.registry() : registryImage),
                podUser),
            // Replicas and successors are one by their Lease, others by where they run.
            leaderElection
                ? leaseNamespace(namespace) + "/" + LeaderElection.LEASE
                : "outside/" + host());
    KeyServerOptions keys = keys(namespace);
    return keys == null ? options : options.withKeys(keys);
  }

  private @Nullable KeyServerOptions keys(@Nullable String namespace) {
    if (keysPort == null && keysUrl == null) {
      return null;
    }
    if (keysPort == null || keysUrl == null) {
      throw wrong("--keys-port and --keys-url need each other");
    }
    if (keysPort < 0 || keysPort > MAX_PORT) {
      throw wrong("--keys-port must be 0 to " + MAX_PORT + ", was " + keysPort);
    }
    try {
      return new KeyServerOptions(keysPort, keysUrl, leaseNamespace(namespace), keysSecret);
    } catch (IllegalArgumentException e) {
      throw wrong("--keys-url " + e.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown-host";
    }
  }

  private String leaseNamespace(@Nullable String namespace) {
    String own = leaseNamespace == null ? namespace : leaseNamespace;
    return own == null ? "default" : own;
  }

  private LeaderElection election(@Nullable String namespace) {
    String pod = System.getenv("POD_NAME");
    return new LeaderElection(
        leaseNamespace(namespace), pod == null ? UUID.randomUUID().toString() : pod);
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
