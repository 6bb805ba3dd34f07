package io.llamamesh.scraper.main;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Kubernetes;
import io.llamamesh.scraper.cluster.PodAgents;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.Store;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code scraper}: runs until the process is told to end. */
@Command(
    name = "scraper",
    description = {
      "Reads all agents' windows, writes them to InfluxDB, and shows the matrix.",
      "Agents are found by the pods of mesh $MESH_NAME in $POD_NAMESPACE, or named by --collectors."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true)
final class ScraperCommand implements Callable<Integer> {
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_PORT = 65_535;

  @Option(
      names = "--mesh",
      paramLabel = "NAME",
      description = "the mesh's name (default: $MESH_NAME, else 'default')")
  private @Nullable String mesh;

  @Option(
      names = {"--collectors", "-llama.collector-hosts"},
      paramLabel = "HOST[:PORT],...",
      description = "agents to read, instead of looking for pods")
  private @Nullable String collectors;

  @Option(
      names = {"--collector-port", "-llama.collector-port"},
      paramLabel = "PORT",
      defaultValue = "8100",
      description = "port of --collectors that name none (default: ${DEFAULT-VALUE})")
  private int collectorPort;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "address of the page and the API (default: all)")
  private String bind = "0.0.0.0";

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "port of the page and the API, 0 picks a free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--ingest-port",
      defaultValue = "8081",
      description =
          "port on which draining agents post their last windows, 0: none"
              + " (default: ${DEFAULT-VALUE})")
  private int ingestPort;

  @Option(
      names = {"--interval"},
      converter = Durations.class,
      defaultValue = "10s",
      description = "length of a window until agents show theirs (default: ${DEFAULT-VALUE})")
  private Duration interval = Duration.ofSeconds(10);

  @Option(
      names = "--retention",
      converter = Durations.class,
      defaultValue = "1h",
      description = "how far back the matrix remembers (default: ${DEFAULT-VALUE})")
  private Duration retention = Duration.ofHours(1);

  @Option(
      names = "--agent-timeout",
      converter = Durations.class,
      defaultValue = "5s",
      description = "of one request to an agent (default: ${DEFAULT-VALUE})")
  private Duration agentTimeout = Duration.ofSeconds(5);

  @Option(
      names = "--alert-loss-percent",
      paramLabel = "PERCENT",
      defaultValue = "1",
      description = "a pair that loses more may be bad (default: ${DEFAULT-VALUE})")
  private double lossPercent;

  @Option(
      names = "--alert-rtt-p99",
      converter = Durations.class,
      defaultValue = "50ms",
      description = "a pair whose p99 is above is slow (default: ${DEFAULT-VALUE})")
  private Duration rttP99 = Duration.ofMillis(50);

  @Option(
      names = "--influxdb-url",
      paramLabel = "URL",
      description = "a store with InfluxDB's v2 write API; absent: in memory only")
  private @Nullable String influxUrl;

  @Option(
      names = "--influxdb-org",
      defaultValue = "",
      description = "organisation, where it has any")
  private String influxOrg = "";

  @Option(names = "--influxdb-bucket", defaultValue = "", description = "bucket, where it has any")
  private String influxBucket = "";

  @Option(
      names = "--influxdb-token-file",
      paramLabel = "FILE",
      description = "file with the token (default: $INFLUXDB_TOKEN, else none)")
  private @Nullable Path influxTokenFile;

  @Spec private @Nullable CommandSpec spec;

  private final Environment environment;

  ScraperCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    checkPort("--port", port);
    checkPort("--ingest-port", ingestPort);
    String meshName = mesh != null ? mesh : environment.get("MESH_NAME", "default");
    ScraperConfig config = config(meshName);
    Store store = influxUrl == null ? null : store(influxUrl);
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (KubernetesClient kubernetes = collectors == null ? Kubernetes.connect() : null) {
      AgentSource agents = agents(kubernetes, meshName);
      Scraper scraper = Scraper.start(config, agents, store, CursorStore.NONE, () -> null);
      environment.onStop(() -> {
        stop.countDown();
        stopped.await();
      });
      System.out.println(
          "scraper of mesh %s on http://%s:%d/ store: %s"
              .formatted(
                  meshName,
                  scraper.address().getAddress().getHostAddress(),
                  scraper.address().getPort(),
                  store == null ? "none, in memory only" : store.description()));
      try (scraper) {
        stop.await();
      }
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  private ScraperConfig config(String meshName) {
    try {
      return new ScraperConfig(
          meshName,
          new InetSocketAddress(bind, port),
          interval,
          retention,
          agentTimeout,
          new Limits(lossPercent, rttP99));
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private AgentSource agents(@Nullable KubernetesClient kubernetes, String meshName) {
    if (kubernetes != null) {
      String connected = kubernetes.getNamespace();
      String namespace =
          environment.get("POD_NAMESPACE", connected == null ? "default" : connected);
      return new PodAgents(kubernetes, namespace, meshName);
    }
    try {
      StaticAgents agents = new StaticAgents(String.valueOf(collectors), collectorPort);
      if (agents.agents().isEmpty()) {
        throw wrong("--collectors names no agent, write host:port,host:port");
      }
      return agents;
    } catch (IllegalArgumentException e) {
      throw wrong("--collectors: " + e.getMessage());
    }
  }

  private Store store(String url) {
    try {
      return new InfluxV2(url, influxOrg, influxBucket, token(), STORE_TIMEOUT);
    } catch (IllegalArgumentException e) {
      throw wrong("--influxdb-url must be as http://host:8086, was '" + url + "'");
    }
  }

  private @Nullable String token() {
    if (influxTokenFile == null) {
      return environment.find("INFLUXDB_TOKEN");
    }
    try {
      return Files.readString(influxTokenFile).strip();
    } catch (IOException e) {
      throw wrong("--influxdb-token-file " + influxTokenFile + " cannot be read");
    }
  }

  private void checkPort(String name, int value) {
    if (value < 0 || value > MAX_PORT) {
      throw wrong(name + " must be 0 to 65535, was " + value);
    }
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException("picocli sets the spec");
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
