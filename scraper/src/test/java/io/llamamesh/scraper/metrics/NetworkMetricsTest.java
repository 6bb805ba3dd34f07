package io.llamamesh.scraper.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MeshReport;
import io.llamamesh.results.Verdict;
import io.llamamesh.scraper.analysis.Analysis;
import io.llamamesh.scraper.analysis.Limits;
import io.llamamesh.scraper.document.ZonePairs;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.testing.SimulatedWindows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How many series the network gets, and what they say. */
final class NetworkMetricsTest {
  private static final Instant END = Instant.parse("2026-11-20T09:00:00Z");
  private static final MeshReport.Store STORE =
      new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);

  @Test
  void aThousandNodesInManyZonesWithABadNodeStayBelowTwoThousandSeries() {
    NetworkMetrics metrics = metrics(view(1_000, 37), false);

    List<String> series = series(metrics.scrape());

    assertThat(series).hasSizeBetween(1_000, 2_000);
    assertThat(series).contains("llamamesh_zone_pairs_omitted 969.0");
    // Omitted pairs lose less than those with series.
    assertThat(series)
        .anyMatch(
            line -> line.startsWith("llamamesh_zone_pair_loss_ratio") && !line.endsWith(" 0.0"));
  }

  @Test
  void zonePairsBadPairsAndSuspectsHaveSeries() {
    List<String> series = series(metrics(view(12, 3), false).scrape());

    assertThat(series)
        .filteredOn(line -> line.startsWith("llamamesh_zone_pair_loss_ratio{"))
        .hasSize(9);
    assertThat(series)
        .filteredOn(line -> line.startsWith("llamamesh_pair_loss_ratio{"))
        .hasSize(11)
        .allMatch(line -> line.contains("source=\"node-1\""));
    assertThat(series)
        .contains(
            "llamamesh_suspect_bad_links{direction=\"egress\",kind=\"node\",name=\"node-1\"} 11.0",
            "llamamesh_network_healthy 0.0",
            "llamamesh_network_verdict{verdict=\"NodeLoss\"} 1.0",
            "llamamesh_network_verdict{verdict=\"Healthy\"} 0.0",
            "llamamesh_pairs 132.0",
            "llamamesh_pairs_bad 11.0");
  }

  @Test
  void everyPairHasSeriesIfConfigured() {
    List<String> series = series(metrics(view(12, 3), true).scrape());

    assertThat(series)
        .filteredOn(line -> line.startsWith("llamamesh_pair_rtt_p99_seconds{"))
        .hasSize(132);
  }

  @Test
  void whoIsSilentHasSeriesAndIsNoLoss() {
    MatrixView view = view(12, 3);
    MeshReport report =
        new MeshReport(
            "default",
            END,
            Verdict.NODE_UNREACHABLE,
            "",
            new MeshReport.Totals(12, 11, 121, 0, 0.0, 0.1, 0.1),
            List.of(),
            List.of(),
            List.of(
                new MeshReport.Silent("node-2", MeshReport.Cause.UNREACHABLE, 11, 11),
                new MeshReport.Silent("edge-a", MeshReport.Cause.REFUSED, 2, 12)),
            STORE);

    List<String> series =
        series(new NetworkMetrics(() -> report, view::pairs, () -> ZonePairs.of(view)).scrape());

    assertThat(series)
        .contains(
            "llamamesh_silent_sources{cause=\"unreachable\",name=\"node-2\"} 11.0",
            "llamamesh_silent_sources{cause=\"refused\",name=\"edge-a\"} 2.0",
            "llamamesh_network_healthy 0.0");
    assertThat(series)
        .filteredOn(line -> line.startsWith("llamamesh_pair_loss_ratio{"))
        .hasSize(121)
        .noneMatch(line -> line.contains("destination=\"node-2\""));
  }

  @Test
  void whatIsNotKnownIsNeitherHealthyNorNot() {
    for (Verdict verdict : List.of(Verdict.NO_DATA, Verdict.INCOMPLETE)) {
      MeshReport report =
          new MeshReport(
              "default",
              END,
              verdict,
              "",
              new MeshReport.Totals(12, 2, 0, 0, null, null, null),
              List.of(),
              List.of(),
              STORE);

      assertThat(series(new NetworkMetrics(() -> report, List::of, List::of).scrape()))
          .contains("llamamesh_network_healthy NaN");
    }
  }

  private static NetworkMetrics metrics(MatrixView view, boolean everyPair) {
    MeshReport report =
        new Analysis("default", Limits.DEFAULT)
            .analyse(view, List.of(), STORE, END.plusSeconds(5), Analysis.Past.NONE)
            .report();
    return new NetworkMetrics(
        () -> report, () -> everyPair ? view.pairs() : List.of(), () -> ZonePairs.of(view));
  }

  private static MatrixView view(int nodes, int zones) {
    Matrix matrix =
        new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), () -> END.plusSeconds(5));
    SimulatedWindows windows =
        new SimulatedWindows(
            nodes, zones, (source, destination, path) -> source.equals("node-1") ? 0.2 : 0.00002);
    for (int node = 0; node < nodes; node++) {
      matrix.put(SimulatedWindows.name(node), windows.window(node, END, 10));
    }
    return matrix.view(WindowSelection.last(3));
  }

  private static List<String> series(String text) {
    return text.lines().filter(line -> !line.startsWith("#")).toList();
  }
}
