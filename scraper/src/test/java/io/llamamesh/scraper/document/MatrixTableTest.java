package io.llamamesh.scraper.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MatrixDocument;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MatrixTableTest {
  private static final Instant NOW = Instant.parse("2026-11-20T09:00:10Z");
  private final Matrix matrix = new Matrix(Duration.ofSeconds(10), Duration.ofHours(1), () -> NOW);

  @Test
  void showsLossAndMedianRttOfEveryPair() {
    matrix.put(
        "node-1",
        List.of(
            Points.pair("node-1", "node-2", NOW, 100, 0, 0.0712),
            Points.pair("node-2", "node-1", NOW, 100, 27, 12.5)));

    AgentHealth one = new AgentHealth("node-1", "10.0.0.1:8100", true, NOW, NOW, null, 0);
    AgentHealth two = new AgentHealth("node-2", "10.0.0.2:8100", true, NOW, NOW, null, 0);

    assertThat(new MatrixTable(false, 20).render(document(one, two)))
        .isEqualTo(
            """
            class default IPv4   loss % / median RTT, 1 window of 10 s, rows probe columns
                         node-1       node-2
            node-1            \\      0% 71µs
            node-2 27.0% 12.5ms            \\
            """);
  }

  @Test
  void aTargetWithoutAReflectorSaysHowItIsProbed() {
    matrix.put(
        "node-1",
        List.of(
            Points.pair("node-1", "node-2", NOW, 100, 0, 1),
            Points.with(Points.pair("node-1", "gateway", NOW, 100, 0, 1), "method", "icmp")));

    assertThat(new MatrixTable(false, 20).render(document()))
        .endsWith("gateway is probed by icmp\n")
        .doesNotContain("node-2 is probed");
  }

  @Test
  void missingDataIsNotZero() {
    matrix.put(
        "node-1",
        List.of(
            Points.pair("node-1", "node-2", NOW, 100, 0, 1),
            Points.pair("node-1", "node-3", NOW, 0, 0, 1)));

    String table = new MatrixTable(false, 20).render(document());

    assertThat(table.lines().filter(line -> line.startsWith("node-3")).findFirst().orElseThrow())
        .contains("·")
        .doesNotContain("0%");
    assertThat(table.lines().filter(line -> line.startsWith("node-1")).findFirst().orElseThrow())
        .endsWith("·");
  }

  @Test
  void lossAboveTheLimitIsColoured() {
    matrix.put("node-1", List.of(Points.pair("node-1", "node-2", NOW, 100, 27, 1)));

    assertThat(new MatrixTable(true, 20).render(document()))
        .contains("\u001b[1;97;41m27.0% 1.0ms\u001b[0m");
  }

  @Test
  void aLossThatIsNotZeroNeverReadsAsZero() {
    assertThat(MatrixTable.percent(0.001)).isEqualTo("<0.01");
    assertThat(MatrixTable.percent(0)).isEqualTo("0");
    assertThat(MatrixTable.percent(100)).isEqualTo("100");
    assertThat(MatrixTable.percent(27.04)).isEqualTo("27.0");
  }

  @Test
  void saysWhoIsAwaitedBeforeTheFirstWindow() {
    AgentHealth silent =
        new AgentHealth("node-1", "10.0.0.1:8100", false, null, null, "connection refused", 0);
    AgentHealth answering = new AgentHealth("node-2", "10.0.0.2:8100", false, NOW, null, null, 0);

    MatrixDocument document = document(silent, answering);

    assertThat(new MatrixTable(false, 20).render(document))
        .isEqualTo("waiting for the first windows: 1 of 2 agents answer\n");
  }

  @Test
  void whoReportsAtOneAddressIsNotSilentAtAnother() {
    AgentHealth now = new AgentHealth("node-1", "10.0.0.9:8100", true, NOW, NOW, null, 0);
    AgentHealth before = new AgentHealth("node-1", "10.0.0.1:8100", false, NOW, NOW, "gone", 0);

    for (MatrixDocument document : List.of(document(now, before), document(before, now))) {
      assertThat(document.nodes())
          .singleElement()
          .satisfies(node -> assertThat(node.reporting()).isTrue())
          .satisfies(node -> assertThat(node.problem()).isNull());
    }
  }

  @Test
  void ofManyNodesTheWorstAreShown() {
    for (int i = 0; i < 40; i++) {
      matrix.put(
          "node-" + i,
          List.of(Points.pair("node-" + i, "node-" + (i + 1) % 40, NOW, 100, i == 30 ? 50 : 0, 1)));
    }

    String table = new MatrixTable(false, 4).render(document());

    assertThat(table).contains("node-30", "node-31", "36 more nodes");
  }

  @Test
  void nodesAreSortedAsPeopleCount() {
    matrix.put(
        "node-10",
        List.of(
            Points.pair("node-10", "node-2", NOW, 100, 0, 1),
            Points.pair("node-2", "node-1", NOW, 100, 0, 1)));

    assertThat(document().nodes())
        .extracting(MatrixDocument.Node::name)
        .containsExactly("node-2", "node-10", "node-1");
  }

  private MatrixDocument document(AgentHealth... agents) {
    WindowSelection selection = WindowSelection.last(3);
    return new MatrixDocumentFactory("default", 1, 50)
        .document(matrix.view(selection), List.of(agents), NOW);
  }
}
