package io.llamamesh.local.main;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.apiserver.FakeApiServer;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.local.cluster.ImagePrograms;
import io.llamamesh.local.cluster.LocalCluster;
import io.llamamesh.local.cluster.LocalNode;
import io.llamamesh.local.fault.FabricRelay;
import io.llamamesh.local.fault.Impairments;
import io.llamamesh.local.fault.Relay;
import io.llamamesh.local.page.PortForward;
import io.llamamesh.local.store.EmbeddedStore;
import io.llamamesh.local.store.SqlStore;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.operator.OperatorOptions;
import io.llamamesh.runtime.CloseStack;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts a local mesh, stage by stage: each is given what it needs of those before it. What a stage
 * opened is closed with the mesh, or at once where a later stage fails.
 */
final class LocalMeshBuilder {
  private static final int MAX_LAST_LINE = 2_048;
  private static final int TOKEN_BYTES = 24;
  private static final FileAttribute<?> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final CloseStack opened = new CloseStack();
  private final Instant startedAt = Instant.now();
  private final ScraperAddress scraper = new ScraperAddress();
  private final LocalOptions options;
  private final Terminal terminal;

  /**
   * A mesh that was asked for, before anything of it is there.
   *
   * @param document the user's or ours, without a store of this run
   * @param settings what it means
   * @param nodes its nodes, behind a relay where there are faults
   */
  private record Request(MeshDocument document, MeshSettings settings, List<LocalNode> nodes) {}

  LocalMeshBuilder(LocalOptions options, Terminal terminal) {
    this.options = options;
    this.terminal = terminal;
  }

  /**
   * Runs all stages; the agents may not be ready yet when they are through.
   *
   * @throws UserError for what the user can mend: a busy port, a wrong mesh file
   */
  LocalMesh start() throws Exception {
    try {
      Request request = readRequest();
      checkPorts(request);
      PortForward page = openPage();
      Workspace workspace = openWorkspace();
      int storePort = hasEmbeddedStore(request) ? PortCheck.free() : 0;
      StoreStart storeStart = beginStore(workspace, storePort);
      FakeApiServer api = startApi(workspace);
      KubernetesClient client = own(clientWithoutRetries(api));
      MeshResources resources = applyMesh(client, api, request, workspace, storePort);
      Impairments impairments = new Impairments(options.faults());
      RelayWarnings relayWarnings = startRelay(request, impairments);
      startOperator(api);
      LocalCluster cluster = startCluster(api, request, workspace, resources);
      SqlStore store = awaitStore(storeStart);
      return new LocalMesh(
          opened,
          startedAt,
          scraper,
          new LocalMesh.Parts(
              workspace,
              page,
              agentApi(request),
              client,
              resources,
              cluster,
              impairments,
              relayWarnings,
              store));
    } catch (Exception | Error e) {
      opened.close();
      throw e;
    }
  }

  private Request readRequest() throws UserError {
    boolean relayed = !options.faults().isEmpty();
    MeshDocument document =
        options.mesh() == null ? MeshDocument.standard(relayed) : MeshDocument.read(options.mesh());
    return new Request(document, document.settings(), LocalNode.of(options.nodes(), relayed));
  }

  private static void checkPorts(Request request) throws UserError {
    PortCheck.check(request.nodes(), request.settings());
  }

  /** The API of the first node's agent. */
  private static URI agentApi(Request request) {
    return URI.create(
        "http://"
            + request.nodes().getFirst().own().getHostAddress()
            + ":"
            + request.settings().collector().apiPort());
  }

  private PortForward openPage() throws IOException, UserError {
    try {
      return own(PortForward.open(options.port(), scraper));
    } catch (BindException e) {
      throw new UserError(
          "port "
              + options.port()
              + " on 127.0.0.1 is in use: choose another with --port, or 0 for any");
    }
  }

  private Workspace openWorkspace() throws UserError, IOException {
    Workspace workspace = own(Workspace.open(options.data()));
    LibraryOutput.redirect(workspace.logs());
    return workspace;
  }

  private boolean hasEmbeddedStore(Request request) {
    return options.store() == null && !request.document().hasStore();
  }

  private StoreStart beginStore(Workspace workspace, int storePort) {
    return own(StoreStart.begin(storePort != 0, workspace.store(), storePort));
  }

  private FakeApiServer startApi(Workspace workspace) throws IOException {
    FakeApiServer api = own(FakeApiServer.start());
    Files.writeString(workspace.kubeconfig(), api.kubeconfig("local"));
    return api;
  }

