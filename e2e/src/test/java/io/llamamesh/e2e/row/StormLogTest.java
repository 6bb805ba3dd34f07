package io.llamamesh.e2e.row;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StormLogTest {
  private static final Instant BEGIN = Instant.parse("2026-11-30T12:00:00Z");
  private static final StormEvent SECOND_OPERATOR =
      new StormEvent(StormEvent.Kind.SECOND_OPERATOR, Duration.ZERO, Duration.ofSeconds(30), 0);

  private final StringBuilder lines = new StringBuilder();
  private final StormLog log = new StormLog(lines);

  @Test
  void aChangeOfAVerdictIsALineAndTheSameAgainIsNone() throws IOException {
    log.status(at(0), status("True", "Healthy"));
    log.status(at(1), status("True", "Healthy"));
    log.status(at(2), status("Unknown", "ReportStale"));
    log.status(at(7), status("Unknown", "ReportStale"));
    log.status(at(8), status("True", "Healthy"));

    assertThat(lines.toString().lines().filter(line -> line.contains("NetworkHealthy=")))
        .hasSize(3);
    assertThat(log.problems()).isEmpty();
    Figures figures = new Figures();
    log.summarize(figures);
    assertThat(figures.toString())
        .contains("verdict changes 2", "NetworkHealthy Unknown for 6.0 s");
  }

  @Test
  void whoBlamesTheNetworkInAStormIsWrong() throws IOException {
    log.status(at(0), status("True", "Healthy"));
    log.status(at(1), status("False", "NodeLoss"));

    assertThat(log.problems()).singleElement().asString().contains("NodeLoss");
  }

  @ParameterizedTest
  @CsvSource({
    "llama-mesh-operator, LlamaMesh llama-mesh/default, NetworkUnhealthy, true",
    "llama-mesh-operator, LlamaMesh llama-mesh/default, StoreUnreachable, true",
    "llama-mesh-operator, LlamaMesh llama-mesh/default, ManagedByAnother, true",
    "llama-mesh-operator, LlamaMesh llama-mesh/default, InvalidSpec, true",
    "llama-mesh-operator, LlamaMesh storm-team/default, PortConflict, false",
    "llama-mesh-operator, LlamaMesh llama-mesh/storm-unreadable, InvalidSpec, false",
    "kubelet, Pod llama-mesh/default-agent-x, Unhealthy, false",
  })
  void aWarningIsUntrueWhereNothingWasDoneForIt(
      String component, String object, String reason, boolean untrue) {
    StormLog.Warning warning = new StormLog.Warning("1", component, object, reason, "words");

    log.warning(at(0), warning);
    log.warning(at(1), warning);

    assertThat(log.problems()).hasSize(untrue ? 1 : 0);
    assertThat(lines.toString().lines().filter(line -> line.contains(" WARNING "))).hasSize(1);
  }

  @Test
  void aSecondOperatorMaySayThatTheMeshIsAnothersWhileThereIsOne() {
    StormLog.Warning warning =
        new StormLog.Warning(
            "1", "llama-mesh-operator", "LlamaMesh llama-mesh/default", "ManagedByAnother", "");
    log.begins(at(0), SECOND_OPERATOR);
    log.ends(at(40), SECOND_OPERATOR);

    log.warning(at(50), warning);

    assertThat(log.problems()).isEmpty();
  }

  @Test
  void aContainerThatIsStartedAgainIsARestartAndAPodInPlaceOfAnotherIsNone() {
    log.pods(at(0), List.of(agent("a", "node-1", true, 1), agent("b", "node-2", true, 0)));
    log.pods(at(1), List.of(agent("a", "node-1", true, 1), agent("b", "node-2", false, 0)));
    log.pods(at(2), List.of(agent("a", "node-1", true, 1), agent("c", "node-2", true, 0)));
    assertThat(log.problems()).isEmpty();

    log.pods(at(3), List.of(agent("a", "node-1", true, 2), agent("c", "node-2", true, 0)));

    assertThat(log.problems()).singleElement().asString().contains("a restarted on node-1");
    Figures figures = new Figures();
    log.summarize(figures);
    assertThat(figures.toString()).contains("pods replaced 1", "restarts 1");
  }

  @Test
  void theGapOfAReplacedAgentIsExplainedAndNoOther() {
    log.pods(at(0), List.of(agent("a", "node-1", true, 0), agent("b", "node-2", true, 0)));
    log.pods(at(100), List.of(agent("a", "node-1", true, 0), agent("b", "node-2", false, 0)));
    log.pods(at(120), List.of(agent("a", "node-1", true, 0), agent("c", "node-2", false, 0)));
    log.pods(at(130), List.of(agent("a", "node-1", true, 0), agent("c", "node-2", true, 0)));

    Continuity.Step from = step("node-2", "node-3", 95, 140);
    Continuity.Step towards = step("node-3", "node-2", 95, 140);
    Continuity.Step elsewhere = step("node-1", "node-3", 95, 140);
    Continuity.Step later = step("node-2", "node-3", 200, 220);
    // An agent that ends closes its window at once.
    Continuity.Step last = step("node-2", "node-3", 98, 101);
    Continuity.Step twice = step("node-1", "node-3", 98, 101);

    Continuity unexplained =
        log.unexplained(
            new Continuity(List.of(from, towards, elsewhere, later), List.of(last, twice)));

    assertThat(unexplained.gaps()).containsExactly(elsewhere, later);
    assertThat(unexplained.repeats()).containsExactly(twice);
  }

  private static Continuity.Step step(String source, String destination, int from, int to) {
    return new Continuity.Step(
        "{\"src_name\": \"%s\", \"dst_name\": \"%s\"}".formatted(source, destination),
        at(from),
        at(to));
  }

  private static StormLog.ObservedPod agent(String uid, String node, boolean ready, int restarts) {
    return new StormLog.ObservedPod(uid, uid, "agent", node, ready, restarts, "");
  }

  private static Instant at(int second) {
    return BEGIN.plusSeconds(second);
  }

  private static JsonNode status(String network, String reason) throws IOException {
    return new ObjectMapper()
        .readTree(
            """
            {"conditions": [{"type": "NetworkHealthy", "status": "%s", "reason": "%s"},
                            {"type": "Ready", "status": "True", "reason": "Ready"},
                            {"type": "StoreReachable", "status": "True", "reason": "Written"}]}
            """
                .formatted(network, reason));
  }
}
