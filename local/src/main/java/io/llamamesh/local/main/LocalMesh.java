package io.llamamesh.local.main;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.client.ClientException;
import io.llamamesh.client.ClientOptions;
import io.llamamesh.client.MatrixQuery;
import io.llamamesh.client.ScraperClient;
import io.llamamesh.crd.Names;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.local.cluster.LocalCluster;
import io.llamamesh.local.fault.Impairments;
import io.llamamesh.local.page.PortForward;
import io.llamamesh.local.store.SqlStore;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.runtime.CloseStack;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A running local mesh, as {@link LocalMeshBuilder} started it; closed, all of it ends. */
final class LocalMesh implements AutoCloseable {
  private static final int LOG_TAIL_LINES = 12;
  private static final ClientOptions ANSWERS =
      ClientOptions.standard().withTimeout(Duration.ofSeconds(2));

  private final CloseStack opened;
  private final Instant startedAt;
  private final ScraperAddress scraperAddress;
  private final Parts parts;
  private final ScraperClient scraper;

  /**
   * Parts that somebody asks for after the start.
   *
   * @param agentApi the API of the first node's agent
   * @param client of the API, which tries everything once
   * @param store the embedded store; null where results go elsewhere
   */
  record Parts(
      Workspace workspace,
      PortForward page,
      URI agentApi,
      KubernetesClient client,
      MeshResources resources,
      LocalCluster cluster,
      Impairments impairments,
      RelayWarnings relayWarnings,
      @Nullable SqlStore store) {}

  /**
   * A mesh whose parts run.
   *
   * @param opened all of them, in the order in which they were opened
   */
  LocalMesh(CloseStack opened, Instant startedAt, ScraperAddress scraperAddress, Parts parts) {
    this.opened = opened;
    this.startedAt = startedAt;
    this.scraperAddress = scraperAddress;
    this.parts = parts;
    this.scraper = opened.register(new ScraperClient(ANSWERS));
  }

  Workspace workspace() {
    return parts.workspace();
  }

  String namespace() {
    return parts.resources().namespace();
  }

  String pageUrl() {
    return "http://127.0.0.1:" + parts.page().port();
  }

  /** Options by which a command asks the first node's agent. */
  String agentOptions() {
    return "--server "
        + parts.agentApi()
        + " --token-file "
        + workspace().agentsToken(parts.resources().name() + "-agent-node-1");
  }

  /** The matrix over everything since the start; empty where no scraper answers in time. */
  Optional<MatrixDocument> wholeMatrix() throws InterruptedException {
    return ask(server -> scraper.matrix(server, MatrixQuery.since(startedAt)));
  }

  /** The matrix as the page shows it; empty where no scraper answers in time. */
  Optional<MatrixDocument> latestMatrix() throws InterruptedException {
    return ask(server -> scraper.matrix(server, MatrixQuery.latest()));
  }

  /** The scraper's report; empty where none answers in time. */
  Optional<MeshReport> report() throws InterruptedException {
    return ask(scraper::report);
  }

  @FunctionalInterface
  private interface Question<T> {
    T of(URI server) throws ClientException, InterruptedException;
  }

  private <T> Optional<T> ask(Question<T> question) throws InterruptedException {
    URI server = scraperAddress.uri();
    if (server == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(question.of(server));
    } catch (ClientException e) {
      return Optional.empty();
    }
  }

  /** Pairs that must report by now. */
  ExpectedPairs expectedPairs() {
    MeshResources resources = parts.resources();
    return ExpectedPairs.of(parts.client(), resources.namespace(), resources.name());
  }

  int agentsReady() {
    return parts.cluster().ready(Names.selector(parts.resources().name(), Component.AGENT));
  }

  List<Pod> podsNotReady() {
    return parts.cluster().pods().stream().filter(pod -> !LocalCluster.isReady(pod)).toList();
  }

  /**
   * Throws what the operator found wrong with the spec.
   *
   * @throws UserError with the condition's message
   */
  void requireAccepted() throws UserError {
    parts.resources().requireAccepted();
  }

  /** A node dies: nothing passes to or from it, and its agent is killed. */
  void takeDown(String node) {
    parts.impairments().takeDown(node);
    parts.cluster().kill(node);
  }

  /** From now on nothing passes where a fault cuts two sides off. */
  void beginCuts() {
    parts.impairments().beginCuts();
  }

  /** Warnings about the relay. */
  RelayWarnings relayWarnings() {
    return parts.relayWarnings();
  }

  /** Rows per pair that the embedded store holds of this run; null where results go elsewhere. */
  @Nullable Map<String, Long> rowsByPair() throws IOException, InterruptedException {
    SqlStore store = parts.store();
    return store == null ? null : store.rowsByPair(startedAt);
  }

  /** The last lines of a pod's output. */
  String logTail(String pod) {
    try {
      List<String> lines = Files.readAllLines(workspace().logs().resolve(pod + ".log"));
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no log)";
    }
  }

  @Override
  public void close() {
    opened.close();
  }
}