  private MeshResources applyMesh(
      KubernetesClient client,
      FakeApiServer api,
      Request request,
      Workspace workspace,
      int storePort)
      throws IOException, UserError {
    MeshDocument document = request.document();
    MeshResources resources = new MeshResources(client);
    resources.install(document.namespace());
    terminal.progress(options.nodes() + " nodes, Kubernetes API stand-in on " + api.url());
    MeshDocument applied =
        options.mesh() == null ? withPageToken(document, workspace.pageToken()) : document;
    resources.apply(withStore(applied, storePort), options.mesh());
    return resources;
  }

  private static MeshDocument withPageToken(MeshDocument document, Path file) throws IOException {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    Files.deleteIfExists(file); // an earlier run's
    var _ = Files.createFile(file, OWNER_ONLY);
    Files.writeString(file, token + "\n");
    return document.withPageToken(token);
  }

  private MeshDocument withStore(MeshDocument document, int storePort) {
    if (options.store() != null) {
      LocalOptions.ExternalStore s = options.store();
      return document.withStore(s.url(), s.org(), s.bucket(), s.token());
    }
    return storePort == 0
        ? document
        : document.withStore(
            EmbeddedStore.url(storePort), "local", "llama", "questdb-asks-for-none");
  }

  /** Without faults there is no relay, and nothing to warn of. */
  private RelayWarnings startRelay(Request request, Impairments impairments) throws IOException {
    if (options.faults().isEmpty()) {
      return RelayWarnings.none();
    }
    List<Relay.Endpoint> ends =
        request.nodes().stream()
            .map(node -> new Relay.Endpoint(node.name(), node.published(), node.own()))
            .toList();
    Relay relay =
        own(
            Relay.start(
                NativeNetwork.orChannels(),
                ends,
                request.settings().reflector().port(),
                impairments));
    if (!request.settings().fabric().enabled()) {
      return new RelayWarnings(relay::dropped, relay::heldUp, relay::unknownSenders);
    }
    FabricRelay fabric =
        own(FabricRelay.start(ends, request.settings().fabric().port(), impairments));
    return new RelayWarnings(
        () -> relay.dropped() + fabric.dropped(),
        relay::heldUp,
        () -> relay.unknownSenders() + fabric.unknownSenders());
  }

  private void startOperator(FakeApiServer api) throws Exception {
    own(EmbeddedOperator.start(own(api.client("operator")), OperatorOptions.defaults()));
  }

  private LocalCluster startCluster(
      FakeApiServer api, Request request, Workspace workspace, MeshResources resources) {
    LocalCluster cluster =
        own(
            LocalCluster.start(
                own(api.client("machines")),
                request.nodes(),
                new ImagePrograms(Path.of(System.getProperty("llamamesh.root", "."))),
                workspace.folder(),
                api::kubeconfig,
                this::reportCrash));
    scraper.follow(cluster, resources.name());
    terminal.progress(
        "LlamaMesh "
            + resources.namespace()
            + "/"
            + resources.name()
            + " created, the operator takes it from here");
    return cluster;
  }

  private void reportCrash(String pod, int exitCode, Path log) {
    terminal.progress(
        "pod "
            + pod
            + " ended with status "
            + exitCode
            + " and is started again; log: "
            + log
            + lastLogLine(log));
  }

  private @Nullable SqlStore awaitStore(StoreStart start) throws Exception {
    SqlStore store = start.await();
    if (store != null) {
      terminal.progress("store is running: QuestDB on " + store.url());
    }
    return store;
  }

  /** The last line of a process, which mostly says why it ended. */
  private static String lastLogLine(Path log) {
    try (FileChannel file = FileChannel.open(log)) {
      ByteBuffer end = ByteBuffer.allocate(MAX_LAST_LINE);
      file.read(end, Math.max(0, file.size() - MAX_LAST_LINE));
      String lines = StandardCharsets.UTF_8.decode(end.flip()).toString().strip();
      return lines.isEmpty()
          ? ""
          : ", which ends with: " + lines.substring(lines.lastIndexOf('\n') + 1);
    } catch (IOException e) {
      return "";
    }
  }

  /** Refusals of the API come at once, not after half a minute of further tries. */
  private static KubernetesClient clientWithoutRetries(FakeApiServer api) {
    try (KubernetesClient client = api.client("local")) {
      return new KubernetesClientBuilder()
          .withConfig(
              new ConfigBuilder(client.getConfiguration()).withRequestRetryBackoffLimit(0).build())
          .withHttpClientFactory(new JdkHttpClientFactory())
          .build();
    }
  }

  private <T extends AutoCloseable> T own(T part) {
    return opened.register(part);
  }
}
