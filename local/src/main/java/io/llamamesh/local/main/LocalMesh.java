package io.llamamesh.local.main;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.apiserver.FakeApiServer;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.local.cluster.ImagePrograms;
import io.llamamesh.local.cluster.LocalCluster;
import io.llamamesh.local.cluster.LocalNode;
import io.llamamesh.local.fault.Impairments;
import io.llamamesh.local.fault.Relay;
import io.llamamesh.local.page.PortForward;
import io.llamamesh.local.store.EmbeddedStore;
import io.llamamesh.local.store.SqlStore;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The parts of a running local mesh: started in order, ended in the opposite one. */
final class LocalMesh implements AutoCloseable {
  private static final int SCRAPER_PORT = 8080;
  private static final int LOG_TAIL_LINES = 12;
  private static final int MAX_LAST_LINE = 2_048;

  private final CloseStack parts = new CloseStack();
  private final Instant startedAt = Instant.now();
  private final Workspace workspace;
  private final MeshResources resources;
  private final FakeApiServer api;
  private final KubernetesClient client;
  private final Impairments impairments;
  private final RelayWarnings relayWarnings;
  private final @Nullable SqlStore store;
  private final ScraperClient scraper;
  private final PortForward page;
  private volatile @Nullable LocalCluster cluster;

