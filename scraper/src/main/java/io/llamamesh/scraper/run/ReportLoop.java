package io.llamamesh.scraper.run;

import io.llamamesh.http.ChangeSignal;
import io.llamamesh.results.MatrixDocument.ZonePair;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.SilencedNode;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Analysis;
import io.llamamesh.scraper.analysis.SilenceClause;
import io.llamamesh.scraper.document.ZonePairs;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import io.llamamesh.scraper.matrix.WindowSelection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loop that analyses the matrix after each new window, and keeps the newest report. Leaving and
 * silenced nodes are measured and not judged.
 *
 * <p>Owns one thread, which ends with {@link #close}. After an analysis it rests nine times as long
 * as that took, so that a large mesh does not spend more than a tenth of a core on it; without a
 * new window, and while the same agents report, the last verdict is reused for a while.
 */
final class ReportLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReportLoop.class);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(200);
  private static final Duration AT_LEAST_EVERY = Duration.ofSeconds(2);
  private static final Duration MAX_REUSE = Duration.ofSeconds(10);
  private static final int REST_FACTOR = 9;

  private final Matrix matrix;
  private final Analysis analysis;
  private final Supplier<List<AgentHealth>> agents;
  private final Supplier<Set<String>> leaving;
  private final Supplier<List<SilencedNode>> silenced;
  private final BooleanSupplier areSilencesKnown;
  private final Supplier<MeshReport.Store> store;
  private final boolean keepsPairs;
  private final InstantSource clock;
  private final ChangeSignal changes;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile MeshReport newest;
  private volatile List<ZonePair> zonePairs = List.of();
  private volatile List<PairSeries> pairs = List.of();
  // Owned by the analysing thread: first the constructor's, then the loop's.
  private Analysis.Past past = Analysis.Past.NONE;
  private Set<String> reported = Set.of();

  /**
   * @param leaving supplier of the names of leaving nodes
   * @param silenced supplier of silenced nodes
   * @param areSilencesKnown false while nothing is to be judged for want of them
   * @param keepsPairs true to keep {@link #pairs}, which are tens of MB in a large mesh
   * @param changes counts each new report
   */
  ReportLoop(
      Matrix matrix,
      Analysis analysis,
      Supplier<List<AgentHealth>> agents,
      Supplier<Set<String>> leaving,
      Supplier<List<SilencedNode>> silenced,
      BooleanSupplier areSilencesKnown,
      Supplier<MeshReport.Store> store,
      boolean keepsPairs,
      InstantSource clock,
      ChangeSignal changes) {
    this.matrix = matrix;
    this.analysis = analysis;
    this.agents = agents;
    this.leaving = leaving;
    this.silenced = silenced;
    this.areSilencesKnown = areSilencesKnown;
    this.store = store;
    this.keepsPairs = keepsPairs;
    this.clock = clock;
    this.changes = changes;
    this.newest = analyse();
  }

  void start() {
    var _ = Thread.ofPlatform().daemon().name("analysis").start(this::run);
  }

  MeshReport newest() {
    return newest;
  }

  /** The pairs of the newest report, rolled up by zones. */
  List<ZonePair> zonePairs() {
    return zonePairs;
  }

  /** The pairs of the newest report; empty unless they are kept. */
  List<PairSeries> pairs() {
    return pairs;
  }

  @Override
  public void close() {
    closed.countDown();
  }

  private void run() {
    long lastVersion = -1;
    Unjudged lastUnjudged = Unjudged.NONE;
    long waited = 0;
    long lastJudged = System.nanoTime();
    long wait = POLL_INTERVAL.toNanos();
    try {
      while (!closed.await(wait, TimeUnit.NANOSECONDS)) {
        waited += wait;
        wait = POLL_INTERVAL.toNanos();
        if (!areSilencesKnown.getAsBoolean()) {
          continue; // a silenced node would be judged
        }
        long version = matrix.version();
        Unjudged unjudged = unjudged();
        boolean isUnchanged = version == lastVersion && unjudged.equals(lastUnjudged);
        if (isUnchanged && waited < AT_LEAST_EVERY.toNanos()) {
          continue;
        }
        long started = System.nanoTime();
        boolean isReusable =
            isUnchanged
                && newest.verdict() != Verdict.NO_DATA
                && reporting(withoutUnjudged(agents.get(), unjudged.names())).equals(reported)
                && started - lastJudged < MAX_REUSE.toNanos();
        if (isReusable) {
          newest = newest.withTime(clock.instant()).withStore(store.get());
        } else {
          newest = logTransition(newest, analysed());
          lastJudged = started;
        }
        changes.changed();
        wait = Math.max(wait, REST_FACTOR * (System.nanoTime() - started));
        lastVersion = version;
        lastUnjudged = unjudged;
        waited = 0;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A report in any case, even if the analysis fails: an old verdict would be believed. */
  private MeshReport analysed() {
    try {
      return analyse();
    } catch (RuntimeException e) {
      if (newest.verdict() != Verdict.NO_DATA) {
        LOG.error("analysis failed, no verdict until it succeeds", e);
      }
      return new MeshReport(
          newest.mesh(),
          clock.instant(),
          Verdict.NO_DATA,
          "the analysis failed; see the scraper's log",
          newest.totals(),
          List.of(),
          List.of(),
          store.get());
    }
  }

  private MeshReport analyse() {
    Unjudged unjudged = unjudged();
    MatrixView view = matrix.view(WindowSelection.last(Analysis.WINDOWS)).without(unjudged.names());
    zonePairs = ZonePairs.of(view);
    pairs = keepsPairs ? view.pairs() : List.of();
    List<AgentHealth> all = agents.get();
    List<AgentHealth> judged = withoutUnjudged(all, unjudged.names());
    reported = reporting(judged);
    // A mesh whose other nodes are all leaving or silenced has no pair to judge.
    Set<String> excuse = !all.isEmpty() && judged.size() <= 1 ? unjudged.names() : Set.of();
    Analysis.Result result =
        analysis.analyse(view, judged, excuse, store.get(), clock.instant(), past);
    past = result.past();
    return SilenceClause.append(
        result.report(), unjudged.silenced(), view.pairs().isEmpty() && !excuse.isEmpty());
  }

  private Unjudged unjudged() {
    return new Unjudged(leaving.get(), silenced.get());
  }

  /** Nodes that are measured and not judged. */
  private record Unjudged(Set<String> leaving, List<SilencedNode> silenced) {
    static final Unjudged NONE = new Unjudged(Set.of(), List.of());

    Set<String> names() {
      Set<String> names = new HashSet<>(leaving);
      silenced.forEach(silence -> names.add(silence.node()));
      return Set.copyOf(names);
    }
  }

  private static List<AgentHealth> withoutUnjudged(List<AgentHealth> all, Set<String> unjudged) {
    return all.stream().filter(agent -> !unjudged.contains(agent.agent())).toList();
  }

  private static Set<String> reporting(List<AgentHealth> agents) {
    return agents.stream()
        .filter(AgentHealth::reporting)
        .map(AgentHealth::agent)
        .collect(Collectors.toSet());
  }

  private static MeshReport logTransition(MeshReport before, MeshReport after) {
    if (before.verdict() != after.verdict()) {
      LOG.info("verdict changed verdict={} message={}", after.verdict().reason(), after.message());
    }
    return after;
  }
}
