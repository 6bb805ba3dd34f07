package io.llamamesh.scraper.analysis;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.MeshReport.PairReport;
import io.llamamesh.results.MeshReport.Silent;
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
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Analysis of the mesh: judges pairs, ranks suspects, and makes the report with its verdict.
 *
 * <p>Pure: a report depends on the arguments alone; of earlier reports on {@link Past}.
 */
public final class Analysis {
  /** Windows per pair that a view must select. */
  public static final int WINDOWS = PairJudge.WINDOWS;

  private static final int MAX_WORST_PAIRS = 50;
  private static final int MAX_SUSPECTS = 20;
  private static final int MAX_SILENT = 50;

  /** Intervals without an answer after which an agent is silent; it is polled once an interval. */
  private static final int SILENT_INTERVALS = 2;

  /** Share of agents, and of pairs, that must be measured for a network to be healthy. */
  private static final double ENOUGH = 0.9;

  /** Loss in percent that counts as complete: one packet in a thousand may pass by chance. */
  private static final double NOTHING_PASSES = 99.9;

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

  /** State that one analysis passes to the next: the pairs that were bad. */
  public static final class Past {
    /** The state before the first analysis. */
    public static final Past NONE = new Past(Set.of());

    private final Set<PairId> bad;

    private Past(Set<PairId> bad) {
      this.bad = bad;
    }
  }

  /**
   * A report, and the state for the next analysis.
   *
   * @param report the report
   * @param past state to pass to the next analysis
   */
  public record Result(MeshReport report, Past past) {}

  /**
   * Judges the mesh.
   *
   * @param view the last {@link #WINDOWS} windows of each pair
   * @param agents agents that should report
   * @param store the state of the store
   * @param now time of the report
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
   * Judges the mesh while nodes are leaving.
   *
   * @param view the last {@link #WINDOWS} windows of each pair that is judged
   * @param known agents that should report
   * @param leaving names of leaving nodes, if a view without pairs is explained by them and thus
   *     healthy; empty if there should be pairs all the same
   * @param store the state of the store
   * @param now time of the report
   */
  public Result analyse(
      MatrixView view,
      Collection<AgentHealth> known,
      Set<String> leaving,
      MeshReport.Store store,
      Instant now,
      Past past) {
    List<AgentHealth> agents = AgentHealth.ofNames(known);
    List<JudgedPair> judged = isStale(view, now) ? List.of() : judge.judge(view.pairs(), past.bad);
    Set<String> silentAgents = silentAgents(view, agents, now);
    // A scraper that hears from fewer than half of the agents is itself cut off.
    boolean isCutOff = 2 * silentAgents.size() > agents.size();
    List<JudgedPair> pairs = isCutOff ? judged : withoutUnreachable(view, judged, silentAgents);
    List<JudgedPair> bad = pairs.stream().filter(JudgedPair::isBad).sorted(worstFirst()).toList();
    List<Silent> silent = SilentNodes.of(pairs);
    List<Suspect> suspects = suspects(view, pairs, silent);
    Totals totals = totals(pairs, bad, agents);
    boolean excused = view.pairs().isEmpty() && !leaving.isEmpty();
    Verdict verdict = excused ? Verdict.HEALTHY : verdict(pairs, bad, suspects, silent, totals);
    MeshReport report =
        new MeshReport(
            mesh,
            now,
            verdict,
            excused
                ? VerdictMessage.nothingToJudge(leaving)
                : VerdictMessage.of(verdict, totals, suspects, silent, pairs, bad, limits),
            totals,
            bad.stream().limit(MAX_WORST_PAIRS).map(Analysis::report).toList(),
            suspects,
            silent.stream().limit(MAX_SILENT).toList(),
            store);
    return new Result(report, new Past(PairJudge.bad(judged)));
  }

  /** Agents that do not answer; one that answers and publishes nothing is not among them. */
  private static Set<String> silentAgents(
      MatrixView view, Collection<AgentHealth> agents, Instant now) {
    Instant recent = now.minusSeconds(SILENT_INTERVALS * view.intervalSeconds());
    return agents.stream()
        .filter(agent -> !agent.reporting())
        .filter(agent -> agent.lastAnswer() == null || agent.lastAnswer().isBefore(recent))
        .map(AgentHealth::agent)
        .collect(Collectors.toSet());
  }

  /**
   * Judged pairs where loss to a node that does not answer the scraper either is not the network's.
   */
  private static List<JudgedPair> withoutUnreachable(
      MatrixView view, List<JudgedPair> judged, Set<String> silentAgents) {
    Set<String> dead = SilentNodes.unreachable(judged, silentAgents);
    if (dead.isEmpty()) {
      return judged;
    }
    List<Suspect> suspects =
        Suspects.rank(links(judged, JudgedPair::isLossy), view::zone, MAX_SUSPECTS, true);
    dead.removeIf(node -> SilentNodes.isPartOf(suspects, view.zone(node)));
    return SilentNodes.without(judged, dead);
  }

