package io.llamamesh.scraper.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MatrixDocument.Node;
import io.llamamesh.results.MatrixDocument.Pair;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CompletenessTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Node A = node("a", true);
  private static final Node B = node("b", true);

  @Test
  void aMeshWhoseAgentsAllReportedBothWaysIsComplete() {
    assertThat(missing(List.of(A, B), pair("a", "b", 40), pair("b", "a", 40))).isEmpty();
  }

  @Test
  void aMeshOfOneNodeHasNoPairsToWaitFor() {
    assertThat(missing(List.of(A))).isEmpty();
  }

  @Test
  void withoutAgentsNothingIsComplete() {
    assertThat(missing(List.of())).isEqualTo("no agent was found");
  }

  @Test
  void anAgentWhoseWindowDidNotArriveIsNamed() {
    assertThat(missing(List.of(A, node("b", false)), pair("a", "b", 40)))
        .isEqualTo("last window not arrived from b");
  }

  @Test
  void anAgentThatSentNothingIsNamed() {
    assertThat(missing(List.of(A, B), pair("a", "b", 40), pair("b", "a", 0)))
        .isEqualTo("no pair reported by b");
  }

  @Test
  void anAgentThatNobodyProbedIsNamed() {
    assertThat(
            missing(
                List.of(A, B, node("c", true)),
                pair("a", "b", 40),
                pair("b", "a", 40),
                pair("c", "a", 40)))
        .isEqualTo("nobody probed c");
  }

  private static String missing(List<Node> nodes, Pair... pairs) {
    return Completeness.missing(
        new MatrixDocument("m", NOW, 10, 3, NOW, 1, 50, nodes, List.of(), List.of(pairs), null));
  }

  private static Node node(String name, boolean reporting) {
    return new Node(name, null, null, true, reporting, NOW, null);
  }

  private static Pair pair(String source, String destination, long sent) {
    return new Pair(
        source, destination, "default", "IPv4", 1, sent, sent, 0, 0, 0.0, 0.1, 0.2, 0.01, NOW);
  }
}
