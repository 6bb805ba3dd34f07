package io.llamamesh.scraper.web;

import io.llamamesh.http.ChangeSignal;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Point;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.analysis.Analysis;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.document.MatrixDocumentFactory;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.testing.SimulatedWindows;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Simulated scraper: matrix, analysis and web server without agents to read. Their points are put
 * in directly, so that meshes of a thousand nodes and every state of the page can be shown. As a
 * program it goes on until it is ended: {@code SimulatedScraper PORT NODES ZONES [silent=N] [empty]
 * [stale] [store=down] [token=T] [SOURCE>DESTINATION=LOSS[/PATH] ...]}.
 */
public final class SimulatedScraper implements ScraperStatus, AutoCloseable {
  private static final int SECONDS = 10;
  private static final Duration INTERVAL = Duration.ofSeconds(SECONDS);

  private final int nodes;
  private final SimulatedWindows windows;
  private final Matrix matrix;
  private final Analysis analysis = new Analysis("simulated", Limits.DEFAULT);
  private final WebServer web;
  private final FakeBursts bursts = new FakeBursts();
  private volatile List<AgentHealth> agents = List.of();
  private volatile MeshReport.Store store =
      new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);
  private volatile MeshReport report;
  private volatile @Nullable FabricReport fabric;
  private volatile List<SilencedNode> silenced = List.of();
  private volatile boolean leads = true;
  private final ChangeSignal changes = new ChangeSignal();
  private Analysis.Past past = Analysis.Past.NONE;

  public SimulatedScraper(
      int port,
      int nodes,
      int zones,
      SimulatedWindows.Loss loss,
      Predicate<@Nullable String> accepted)
      throws IOException {
    this(port, nodes, zones, loss, accepted, null);
  }

  /** A scraper on which some may act. */
  SimulatedScraper(
      int port,
      int nodes,
      int zones,
      SimulatedWindows.Loss loss,
      Predicate<@Nullable String> accepted,
      @Nullable Predicate<@Nullable String> acting)
      throws IOException {
    InstantSource clock = InstantSource.system();
    this.nodes = nodes;
    this.windows = new SimulatedWindows(nodes, zones, loss);
    this.matrix = new Matrix(INTERVAL, Duration.ofHours(1), clock);
    this.web = new WebServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    this.report = judge();
    web.start(
        new Api(
            matrix,
            new MatrixDocumentFactory(
                "simulated", Limits.DEFAULT.lossPercent(), Limits.DEFAULT.rttP99Millis()),
            this,
            bursts,
            clock),
        accepted,
        acting,
        new AcceptedHosts(Set.of()));
  }

  public String url() {
    return "http://127.0.0.1:" + web.address().getPort();
  }

  /** The end of the newest window that agents could have published by now. */
  public static Instant newest() {
    return Instant.ofEpochSecond((Instant.now().getEpochSecond() - 3) / SECONDS * SECONDS);
  }

  /** All agents answer, and publish the window that ended then. */
  public void publish(Instant end) {
    publish(end, 0, end);
  }

  /** So many of the last agents have been silent since then. */
  public void publish(Instant end, int silent, Instant since) {
    for (int i = 0; i < nodes; i++) {
      if (i < nodes - silent || !end.isAfter(since)) {
        matrix.put(SimulatedWindows.name(i), windows.window(i, end, SECONDS));
      }
    }
    answer(silent, since);
  }

  /** An agent publishes these points too. */
  void publish(String agent, List<Point> points) {
    matrix.put(agent, points);
    report = judge();
  }

  /** Agents answer, but for some. */
  public void answer(int silent, Instant since) {
    List<AgentHealth> health = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      boolean reporting = i < nodes - silent;
      health.add(
          new AgentHealth(
              SimulatedWindows.name(i),
              "10.0.0." + i + ":8100",
              reporting,
              reporting ? Instant.now() : since,
              null,
              reporting ? null : "no answer within 5 s",
              0));
    }
    agents = health;
    report = judge();
  }

  /** Bursts that readers start. */
  FakeBursts bursts() {
    return bursts;
  }

  public void store(MeshReport.Store state) {
    store = state;
    report = judge();
  }

  /** What agents know of each other from now on. */
  public void fabric(@Nullable FabricReport known) {
    fabric = known;
    changes.changed();
  }

  /** Nodes that are silenced from now on. */
  void silence(List<SilencedNode> nodes) {
    silenced = List.copyOf(nodes);
    changes.changed();
  }

  @Override
  public List<SilencedNode> silenced() {
    return silenced;
  }

  /** Leads, or stands by. */
  void leads(boolean on) {
    leads = on;
    changes.changed();
  }

  @Override
  public boolean isLeader() {
    return leads;
  }

  @Override
  public MeshReport report() {
    MeshReport judged = report.withFabric(fabric);
    return silenced.isEmpty() ? judged : judged.withSilenced(silenced, judged.message());
  }

  @Override
  public ChangeSignal changes() {
    return changes;
  }

  @Override
  public List<AgentHealth> agents() {
    return agents;
  }

  @Override
  public String metrics() {
    return "# none\n";
  }

  @Override
  public String notReadyReason() {
    return agents.isEmpty() ? "the agents are not known yet" : "";
  }

  @Override
  public void close() {
    web.close();
  }

  private synchronized MeshReport judge() {
    Analysis.Result result =
        analysis.analyse(
            matrix.view(WindowSelection.last(Analysis.WINDOWS)),
            agents,
            store,
            Instant.now(),
            past);
    past = result.past();
    return result.report();
  }

  /** Serves until the process ends. */
  public static void main(String[] args) throws Exception {
    List<String> words = Arrays.asList(args).subList(3, args.length);
    List<String[]> faults =
        words.stream().filter(w -> w.contains(">")).map(w -> w.split("[>=/]", -1)).toList();
    String token = value(words, "token=", "");
    int silent = Integer.parseInt(value(words, "silent=", "0"));
    try (SimulatedScraper scraper =
        new SimulatedScraper(
            Integer.parseInt(args[0]),
            Integer.parseInt(args[1]),
            Integer.parseInt(args[2]),
            (source, destination, path) -> loss(faults, source, destination, path),
            given -> token.isEmpty() || ("Bearer " + token).equals(given))) {
      if (words.contains("store=down")) {
        scraper.store(
            new MeshReport.Store(
                MeshReport.Store.State.UNREACHABLE, "connection refused", null, 120_000));
      }
      int history = scraper.nodes > 100 ? 6 : 60;
      Instant end = newest();
      Instant since = end.minusSeconds(words.contains("stale") ? 90 : 37);
      for (int i = history; i >= 0 && !words.contains("empty"); i--) {
        Instant window = end.minusSeconds((long) i * SECONDS);
        if (!words.contains("stale") || !window.isAfter(since)) {
          scraper.publish(window, silent, since);
        }
      }
      scraper.answer(words.contains("stale") ? scraper.nodes : silent, since);
      System.out.println(scraper.url());
      CountDownLatch forever = new CountDownLatch(1);
      while (!forever.await(1, TimeUnit.SECONDS)) {
        if (newest().isAfter(end) && !words.contains("empty") && !words.contains("stale")) {
          end = newest();
          scraper.publish(end, silent, since);
        }
      }
    }
  }

  private static String value(List<String> words, String name, String absent) {
    return words.stream()
        .filter(word -> word.startsWith(name))
        .map(word -> word.substring(name.length()))
        .findFirst()
        .orElse(absent);
  }

  private static double loss(List<String[]> faults, String source, String destination, int path) {
    double loss = 0.00002;
    for (String[] fault : faults) {
      if ((fault[0].equals("*") || fault[0].equals(source))
          && (fault[1].equals("*") || fault[1].equals(destination))
          && (fault.length < 4 || Integer.parseInt(fault[3]) == path)) {
        loss = Math.max(loss, Double.parseDouble(fault[2]));
      }
    }
    return loss;
  }
}