  private static boolean isStale(MatrixView view, Instant now) {
    Duration allowed =
        Duration.ofSeconds(view.intervalSeconds()).multipliedBy(STALE_INTERVALS).plus(STALE_SLACK);
    return Instant.ofEpochSecond(view.newest()).isBefore(now.minus(allowed));
  }

  /** Suspects by loss, then silent nodes; by latency if nothing is lost. */
  private static List<Suspect> suspects(
      MatrixView view, List<JudgedPair> pairs, List<Silent> silent) {
    boolean lossy = pairs.stream().anyMatch(JudgedPair::isLossy);
    List<Suspect> network =
        Suspects.rank(
            links(pairs, lossy ? JudgedPair::isLossy : JudgedPair::isBad),
            view::zone,
            MAX_SUSPECTS,
            lossy);
    Stream<Suspect> others = silent.stream().map(SilentNodes::suspect);
    return (lossy
            ? Stream.concat(network.stream(), others)
            : Stream.concat(others, network.stream()))
        .limit(MAX_SUSPECTS)
        .toList();
  }

  private static Links links(List<JudgedPair> pairs, Predicate<JudgedPair> accuses) {
    return Links.of(pairs.stream().filter(JudgedPair::isTested).toList(), accuses);
  }

  private static Verdict verdict(
      List<JudgedPair> pairs,
      List<JudgedPair> bad,
      List<Suspect> suspects,
      List<Silent> silent,
      Totals totals) {
    if (pairs.isEmpty()) {
      return Verdict.NO_DATA;
    }
    if (bad.stream().anyMatch(JudgedPair::isLossy)) {
      return loss(bad, suspects);
    }
    if (!silent.isEmpty()) {
      return SilentNodes.verdict(silent);
    }
    if (!bad.isEmpty()) {
      return Verdict.HIGH_LATENCY;
    }
    return isMeasured(pairs, totals) ? Verdict.HEALTHY : Verdict.INCOMPLETE;
  }

  private static Verdict loss(List<JudgedPair> bad, List<Suspect> suspects) {
    if (suspects.isEmpty()) {
      return bad.getFirst().verdict();
    }
    Suspect top = suspects.getFirst();
    return switch (top.kind()) {
      case MESH -> Verdict.MESH_LOSS;
      case NODE -> Verdict.NODE_LOSS;
      case ZONE, ZONE_PAIR -> Verdict.ZONE_LOSS;
      case BLOCK -> {
        Double lost = top.lossPercent();
        yield top.explains() == top.of() && lost != null && lost >= NOTHING_PASSES
            ? Verdict.PARTITIONED
            : Verdict.BLOCK_LOSS;
      }
      case PAIR ->
          bad.stream()
              .filter(pair -> pair.isLossy() && pair.accuses(top.name()))
              .findFirst()
              .map(JudgedPair::verdict)
              .orElse(Verdict.PAIR_LOSS);
    };
  }

  /** True if coverage is enough to call a network without a fault healthy. */
  private static boolean isMeasured(List<JudgedPair> pairs, Totals totals) {
    long skipped =
        pairs.stream()
            .filter(pair -> Silence.of(pair.pair(), pair.pooled()) == Silence.SKIPPED)
            .count();
    return pairs.stream().anyMatch(JudgedPair::isTested)
        && totals.agentsReporting() >= ENOUGH * totals.agents()
        && pairs.size() - skipped >= ENOUGH * pairs.size();
  }

  private static Totals totals(
      List<JudgedPair> pairs, List<JudgedPair> bad, Collection<AgentHealth> agents) {
    long received = 0;
    long lost = 0;
    for (JudgedPair pair : pairs) {
      if (!pair.isTested()) {
        continue;
      }
      received += pair.pooled().received();
      lost += pair.pooled().lost();
    }
    double loss = received + lost == 0 ? Double.NaN : 100.0 * lost / (received + lost);
    return new Totals(
        agents.size(),
        (int) agents.stream().filter(AgentHealth::reporting).count(),
        JudgedPair.distinct(pairs),
        JudgedPair.distinct(bad),
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
    return Comparator.comparing((JudgedPair pair) -> !pair.isLossy())
        .thenComparing(
            pair -> pair.isLossy() ? -pair.pooled().lossPercent() : -pair.pooled().rttP99())
        .thenComparing(JudgedPair::pair);
  }

  private static PairReport report(JudgedPair judged) {
    Cell cell = judged.pooled();
    return new PairReport(
        judged.pair().source(),
        judged.pair().destination(),
        judged.pair().port(),
        judged.pair().family(),
        judged.verdict(),
        cell.sent(),
        cell.lost(),
        Rounding.percent(cell.lossPercent()),
        Rounding.millis(cell.rttP50()),
        Rounding.millis(cell.rttP99()),
        judged.badPorts());
  }
}
