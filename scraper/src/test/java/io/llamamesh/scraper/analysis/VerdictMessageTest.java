package io.llamamesh.scraper.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MeshReport;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Cell;
import io.llamamesh.scraper.matrix.MatrixView;
import io.llamamesh.scraper.matrix.PairSeries;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class VerdictMessageTest {

  private static final long NOW = 1_000_000_000L;
  private static final double NONE = Double.NaN;

  @Test
  void lossyPairsAndSlowPairsAreCountedApart() {
    String message = message(losing("a", "b"), slow("b", "a"), well("a", "c"), well("c", "a"));

    assertThat(message).startsWith("1 of 4 pairs is bad, 1 more above 50 ms p99: ");
  }

  private static String message(PairSeries... pairs) {
    MatrixView view = new MatrixView(10, NOW, List.of(pairs), Map.of());
    AgentHealth agent = new AgentHealth("a", "", true, null, null, null, 0);
    MeshReport.Store store =
        new MeshReport.Store(MeshReport.Store.State.NOT_CONFIGURED, null, null, 0);
    return new Analysis("default", Limits.DEFAULT)
        .analyse(view, List.of(agent), store, Instant.ofEpochSecond(NOW), Analysis.Past.NONE)
        .report()
        .message();
  }

  private static PairSeries well(String source, String destination) {
    return series(source, destination, 160, 0, 0, 0.1);
  }

  private static PairSeries losing(String source, String destination) {
    return series(source, destination, 120, 40, 0, 0.1);
  }

  private static PairSeries slow(String source, String destination) {
    return series(source, destination, 160, 0, 0, 400);
  }

  private static PairSeries series(
      String source, String destination, long received, long lost, long refused, double rtt) {
    List<Cell> cells =
        IntStream.range(0, 3)
            .mapToObj(i ->
                new Cell(NOW - 10L * (2 - i), 160, received, lost, refused, 0, 0, rtt, rtt, NONE))
            .toList();
    return new PairSeries(source, destination, "default", "IPv4", cells, List.of());
  }
}
