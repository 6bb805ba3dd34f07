package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.PairReport;
import io.llamamesh.results.MeshReport.Suspect;
import io.llamamesh.results.MeshReport.Totals;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.Rounding;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Makes the report of a moment: which pairs are bad, who explains them, and one word for it all.
 *
 * <p>Pure: the next report depends on what is passed alone, of the past on {@link Past}.
 */
public final class Analysis {
  /** Windows per pair that a view must select for it to judge by. */
  public static final int WINDOWS = PairJudge.WINDOWS;

  private static final int MAX_WORST_PAIRS = 50;
  private static final int MAX_SUSPECTS = 20;
  private static final int STALE_INTERVALS = 5;
  private static final Duration STALE_SLACK = Duration.ofSeconds(10);

  private final String mesh;
  private final Limits limits;
  private final PairJudge judge;

  /**
   * @param mesh the mesh's name
   */
  public Analysis(String mesh, Limits limits) {
    this.mesh = mesh;
    this.limits = limits;
    this.judge = new PairJudge(limits);
  }

  /** What the next judgement must know of this one: which pairs were bad. */
  public static final class Past {
    /** Before the first judgement. */
    public static final Past NONE = new Past(Set.of());

    private final Set<PairId> bad;

    private Past(Set<PairId> bad) {
      this.bad = bad;
    }
  }

  /**
   * A report, and what to pass next time.
   *
   * @param report what is wrong now
   * @param past for the next judgement
   */
  public record Result(MeshReport report, Past past) {}

  /**
   * Judges the mesh.
   *
   * @param view the last {@link #WINDOWS} windows of each pair
   * @param agents the agents that should report
   * @param store the state of the store
   * @param now when the report is made
   */
  public Result analyse(
      MatrixView view,
      Collection<AgentHealth> agents,
      MeshReport.Store store,
      Instant now,
      Past past) {
    return analyse(view, agents, Set.of(), store, now, past);
  }

  /**
   * Judges a mesh that nodes leave.
   *
   * @param view the last {@link #WINDOWS} windows of each pair that is judged
   * @param agents the agents that should report
   * @param leaving names of the nodes but for which there would be pairs: where there are none,
   *     nothing is wrong; empty where there should be pairs all the same
   * @param store the state of the store
   * @param now when the report is made
   */
  public Result analyse(
      MatrixView view,
      Collection<AgentHealth> agents,
      Set<String> leaving,
      MeshReport.Store store,
      Instant now,
      Past past) {
    List<JudgedPair> pairs = stale(view, now) ? List.of() : judge.judge(view.pairs(), past.bad);
    List<JudgedPair> bad = pairs.stream().filter(JudgedPair::bad).sorted(worstFirst()).toList();
    List<Suspect> suspects = suspects(view, pairs);
    Totals totals = totals(pairs, bad, agents);
    boolean excused = view.pairs().isEmpty() && !leaving.isEmpty();
    Verdict verdict = excused ? Verdict.HEALTHY : verdict(pairs, bad, suspects);
    MeshReport report =
        new MeshReport(
            mesh,
            now,
            verdict,
            excused
                ? Sentences.nothingToJudge(leaving)
                : Sentences.of(verdict, totals, suspects, bad, unjudged(pairs), limits),
            totals,
            bad.stream().limit(MAX_WORST_PAIRS).map(Analysis::report).toList(),
            suspects,
            store);
    return new Result(report, new Past(PairJudge.bad(pairs)));
  }

  /** Pairs of which no probe counts: refused, or their peer said goodbye. */
  private static List<JudgedPair> unjudged(List<JudgedPair> pairs) {
    return pairs.stream()
        .filter(pair -> pair.pooled().received() + pair.pooled().lost() == 0)
        .toList();
  }

  private static boolean stale(MatrixView view, Instant now) {
    Duration allowed =
        Duration.ofSeconds(view.intervalSeconds()).multipliedBy(STALE_INTERVALS).plus(STALE_SLACK);
    return Instant.ofEpochSecond(view.newest()).isBefore(now.minus(allowed));
  }

