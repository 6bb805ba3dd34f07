package io.llamamesh.scraper.main;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.crd.Names;
import io.llamamesh.results.IpText;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.auth.ApiToken;
import io.llamamesh.scraper.auth.NodeCredentials;
import io.llamamesh.scraper.auth.TokenFile;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.cluster.CombinedAgents;
import io.llamamesh.scraper.cluster.ConfigMapCursors;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.FileCursors;
import io.llamamesh.scraper.cluster.Kubernetes;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.cluster.LeaseLeadership;
import io.llamamesh.scraper.cluster.MeshOwner;
import io.llamamesh.scraper.cluster.PodAgents;
import io.llamamesh.scraper.cluster.RegistryAgents;
import io.llamamesh.scraper.cluster.StaticAgents;
import io.llamamesh.scraper.run.ScraperConfig;
import io.llamamesh.scraper.run.ScraperRun;
import io.llamamesh.scraper.run.WebAccess;
import io.llamamesh.scraper.store.Store;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Command {@code scraper}: runs until SIGTERM or SIGINT. */
@Command(
    name = "scraper",
    description = {
      "Pulls all agents' windows, writes them to a store, and serves the matrix.",
      "Agents are discovered by the pods of mesh $MESH_NAME in $POD_NAMESPACE, or named by"
          + " --collectors."
          + " --registry reads the list of a registry of probes outside the cluster; so does"
          + " $LLAMA_SERVER if no option names agents."
          + " Without any of these, or with -llama.collector-hosts or -llama.collector-port, LLAMA's"
          + " defaults apply: it reads the collector on localhost:5000 and writes to the InfluxDB on"
          + " 127.0.0.1:5086. Any of LLAMA's InfluxDB flags selects LLAMA's store."
    },
    mixinStandardHelpOptions = true)
