package io.llamamesh.scraper.run;

import io.llamamesh.http.ChangeSignal;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.analysis.Analysis;
import io.llamamesh.scraper.auth.NodeCredentials;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.document.MatrixDocumentFactory;
import io.llamamesh.scraper.fabric.FabricWatcher;
import io.llamamesh.scraper.fabric.SilencedFabric;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.metrics.NetworkMetrics;
import io.llamamesh.scraper.metrics.ScraperMetrics;
import io.llamamesh.scraper.pull.AgentPulls;
import io.llamamesh.scraper.pull.PostingAccess;
import io.llamamesh.scraper.pull.SilencePoller;
import io.llamamesh.scraper.pull.WindowIngest;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.web.AcceptedHosts;
import io.llamamesh.scraper.web.Api;
import io.llamamesh.scraper.web.IngestServer;
import io.llamamesh.scraper.web.ScraperStatus;
import io.llamamesh.scraper.web.WebServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Running scraper: pulls all agents, writes to the store, analyses, and serves page, API and
 * metrics.
 *
 * <p>Ends with {@link #close}, which also closes the arguments of {@link #start}.
 */
public final class ScraperRun implements AutoCloseable, ScraperStatus {
  private static final Logger LOG = LoggerFactory.getLogger(ScraperRun.class);
  private static final MeshReport.Store NO_STORE =
      new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);

  private final AgentSource agents;
  private final @Nullable StoreWriter writer;
  private final AgentPulls pulls;
  private final SilencePoller silences;
  private final CursorPersister cursors;
  private final Leadership leadership;
  private final LeaderTransitions transitions;
  private final ChangeSignal changes = new ChangeSignal();
  private final FabricWatcher fabric;
  private final BurstRelay bursts;
  private final ReportLoop reports;
  private final ScraperMetrics metrics;
  private final NetworkMetrics network;
  private final @Nullable WebServer web;
  private final @Nullable IngestServer ingest;
  private final @Nullable NodeCredentials nodes;

  /**
   * Binds the sockets and starts all threads.
   *
   * @param store null: in memory only
   * @param cursorStore store of bookmarks
   * @param leadership leadership among the mesh's scrapers
   * @param tokens tokens to send to agents, and to accept from agents that post windows
   * @param nodes tokens of single nodes, closed with this; null: all have the mesh's
   * @throws IOException if a socket cannot be bound
   */
  public static ScraperRun start(
      ScraperConfig config,
      AgentSource agents,
      @Nullable Store store,
      CursorStore cursorStore,
      Leadership leadership,
      Tokens tokens,
      @Nullable NodeCredentials nodes)
      throws IOException {
    ScraperRun scraper =
        new ScraperRun(config, agents, store, cursorStore, leadership, tokens, nodes);
    scraper.transitions.start();
    scraper.fabric.start();
    scraper.agents.start(scraper::setAgents);
    scraper.silences.start();
    scraper.reports.start();
    scraper.cursors.start();
    return scraper;
  }

  /** The same for a mesh whose nodes all have the mesh's tokens. */
  public static ScraperRun start(
      ScraperConfig config,
      AgentSource agents,
      @Nullable Store store,
      CursorStore cursorStore,
      Leadership leadership,
      Tokens tokens)
      throws IOException {
    return start(config, agents, store, cursorStore, leadership, tokens, null);
  }

  private ScraperRun(
      ScraperConfig config,
      AgentSource agents,
      @Nullable Store store,
      CursorStore cursorStore,
      Leadership leadership,
      Tokens tokens,
      @Nullable NodeCredentials nodes)
      throws IOException {
    this.nodes = nodes;
    InstantSource clock = InstantSource.system();
    this.web = bind(config);
    Matrix matrix = new Matrix(config.interval(), config.retention(), clock);
    Map<String, Bookmark> from = CursorPersister.load(cursorStore);
    this.agents = agents;
    this.writer = store == null ? null : new StoreWriter(store, clock, config.interval());
    this.pulls =
        new AgentPulls(
            config.interval(),
            config.agentTimeout(),
            matrix,
            writer,
            from,
            agent -> readTokens(agent, tokens, nodes),
            clock);
    this.silences = new SilencePoller(tokens::bearer, clock);
    this.leadership = leadership;
    this.transitions = new LeaderTransitions(leadership, cursorStore, pulls);
    this.cursors =
        new CursorPersister(
            cursorStore, () -> pulls.bookmarks(config.retention()), transitions::isWriting);
    this.ingest =
        config.ingest() == null
            ? null
            : bind(config.ingest(), new WindowIngest(matrix, writer, pulls, clock), tokens, nodes);
    if (agents.acceptsUnlisted()) {
      pulls.acceptUnlisted();
    }
    this.reports =
        new ReportLoop(
            matrix,
            new Analysis(config.mesh(), config.limits()),
            pulls::health,
            agents::leaving,
            silences::active,
            silences::isKnown,
            this::storeStatus,
            config.access().everyPair(),
            clock,
            changes);
    this.fabric =
        new FabricWatcher(
            tokens::bearer, this::unjudged, clock, new SplittableRandom(), changes::changed);
    // Acting takes the mesh's own token, which those of single nodes are not.
    this.bursts = new BurstRelay(fabric::voices, config.access().acting() != null, tokens::bearer);
    this.metrics =
        new ScraperMetrics(matrix, pulls, agents, this::storeStatus, writer, leadership::isLeader);
    metrics.fabric(fabric);
    metrics.silences(silences);
    if (web != null) {
      metrics.watches(web.watches());
    }
    this.network = new NetworkMetrics(this::report, reports::pairs, reports::zonePairs);
    MatrixDocumentFactory documents =
        new MatrixDocumentFactory(
            config.mesh(), config.limits().lossPercent(), config.limits().rttP99Millis());
    if (web != null) {
      web.start(
          new Api(matrix, documents, this, bursts, clock),
          config.access().accepted(),
          config.access().acting(),
          new AcceptedHosts(config.access().hosts()));
    }
  }

  /** True if there is a page; false only if {@link ScraperConfig#webOptional} is set. */
  public boolean hasPage() {
    return web != null;
  }

  /**
   * Address of the page.
   *
   * @throws IllegalStateException if there is none
   */
  public InetSocketAddress address() {
    if (web == null) {
      throw new IllegalStateException("there is no page");
    }
    return web.address();
  }

  /** Address on which agents post; null: none. */
  public @Nullable InetSocketAddress ingestAddress() {
    return ingest == null ? null : ingest.address();
  }

  @Override
  public MeshReport report() {
    // The network is judged after each window; the store's state may have changed since.
    return reports
        .newest()
        .withStore(storeStatus())
        .withFabric(SilencedFabric.without(fabric.report(), silencedNames()));
  }

  @Override
  public ChangeSignal changes() {
    return changes;
  }

  @Override
  public List<AgentHealth> agents() {
    return pulls.health();
  }

  @Override
  public Set<String> leaving() {
    return agents.leaving();
  }

  @Override
  public List<SilencedNode> silenced() {
    return silences.active();
  }

  private Set<String> silencedNames() {
    return silences.active().stream().map(SilencedNode::node).collect(Collectors.toSet());
  }

  /** Names of nodes that are measured and not judged. */
  private Set<String> unjudged() {
    Set<String> names = new HashSet<>(agents.leaving());
    names.addAll(silencedNames());
    return Set.copyOf(names);
  }

  private void setAgents(List<AgentEndpoint> found) {
    pulls.setAgents(found);
    // Who registered itself is shown no token of the mesh, and its word on others is not asked for.
    List<AgentEndpoint> members =
        found.stream().filter(agent -> !agent.isOutside() && !agent.isPushing()).toList();
    fabric.setAgents(members);
    silences.setAgents(members);
  }

  @Override
  public String metrics() {
    return metrics.scrape() + network.scrape();
  }

  @Override
  public String notReadyReason() {
    // Once agents are known, an unreachable API does not make the scraper unready.
    return agents.isCurrent() || !pulls.health().isEmpty() ? "" : "the agents are not known yet";
  }

  @Override
  public void close() {
    agents.close();
    bursts.close();
    fabric.close();
    silences.close();
    if (ingest != null) {
      ingest.close();
    }
    pulls.close();
    if (nodes != null) {
      nodes.close();
    }
    if (writer != null) {
      writer.close();
    }
    // Saved before the leadership is released: the next leader resumes from there.
    cursors.close();
    transitions.close();
    reports.close();
    if (web != null) {
      web.close();
    }
    LOG.info("scraper stopped");
  }

  @Override
  public boolean isLeader() {
    return leadership.isLeader();
  }

  private MeshReport.Store storeStatus() {
    if (writer == null) {
      return NO_STORE;
    }
    MeshReport.Store status = writer.status();
    if (leadership.isLeader()) {
      return status;
    }
    String leader = leadership.leader();
    return new MeshReport.Store(
        MeshReport.Store.State.PENDING,
        leader == null ? "no scraper leads yet" : "left to " + leader,
        status.lastWrite(),
        status.pointsWritten());
  }

  private static @Nullable WebServer bind(ScraperConfig config) throws IOException {
    try {
      return new WebServer(config.web());
    } catch (IOException e) {
      if (config.webOptional()) {
        LOG.warn(
            "no page, its port is in use; choose another with --port error={}", e.getMessage());
        return null;
      }
      throw busy(config.web(), "--port", e);
    }
  }

  /** The agent's own tokens, then the mesh's, which an agent of an older template knows alone. */
  private static List<String> readTokens(
      String agent, Tokens tokens, @Nullable NodeCredentials nodes) {
    List<String> all = new ArrayList<>(nodes == null ? List.of() : nodes.readTokens(agent));
    String bearer = tokens.bearer();
    if (bearer != null) {
      all.add(bearer);
    }
    return all;
  }

  private IngestServer bind(
      IngestAccess access, WindowIngest taken, Tokens tokens, @Nullable NodeCredentials nodes)
      throws IOException {
    InetSocketAddress address = access.address();
    Predicate<@Nullable String> accepted = access.accepted();
    Predicate<@Nullable String> acceptedPush = access.acceptedPush();
    try {
      return new IngestServer(
          address,
          taken,
          nodes == null
              ? PostingAccess.of(accepted == null ? tokens::accepts : accepted)
              : new PostingCredentials(tokens, nodes),
          acceptedPush == null ? tokens::accepts : acceptedPush,
          access.tls());
    } catch (IOException e) {
      if (web != null) {
        web.close();
      }
      pulls.close();
      if (writer != null) {
        writer.close();
      }
      throw busy(address, "--ingest-port", e);
    }
  }

  private static IOException busy(InetSocketAddress address, String option, IOException e) {
    return new IOException(
        "cannot listen on %s:%d: %s; pick another --bind or %s"
            .formatted(address.getHostString(), address.getPort(), e.getMessage(), option),
        e);
  }
}