  /** Loss first; latency where nothing is lost. */
  private static List<Suspect> suspects(MatrixView view, List<JudgedPair> pairs) {
    boolean lossy = pairs.stream().anyMatch(JudgedPair::lossy);
    if (!lossy && pairs.stream().noneMatch(JudgedPair::bad)) {
      return List.of();
    }
    Links links = Links.of(pairs, lossy ? JudgedPair::lossy : JudgedPair::bad);
    return Suspects.rank(links, zones(view), MAX_SUSPECTS, lossy);
  }

  private static Function<String, String> zones(MatrixView view) {
    return name -> {
      MatrixView.NodeInfo info = view.nodes().get(name);
      return info == null ? "" : info.zone();
    };
  }

  private static Verdict verdict(
      List<JudgedPair> pairs, List<JudgedPair> bad, List<Suspect> suspects) {
    if (pairs.isEmpty()) {
      return Verdict.NO_DATA;
    }
    if (bad.isEmpty()) {
      return Verdict.HEALTHY;
    }
    if (bad.stream().noneMatch(JudgedPair::lossy)) {
      return Verdict.HIGH_LATENCY;
    }
    if (suspects.isEmpty()) {
      return bad.getFirst().verdict();
    }
    Suspect top = suspects.getFirst();
    return switch (top.kind()) {
      case NODE -> Verdict.NODE_LOSS;
      case ZONE, ZONE_PAIR -> Verdict.ZONE_LOSS;
      case PAIR ->
          bad.stream()
              .filter(pair -> pair.lossy() && pair.accuses(top.name()))
              .findFirst()
              .map(JudgedPair::verdict)
              .orElse(Verdict.PAIR_LOSS);
    };
  }

  private static Totals totals(
      List<JudgedPair> pairs, List<JudgedPair> bad, Collection<AgentHealth> agents) {
    long received = 0;
    long lost = 0;
    for (JudgedPair pair : pairs) {
      received += pair.pooled().received();
      lost += pair.pooled().lost();
    }
    long distinct =
        pairs.stream()
            .map(pair -> pair.pair().source() + '\n' + pair.pair().destination())
            .distinct()
            .count();
    double loss = received + lost == 0 ? Double.NaN : 100.0 * lost / (received + lost);
    return new Totals(
        agents.size(),
        (int) agents.stream().filter(AgentHealth::reporting).count(),
        (int) distinct,
        bad.size(),
        Rounding.percent(loss),
        Rounding.millis(quantile(pairs, Cell::rttP50, 0.5)),
        Rounding.millis(quantile(pairs, Cell::rttP99, 0.99)));
  }

  private static double quantile(
      List<JudgedPair> pairs, ToDoubleFunction<Cell> value, double quantile) {
    double[] sorted =
        pairs.stream()
            .mapToDouble(pair -> value.applyAsDouble(pair.pooled()))
            .filter(number -> !Double.isNaN(number))
            .sorted()
            .toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int index = (int) Math.ceil(quantile * sorted.length) - 1;
    return Arrays.stream(sorted).skip(Math.max(0, index)).findFirst().orElse(Double.NaN);
  }

  private static Comparator<JudgedPair> worstFirst() {
    return Comparator.comparing((JudgedPair pair) -> !pair.lossy())
        .thenComparing(
            pair -> pair.lossy() ? -pair.pooled().lossPercent() : -pair.pooled().rttP99())
        .thenComparing(JudgedPair::pair);
  }

  private static PairReport report(JudgedPair judged) {
    Cell cell = judged.pooled();
    return new PairReport(
        judged.pair().source(),
        judged.pair().destination(),
        judged.pair().port(),
        judged.verdict(),
        cell.sent(),
        cell.lost(),
        Rounding.percent(cell.lossPercent()),
        Rounding.millis(cell.rttP50()),
        Rounding.millis(cell.rttP99()),
        judged.badPorts());
  }
}
