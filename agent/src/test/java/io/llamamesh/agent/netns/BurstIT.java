package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.http.ToolsClient;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.testkit.junit.RunsAlone;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four agents, each on a machine of its own: bursts and silences through the fabric. */
@InNamespaces
@RunsAlone("its table must come in time")
class BurstIT {

  private static final int NODES = 4;
  private static final Duration SETTLED = FabricAgents.SETTLED;
  private static final Duration LENGTH = Duration.ofSeconds(5);

  private FabricAgents mesh;

  @TempDir private Path folder;

  @BeforeEach
  void start() {
    mesh = FabricAgents.start(folder, NODES, FabricAgents.Load.USUAL);
  }

  @AfterEach
  void clean() {
    mesh.close();
  }

  private ToolsClient.Outcome burst(int asked, String target) {
    return mesh.host(asked)
        .call(() ->
            new ToolsClient(FabricAgents.url(asked), FabricAgents.token())
                .burst(target, 200, LENGTH, "ann"));
  }

  private static List<JsonNode> rows(ToolsClient.Outcome outcome) throws IOException {
    return StreamSupport.stream(
            ResultsJson.mapper().readTree(outcome.json()).path("rows").spliterator(), false)
        .toList();
  }

  @Test
  void allAgentsFindTheLossOfTheNetworkAndWindowsKnowNothingOfIt() throws Exception {
    mesh.host(4).rule("input", "udp dport 8100 numgen random mod 5 < 1 drop");
    double before = mesh.agent(1).metric("llamamesh_probes_total{outcome=\"sent\"}");
    long began = System.nanoTime();

    ToolsClient.Outcome outcome = burst(2, "node-4");

    Duration took = Duration.ofNanos(System.nanoTime() - began);
    assertThat(took).isLessThan(LENGTH.plusSeconds(5));
    List<JsonNode> rows = rows(outcome);
    assertThat(rows)
        .extracting(row -> row.path("source").asText() + " " + row.path("state").asText())
        .containsExactly("node-1 done", "node-2 done", "node-3 done");
    for (JsonNode row : rows) {
      assertThat(row.path("sent").asInt()).isBetween(900, 1_010);
      assertThat(row.path("lossPercent").asDouble()).isCloseTo(20, within(5.0));
      assertThat(row.path("lossLow").asDouble()).isLessThan(row.path("lossPercent").asDouble());
    }
    assertThat(outcome.text()).contains("node-1", "node-2", "node-3").doesNotContain("no answer");
    assertThat(outcome.isWell()).isFalse();
    // Four flows to three others, four probes a second: what is measured goes on as ever.
    double sent = mesh.agent(1).metric("llamamesh_probes_total{outcome=\"sent\"}") - before;
    assertThat(sent).isBetween(150.0, 48.0 * (took.toSeconds() + 3));
    double reflected = mesh.agent(NODES).metric("llamamesh_reflector_bursts_total");
    assertThat(reflected)
        .isEqualTo(
            rows.stream()
                .mapToInt(row -> row.path("received").asInt() + row.path("late").asInt())
                .sum());
  }

  @Test
  void whoDoesNotAnswerIsNamedAndTheTableComesInTime() throws Exception {
    mesh.agent(3).signal("STOP");
    long began = System.nanoTime();
    try {
      ToolsClient.Outcome outcome = burst(1, "node-4");

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LENGTH.plusSeconds(5));
      assertThat(outcome.text()).contains("no answer from: node-3");
      assertThat(rows(outcome))
          .extracting(row -> row.path("source").asText() + " " + row.path("lost").asInt())
          .containsExactly("node-1 0", "node-2 0");
    } finally {
      mesh.agent(3).signal("CONT");
    }
  }

  @Test
  void aSilenceSurvivesARolloutOfAllAgentsAndEndsByItselfAndItsNodeIsMeasured() throws Exception {
    ToolsClient.Outcome kept = silence("node-4", Duration.ofMinutes(10), "disk swap");
    assertThat(kept.text()).startsWith("node-4 is silenced until ");
    var _ = silence("node-3", Duration.ofSeconds(20), "new fan");
    Instant until =
        Instant.parse(silenceOf(mesh.agent(1), "node-3").orElseThrow().path("until").asText());
    mesh.all().forEach(BurstIT::awaitSilence);

    // As pods of a rollout: each begins with an empty folder once the one before is ready.
    for (int i = 1; i <= NODES; i++) {
      AgentProcess old = mesh.agent(i);
      old.signal("TERM");
      assertThat(old.awaitEnd()).isZero();
      mesh.emptyState(i);
      AgentProcess next = mesh.restart(i);
      await().atMost(SETTLED).ignoreExceptions().until(() -> next.get("/readyz").contains("true"));
      awaitSilence(next);
    }

    for (AgentProcess agent : mesh.all()) {
      await().atMost(SETTLED).until(() -> silenceOf(agent, "node-3").isEmpty());
      assertThat(Instant.now()).isAfterOrEqualTo(until);
      awaitSilence(agent);
    }
    await()
        .atMost(SETTLED)
        .until(() -> AgentProcess.total(pointsOf(mesh.agent(1), "node-4"), "received") > 0);
    assertThat(silenceOf(mesh.agent(NODES), "node-4").orElseThrow().path("by").asText())
        .isEqualTo("ann from 10.83.0.1");
    ToolsClient.Outcome ended =
        mesh.host(3)
            .call(() ->
                new ToolsClient(FabricAgents.url(3), FabricAgents.token()).endSilence("node-4"));
    assertThat(ended.isWell()).isTrue();
    for (AgentProcess agent : mesh.all()) {
      await().atMost(SETTLED).until(() -> agent.json("/v1/silences").path("silences").isEmpty());
    }
  }

  private ToolsClient.Outcome silence(String node, Duration length, String because) {
    return mesh.host(1)
        .call(() ->
            new ToolsClient(FabricAgents.url(1), FabricAgents.token())
                .silence(node, length, because, "ann"));
  }

  private static Optional<JsonNode> silenceOf(AgentProcess agent, String node) {
    return agent
        .json("/v1/silences")
        .path("silences")
        .valueStream()
        .filter(silence -> silence.path("node").asText().equals(node))
        .findFirst();
  }

  private static List<JsonNode> pointsOf(AgentProcess agent, String node) {
    return agent.points().filter(p -> p.at("/tags/dst_name").asText().equals(node)).toList();
  }

  private static void awaitSilence(AgentProcess agent) {
    await()
        .atMost(SETTLED)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(() ->
            silenceOf(agent, "node-4").orElseThrow().path("because").asText().equals("disk swap"));
  }
}