  private LocalMesh(LocalOptions options, Terminal terminal) throws Exception {
    try {
      MeshDocument document =
          options.mesh() == null
              ? MeshDocument.standard(!options.faults().isEmpty())
              : MeshDocument.read(options.mesh());
      MeshSettings settings = document.settings();
      boolean relayed = !options.faults().isEmpty();
      List<LocalNode> nodes = LocalNode.of(options.nodes(), relayed);
      PortCheck.check(nodes, settings.reflector().port(), settings.collector().apiPort());
      page = own(forward(options.port()));
      workspace = own(Workspace.open(options.data()));
      LibraryOutput.redirect(workspace.logs());

      boolean embedded = options.store() == null && !document.hasStore();
      int storePort = embedded ? PortCheck.free() : 0;
      StoreStart storeStart = own(StoreStart.begin(embedded, workspace.store(), storePort));
      api = own(FakeApiServer.start());
      Files.writeString(workspace.kubeconfig(), api.kubeconfig("local"));
      client = own(clientWithoutRetries(api));
      resources = new MeshResources(client);
      resources.install(document.namespace());
      terminal.progress(options.nodes() + " nodes, Kubernetes API stand-in on " + api.url());
      resources.apply(withStore(document, options, storePort), options.mesh());

      impairments = new Impairments(options.faults());
      Relay relay = relayed ? own(relay(nodes, settings.reflector().port(), impairments)) : null;
      relayWarnings =
          relay == null
              ? RelayWarnings.none()
              : new RelayWarnings(relay::dropped, relay::heldUp, relay::unknownSenders);
      own(EmbeddedOperator.start(own(api.client("operator")), OperatorOptions.defaults()));
      cluster =
          own(
              LocalCluster.start(
                  own(api.client("machines")),
                  nodes,
                  new ImagePrograms(Path.of(System.getProperty("llamamesh.root", "."))),
                  workspace.folder(),
                  api::kubeconfig,
                  (pod, code, log) ->
                      terminal.progress(
                          "pod "
                              + pod
                              + " ended with status "
                              + code
                              + " and is started again; log: "
                              + log
                              + lastLogLine(log))));
      terminal.progress(
          "LlamaMesh "
              + document.namespace()
              + "/"
              + document.name()
              + " created, the operator takes it from here");

      store = storeStart.await();
      if (store != null) {
        terminal.progress("store is running: QuestDB on " + store.url());
      }
      scraper = own(new ScraperClient(this::scraperAddress));
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Starts everything; the agents may not be ready yet.
   *
   * @throws UserError for what the user can mend: a busy port, a wrong mesh file
   */
  static LocalMesh start(LocalOptions options, Terminal terminal) throws Exception {
    return new LocalMesh(options, terminal);
  }

  /** When it was started: everything that is shown is later than that. */
  Instant startedAt() {
    return startedAt;
  }

  Workspace workspace() {
    return workspace;
  }

  String namespace() {
    return resources.namespace();
  }

  String pageUrl() {
    return "http://127.0.0.1:" + page.port();
  }

  /** The matrix over everything since the start. */
  Optional<MatrixDocument> wholeMatrix() throws InterruptedException {
    return scraper.matrixSince(startedAt);
  }

  /** The matrix as the page shows it. */
  Optional<MatrixDocument> latestMatrix() throws InterruptedException {
    return scraper.matrix();
  }

  Optional<MeshReport> report() throws InterruptedException {
    return scraper.report();
  }

  /** Which pairs must report by now. */
  ExpectedPairs expectation() {
    return ExpectedPairs.of(client, resources.namespace(), resources.name());
  }

  int agentsReady() {
    return cluster().ready(Names.selector(resources.name(), Component.AGENT));
  }

  List<Pod> podsNotReady() {
    return cluster().pods().stream().filter(pod -> !LocalCluster.isReady(pod)).toList();
  }

  /**
   * Throws what the operator found wrong with the spec.
   *
   * @throws UserError with the condition's message
   */
  void requireAccepted() throws UserError {
    resources.requireAccepted();
  }

  /** A node dies: nothing passes to or from it, and its agent is killed. */
  void takeDown(String node) {
    impairments.takeDown(node);
    cluster().kill(node);
  }

  /** What is to be told of the relay. */
  RelayWarnings relayWarnings() {
    return relayWarnings;
  }

  /** Rows per pair that the embedded store holds of this run; null where results go elsewhere. */
  @Nullable Map<String, Long> rowsByPair() throws IOException, InterruptedException {
    return store == null ? null : store.rowsByPair(startedAt);
  }

  /** The last lines of a pod's output. */
  String logTail(String pod) {
    try {
      List<String> lines = Files.readAllLines(workspace.logs().resolve(pod + ".log"));
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no log)";
    }
  }

  /** What a process said last, which mostly is why it ended. */
  private static String lastLogLine(Path log) {
    try (FileChannel file = FileChannel.open(log)) {
      ByteBuffer end = ByteBuffer.allocate(MAX_LAST_LINE);
      file.read(end, Math.max(0, file.size() - MAX_LAST_LINE));
      String words = StandardCharsets.UTF_8.decode(end.flip()).toString().strip();
      return words.isEmpty()
          ? ""
          : ", which ends with: " + words.substring(words.lastIndexOf('\n') + 1);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public void close() {
    parts.close();
  }

  private <T extends AutoCloseable> T own(T part) {
    return parts.own(part);
  }

  private LocalCluster cluster() {
    return Objects.requireNonNull(cluster, "the cluster is not there yet");
  }

  private @Nullable InetSocketAddress scraperAddress() {
    LocalCluster running = cluster;
    return running == null
        ? null
        : running.address(Names.selector(resources.name(), Component.SCRAPER), SCRAPER_PORT);
  }

  private PortForward forward(int port) throws IOException, UserError {
    try {
      return PortForward.open(port, this::scraperAddress);
    } catch (BindException e) {
      throw new UserError(
          "port " + port + " on 127.0.0.1 is in use: choose another with --port, or 0 for any");
    }
  }

  /** What the API refuses shall be told at once, not tried again for half a minute. */
  private static KubernetesClient clientWithoutRetries(FakeApiServer api) {
    try (KubernetesClient client = api.client("local")) {
      return new KubernetesClientBuilder()
          .withConfig(
              new ConfigBuilder(client.getConfiguration()).withRequestRetryBackoffLimit(0).build())
          .withHttpClientFactory(new JdkHttpClientFactory())
          .build();
    }
  }

  private static Relay relay(List<LocalNode> nodes, int port, Impairments impairments)
      throws IOException {
    return Relay.start(
        NativeNetwork.orChannels(),
        nodes.stream()
            .map(node -> new Relay.Endpoint(node.name(), node.published(), node.own()))
            .toList(),
        port,
        impairments);
  }

  private static MeshDocument withStore(
      MeshDocument document, LocalOptions options, int storePort) {
    if (options.store() != null) {
      LocalOptions.ExternalStore s = options.store();
      return document.withStore(s.url(), s.org(), s.bucket(), s.token());
    }
    return storePort == 0
        ? document
        : document.withStore(
            EmbeddedStore.url(storePort), "local", "llama", "questdb-asks-for-none");
  }
}