final class ScraperCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ScraperCommand.class);
  private static final int MAX_PORT = 65_535;
  private static final int COLLECTOR_PORT = 8100;
  private static final int PAGE_PORT = 8080;
  private static final int INGEST_PORT = 8081;

  @Option(
      names = "--mesh",
      paramLabel = "NAME",
      description = "The mesh's name (default: $MESH_NAME, else 'default').")
  private @Nullable String mesh;

  @Option(
      names = "--collectors",
      paramLabel = "HOST[:PORT],...",
      description = "Agents to read, instead of discovering pods.")
  private @Nullable String collectors;

  @Mixin private final RegistryOptions registry = new RegistryOptions();

  @Option(
      names = "--collector-port",
      paramLabel = "PORT",
      description = "Port of --collectors without one (default: 8100).")
  private @Nullable Integer collectorPort;

  @Option(
      names = "--agent-port",
      paramLabel = "PORT",
      description =
          "API port of all agents in pods; then only pods that the mesh's DaemonSet controls"
              + " are agents (default: the ports that pods with the mesh's labels declare).")
  private @Nullable Integer agentPort;

  @Option(
      names = "--cursor-file",
      paramLabel = "FILE",
      description =
          "File for the cursors up to which agents were read (default: a ConfigMap; with"
              + " --collectors, --registry or LLAMA's defaults none).")
  private @Nullable Path cursorFile;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "Address of the page and the API (default: all).")
  private String bind = "0.0.0.0";

  @Option(
      names = "--port",
      description =
          "Port of the page and the API, 0 picks a free one (default: 8080; with LLAMA's defaults"
              + " no page if that is in use).")
  private @Nullable Integer port;

  @Option(
      names = "--ingest-port",
      description =
          "Port on which draining agents post their last windows, and agents with --push all of"
              + " theirs, 0: none (default: 8081; with LLAMA's defaults none).")
  private @Nullable Integer ingestPort;

  @Mixin private final IngestOptions ingest = new IngestOptions();

  @Option(
      names = "--auth-dir",
      paramLabel = "DIR",
      description =
          "Folder with tokens.json, reloaded when it changes: the bearer tokens for requests to agents"
              + " and from agents that post windows (default: no authentication).")
  private @Nullable Path authDir;

  @Option(
      names = "--node-keys",
      description =
          "Each node has tokens of its own, which are fetched from the operator by the files"
              + " pod-token and key-service.json of --auth-dir: a node posts its own windows only.")
  private boolean nodeKeys;

  @Option(
      names = "--interval",
      converter = Durations.class,
      description = "Length of a window until one is received (default: 10s).")
  private @Nullable Duration interval;

  @Option(
      names = "--retention",
      converter = Durations.class,
      defaultValue = "1h",
      description = "Retention of the matrix in memory (default: ${DEFAULT-VALUE}).")
  private Duration retention = Duration.ofHours(1);

  @Option(
      names = "--agent-timeout",
      converter = Durations.class,
      defaultValue = "5s",
      description = "Timeout of one request to an agent (default: ${DEFAULT-VALUE}).")
  private Duration agentTimeout = Duration.ofSeconds(5);

  @Option(
      names = "--alert-loss-percent",
      paramLabel = "PERCENT",
      defaultValue = "1",
      description = "Loss above which a pair may be bad (default: ${DEFAULT-VALUE}).")
  private double lossPercent;

  @Option(
      names = "--alert-rtt-p99",
      converter = Durations.class,
      defaultValue = "50ms",
      description = "P99 RTT above which a pair is slow (default: ${DEFAULT-VALUE}).")
  private Duration rttP99 = Duration.ofMillis(50);

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "File with a bearer token that the page, the API and /metrics require, reloaded when it"
              + " changes; the mesh's own tokens of --auth-dir are accepted too (default: no"
              + " authentication).")
  private @Nullable Path tokenFile;

  @Option(
      names = "--action-token-file",
      paramLabel = "FILE",
      description =
          "File with bearer tokens, one a line, of those who may start bursts on the page, reloaded"
              + " when it changes (default: those of --token-file; without any nobody may).")
  private @Nullable Path actionTokenFile;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      split = ",",
      description =
          "Host name that is accepted while no token is required (default: addresses, localhost,"
              + " names of the Service).")
  private Set<String> hosts = Set.of();

  @Option(
      names = "--metrics-every-pair",
      description =
          "/metrics has series for every pair, not only for bad ones: 3 per pair and class.")
  private boolean everyPair;

  @Mixin private final StoreOptions storeOptions = new StoreOptions();
  @Mixin private final LlamaOptions llama = new LlamaOptions();

  @Spec private @Nullable CommandSpec spec;

  private final Environment environment;

  ScraperCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    checkPort("--port", pagePort());
    checkPort("--ingest-port", ingestPort());
    if (agentPort != null) {
      checkPort("--agent-port", agentPort);
    }
    checkContradictions();
    String meshName = mesh != null ? mesh : environment.get("MESH_NAME", "default");
    Tokens tokens = tokens();
    ScraperConfig config = config(meshName, access(tokens, hosts(meshName)), tokens);
    Store store = store();
    if (isStoreForgotten(store)) {
      LOG.warn(
          "agents are read from the registry of $LLAMA_SERVER and no store is named, so nothing is"
              + " stored: set INFLUXDB_HOST or --influxdb-url, or -llama.collector-hosts for LLAMA's defaults");
    }
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Kubernetes kubernetes = readsPods() ? connect() : null) {
      MeshOwner owner = kubernetes == null ? null : meshOwner(kubernetes.client(), meshName);
      ScraperRun scraper =
          ScraperRun.start(
              config,
              agents(owner, kubernetes),
              store,
              cursors(owner),
              owner == null
                  ? Leadership.ALONE
                  : new LeaseLeadership(owner, environment.get("POD_NAME", ownName())),
              tokens,
              nodeKeys && authDir != null ? NodeCredentials.start(authDir) : null);
      environment.onShutdown(() -> {
        stop.countDown();
        stopped.await();
      });
      System.out.println(
          "scraper of mesh %s%s %s store: %s"
              .formatted(
                  meshName,
                  followsRegistry()
                      ? ", of registry " + registry.client(environment, this::wrong).server() + ","
                      : owner == null && collectors == null
                          ? ", as LLAMA of " + llama.hosts() + " port " + llama.port() + ","
                          : "",
                  scraper.hasPage()
                      ? "on http://" + IpText.of(scraper.address()) + "/"
                      : "without a page,",
                  store == null ? "none, in memory only" : store.description()));
      try (scraper) {
        stop.await();
      }
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  /** The given host names, and the Service's name as other namespaces use it. */
  private Set<String> hosts(String meshName) {
    Set<String> all = new HashSet<>(hosts);
    all.add(Names.scraper(meshName) + "." + environment.get("POD_NAMESPACE", "default"));
    return all;
  }

  /** True if no option names collectors, but a mesh is named. */
  private boolean readsPods() {
    return collectors == null
        && !registry.isGiven()
        && !llama.hasCollectors()
        && (mesh != null || environment.find("MESH_NAME") != null);
  }

  /** True if it reads LLAMA's collectors, so that all of LLAMA's defaults apply. */
  private boolean behavesAsLlama() {
    return collectors == null && !readsPods() && !followsRegistry();
  }

  /**
   * True if agents are read from a registry: by an option, or by the variable if no option names
   * agents.
   */
  private boolean followsRegistry() {
    return registry.isGiven()
        || (collectors == null
            && !llama.hasCollectors()
            && !readsPods()
            && RegistryOptions.isNamed(environment));
  }

  /**
   * True if only the environment names a registry, and no store is named. Without that variable the
   * same command line has LLAMA's store.
   */
  boolean isStoreForgotten(@Nullable Store store) {
    return store == null && followsRegistry() && !registry.isGiven();
  }

  /** Rejects options of which one would be ignored. */
  void checkContradictions() {
    if (collectors != null && llama.hasCollectors()) {
      throw wrong(
          "give either --collectors or -llama.collector-hosts and -llama.collector-port, not both");
    }
    if (registry.isGiven() && collectors != null) {
      throw wrong("give either --registry or --collectors, not both");
    }
    if (registry.isGiven() && llama.hasCollectors()) {
      throw wrong(
          "give either --registry or -llama.collector-hosts and -llama.collector-port, not both");
    }
    if (registry.isBesidePods() && !readsPods()) {
      throw wrong(
          "--and-registry is beside the pods of a mesh, and none are looked for: use --registry");
    }
    String ofRegistry = registry.dependent();
    if (ofRegistry != null && !followsRegistry() && !registry.isBesidePods()) {
      throw wrong(ofRegistry + " is that of --registry, which is missing");
    }
    if (collectorPort != null && collectors == null) {
      throw wrong("--collector-port is that of --collectors, which is missing");
    }
    if (agentPort != null && !readsPods()) {
      throw wrong(
          "--agent-port is that of agents in pods, and none are looked for: give --mesh, or"
              + " --collector-port");
    }
    if (nodeKeys && authDir == null) {
      throw wrong("--node-keys needs --auth-dir");
    }
    if (interval != null && llama.hasInterval()) {
      throw wrong("give either --interval or -llama.interval, not both");
    }
  }

  private int pagePort() {
    return port == null ? PAGE_PORT : port;
  }

  int ingestPort() {
    return ingestPort == null ? (behavesAsLlama() ? 0 : INGEST_PORT) : ingestPort;
  }

  Duration interval() {
    if (interval != null) {
      return interval;
    }
    return behavesAsLlama() || llama.hasInterval() ? llama.interval() : Duration.ofSeconds(10);
  }

  private WebAccess access(Tokens tokens, Set<String> accepted) {
    ApiToken reader = apiToken("--token-file", tokenFile, tokens);
    ApiToken actor = apiToken("--action-token-file", actionTokenFile, tokens);
    if (reader == null) {
      return new WebAccess(
          WebAccess.OPEN.accepted(), actor == null ? null : actor::accepts, everyPair, accepted);
    }
    if (actor == null) {
      return new WebAccess(reader::accepts, reader::accepts, everyPair, accepted);
    }
    // A page shows one token: who may act may read.
    return new WebAccess(
        given -> reader.accepts(given) || actor.accepts(given),
        actor::accepts,
        everyPair,
        accepted);
  }

  private @Nullable ApiToken apiToken(String option, @Nullable Path file, Tokens tokens) {
    try {
      return file == null ? null : ApiToken.open(file, tokens, InstantSource.system());
    } catch (IOException e) {
      throw wrong(option + " cannot be used: " + e);
    }
  }

  ScraperConfig config(String meshName, WebAccess access, Tokens tokens) {
    try {
      ScraperConfig config =
          new ScraperConfig(
                  meshName,
                  new InetSocketAddress(bind, pagePort()),
                  interval(),
                  retention,
                  agentTimeout,
                  new Limits(lossPercent, rttP99))
              .withAccess(access);
      if (ingestPort() != 0) {
        config =
            config.withIngest(
                ingest.access(
                    new InetSocketAddress(bind, ingestPort()), tokens, readsPods(), this::wrong));
      }
      return behavesAsLlama() && port == null ? config.withOptionalWeb() : config;
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private Tokens tokens() {
    if (authDir == null) {
      return Tokens.NONE;
    }
    try {
      return TokenFile.open(authDir, InstantSource.system());
    } catch (IOException e) {
      throw wrong("--auth-dir cannot be used: " + e);
    }
  }

  private Kubernetes connect() {
    try {
      return Kubernetes.connect();
    } catch (IllegalStateException e) {
      throw wrong(e.getMessage() + "; name agents by --collectors=HOST:PORT,... or set KUBECONFIG");
    }
  }

  private MeshOwner meshOwner(KubernetesClient kubernetes, String meshName) {
    String connected = kubernetes.getNamespace();
    return new MeshOwner(
        kubernetes,
        environment.get("POD_NAMESPACE", connected == null ? "default" : connected),
        meshName,
        environment.find("MESH_UID"));
  }

  /** A unique identity, outside a pod. */
  private static String ownName() {
    return "scraper-" + UUID.randomUUID();
  }

  private AgentSource agents(@Nullable MeshOwner owner, @Nullable Kubernetes kubernetes) {
    if (owner != null && kubernetes != null) {
      PodAgents pods =
          new PodAgents(
              owner.client(), kubernetes.trust(), owner.namespace(), owner.mesh(), agentPort);
      return registry.isBesidePods()
          ? new CombinedAgents(
              pods,
              new RegistryAgents(
                  registry.client(environment, this::wrong), new SecureRandom(), true))
          : pods;
    }
    if (followsRegistry()) {
      return new RegistryAgents(registry.client(environment, this::wrong), new SecureRandom());
    }
    String option = collectors == null ? "-llama.collector-hosts" : "--collectors";
    try {
      StaticAgents agents =
          collectors == null
              ? new StaticAgents(llama.hosts(), llama.port())
              : new StaticAgents(
                  collectors, collectorPort == null ? COLLECTOR_PORT : collectorPort);
      if (agents.agents().isEmpty()) {
        throw wrong(option + " names no agent, write host:port,host:port");
      }
      return agents;
    } catch (IllegalArgumentException e) {
      throw wrong(option + ": " + e.getMessage());
    }
  }

  private CursorStore cursors(@Nullable MeshOwner owner) {
    if (cursorFile != null) {
      return new FileCursors(cursorFile);
    }
    return owner == null ? CursorStore.NONE : new ConfigMapCursors(owner);
  }

  @Nullable Store store() {
    try {
      return storeOptions.open(
          environment, llama, behavesAsLlama() || llama.hasStore(), followsRegistry());
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
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
