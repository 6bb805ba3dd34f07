package io.llamamesh.scraper.main;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.analysis.Analysis;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.cluster.AgentSource;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.CursorStore;
import io.llamamesh.scraper.cluster.Leadership;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.MatrixDocuments;
import io.llamamesh.scraper.pull.Ingest;
import io.llamamesh.scraper.pull.Pulls;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.web.AcceptedHosts;
import io.llamamesh.scraper.web.Api;
import io.llamamesh.scraper.web.IngestServer;
import io.llamamesh.scraper.web.View;
import io.llamamesh.scraper.web.WebServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running scraper: reads all agents, stores what they say, judges it and shows it.
 *
 * <p>Started once, and ends with {@link #close}, which closes what it was given too.
 */
public final class Scraper implements AutoCloseable, View {
  private static final Logger LOG = LoggerFactory.getLogger(Scraper.class);
  private static final MeshReport.Store NO_STORE =
      new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);

  private final AgentSource agents;
  private final @Nullable StoreWriter writer;
  private final Pulls pulls;
  private final CursorKeeping cursors;
  private final Leadership leadership;
  private final Duty duty;
  private final ReportLoop reports;
  private final ScraperMetrics metrics;
  private final NetworkMetrics network;
  private final @Nullable WebServer web;
  private final @Nullable IngestServer ingest;

  /**
   * Binds its socket and starts everything.
   *
   * @param store null: in memory only
   * @param kept where bookmarks outlive it
   * @param leadership whether this one writes to the store
   * @param tokens what agents are shown and who posts windows must show
   * @throws IOException where the socket cannot be bound
   */
  public static Scraper start(
      ScraperConfig config,
      AgentSource agents,
      @Nullable Store store,
      CursorStore kept,
      Leadership leadership,
      Tokens tokens)
      throws IOException {
    Scraper scraper = new Scraper(config, agents, store, kept, leadership, tokens);
    scraper.duty.start();
    scraper.agents.start(scraper.pulls::agents);
    scraper.reports.start();
    scraper.cursors.start();
    return scraper;
  }

  private Scraper(
      ScraperConfig config,
      AgentSource agents,
      @Nullable Store store,
      CursorStore kept,
      Leadership leadership,
      Tokens tokens)
      throws IOException {
    InstantSource clock = InstantSource.system();
    this.web = bind(config);
    Matrix matrix = new Matrix(config.interval(), config.retention(), clock);
    Map<String, Bookmark> from = CursorKeeping.load(kept);
    this.agents = agents;
    this.writer = store == null ? null : new StoreWriter(store, clock, config.interval());
    this.pulls =
        new Pulls(
            config.interval(), config.agentTimeout(), matrix, writer, from, tokens::bearer, clock);
    this.leadership = leadership;
    this.duty = new Duty(leadership, kept, pulls);
    this.cursors = new CursorKeeping(kept, () -> pulls.bookmarks(config.retention()), duty::writes);
    this.ingest =
        config.ingest() == null
            ? null
            : bind(config.ingest(), new Ingest(matrix, writer, pulls.counters(), clock), tokens);
    this.reports =
        new ReportLoop(
            matrix,
            new Analysis(config.mesh(), config.limits()),
            pulls::health,
            agents::leaving,
            this::storeStatus,
            config.readers().everyPair(),
            clock);
    this.metrics =
        new ScraperMetrics(matrix, pulls, agents, this::storeStatus, writer, leadership::leads);
    this.network = new NetworkMetrics(this::report, reports::pairs, reports::zonePairs);
    MatrixDocuments documents =
        new MatrixDocuments(
            config.mesh(), config.limits().lossPercent(), config.limits().rttP99Millis());
    if (web != null) {
      web.start(
          new Api(matrix, documents, this, clock),
          config.readers().accepted(),
          new AcceptedHosts(config.readers().hosts()));
    }
  }

  /** Whether there is a page; without one only where {@link ScraperConfig#webOptional} lets it. */
  public boolean hasPage() {
    return web != null;
  }

  /**
   * Where the page is.
   *
   * @throws IllegalStateException when there is none
   */
  public InetSocketAddress address() {
    if (web == null) {
      throw new IllegalStateException("there is no page");
    }
    return web.address();
  }

  /** Where draining agents post; null: nowhere. */
  public @Nullable InetSocketAddress ingestAddress() {
    return ingest == null ? null : ingest.address();
  }

  @Override
  public MeshReport report() {
    // The network is judged when windows come; the store may have gone since.
    return reports.newest().withStore(storeStatus());
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
  public String metrics() {
    return metrics.scrape() + network.scrape();
  }

  @Override
  public String notReady() {
    // Once there are agents, an API that went away is no reason to hide what is known of them.
    return agents.current() || !pulls.health().isEmpty() ? "" : "the agents are not known yet";
  }

  @Override
  public void close() {
    agents.close();
    if (ingest != null) {
      ingest.close();
    }
    pulls.close();
    if (writer != null) {
      writer.close();
    }
    // Saved before another may lead: it goes on from there.
    cursors.close();
    duty.close();
    reports.close();
    if (web != null) {
      web.close();
    }
    LOG.info("scraper stopped");
  }

  @Override
  public boolean leads() {
    return leadership.leads();
  }

  private MeshReport.Store storeStatus() {
    if (writer == null) {
      return NO_STORE;
    }
    MeshReport.Store status = writer.status();
    if (leadership.leads()) {
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
            "no page, since its port is taken; --port chooses another error={}", e.getMessage());
        return null;
      }
      throw busy(config.web(), "--port", e);
    }
  }

  private IngestServer bind(InetSocketAddress address, Ingest taken, Tokens tokens)
      throws IOException {
    try {
      return new IngestServer(address, taken, tokens::accepts);
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
