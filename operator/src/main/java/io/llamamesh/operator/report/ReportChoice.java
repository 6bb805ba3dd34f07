package io.llamamesh.operator.report;

import io.llamamesh.operator.status.NetworkView;
import io.llamamesh.results.FabricReport;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among what several scrapers answer. The one that writes to the store is believed, since
 * only it knows of the store, as long as it sees what there is to be seen; else the one that sees
 * most: a scraper on a node that is half cut off judges what is left to it.
 */
final class ReportChoice {
  /** Share of the agents that a scraper must hear of for its word to be enough. */
  private static final double ENOUGH = 0.9;

  static final NetworkView.Unknown NOT_READY =
      new NetworkView.Unknown("ScraperNotReady", "no scraper pod is ready to be asked");

  private ReportChoice() {}

  /**
   * The answer of one scraper.
   *
   * @param from who
   * @param view a report, or why there is none
   */
  record Answer(ScraperEndpoint from, NetworkView view) {}

  /**
   * The view of the network that all answers give.
   *
   * @param writer name of the pod that writes to the store; null: not known
   */
  static NetworkView of(List<Answer> answers, @Nullable String writer) {
    // Those that are ready first; sorting keeps the order of equals.
    List<Answer> all =
        answers.stream()
            .sorted(
                Comparator.comparing((Answer a) -> !a.from().pod().equals(writer))
                    .thenComparing(a -> !a.from().ready()))
            .toList();
    List<Answer> known = all.stream().filter(a -> a.view() instanceof NetworkView.Known).toList();
    if (known.isEmpty()) {
      return all.stream()
          .filter(a -> a.from().ready())
          .map(Answer::view)
          .findFirst()
          .orElse(NOT_READY);
    }
    MeshReport first = report(known.getFirst());
    if (seesEnough(first)) {
      return new NetworkView.Known(withFabricOf(first, known));
    }
    MeshReport best =
        known.stream()
            .map(ReportChoice::report)
            .max(Comparator.comparingInt(ReportChoice::agentsSeen))
            .filter(report -> agentsSeen(report) > agentsSeen(first))
            .orElse(first);
    boolean writes = Objects.equals(known.getFirst().from().pod(), writer);
    return new NetworkView.Known(withFabricOf(writes ? withStoreOf(best, first) : best, known));
  }

  /**
   * The report with what another scraper's fabric names where its own names nobody: they watch
   * different agents, and one of them may just be cut off from its own.
   */
  private static MeshReport withFabricOf(MeshReport report, List<Answer> known) {
    if (names(report.fabric())) {
      return report;
    }
    return known.stream()
        .map(ReportChoice::report)
        .filter(ReportChoice::seesEnough)
        .filter(other -> names(other.fabric()) && hearsAsMany(other.fabric(), report.fabric()))
        .findFirst()
        .map(other -> report.withFabric(other.fabric()))
        .orElse(report);
  }

  private static boolean names(@Nullable FabricReport fabric) {
    return fabric != null && fabric.agents() > 0 && !fabric.isClear();
  }

  private static boolean hearsAsMany(@Nullable FabricReport other, @Nullable FabricReport own) {
    return own == null || (other != null && other.agents() >= own.agents());
  }

  private static MeshReport report(Answer answer) {
    return ((NetworkView.Known) answer.view()).report();
  }

  private static boolean seesEnough(MeshReport report) {
    return report.verdict() != Verdict.NO_DATA
        && report.totals().agentsReporting() >= ENOUGH * report.totals().agents();
  }

  private static int agentsSeen(MeshReport report) {
    return report.verdict() == Verdict.NO_DATA ? -1 : report.totals().agentsReporting();
  }

  private static MeshReport withStoreOf(MeshReport report, MeshReport store) {
    return report.withStore(store.store());
  }
}
