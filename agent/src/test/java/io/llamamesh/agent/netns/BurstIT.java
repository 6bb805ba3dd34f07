package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.http.ToolsClient;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four agents, each on a machine of its own: bursts and silences through the fabric. */
@InNamespaces
class BurstIT {

  private static final int NODES = 4;
  private static final String KEY = "sixteen bytes !!";
  private static final Duration SETTLED = Duration.ofSeconds(90);
  private static final Duration LENGTH = Duration.ofSeconds(5);

  private final Lab lab = Lab.bridged(NODES);
  private final List<AgentProcess> agents = new ArrayList<>();

  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    Path auth = Files.createDirectories(folder.resolve("auth"));
    String key = Base64.getEncoder().encodeToString(KEY.getBytes(StandardCharsets.US_ASCII));
    for (String file : List.of("keys.json", "tokens.json")) {
      Files.writeString(
          auth.resolve(file),
          "[{\"id\": 3, \"key\": \"%s\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]".formatted(key));
    }
    for (int i = 1; i <= NODES; i++) {
      agents.add(launch(i));
    }
    for (AgentProcess agent : agents) {
      await()
          .atMost(SETTLED)
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptions()
          .until(() ->
              agent
                      .json("/v1/members")
                      .path("members")
                      .valueStream()
                      .filter(m -> m.path("state").asText().equals("up"))
                      .count()
                  == NODES);
    }
  }

  @AfterEach
  void clean() {
    agents.forEach(AgentProcess::close);
    lab.close();
  }

  private AgentProcess launch(int i) throws IOException {
    Path config = folder.resolve("collector-" + i + ".yaml");
    StringBuilder targets = new StringBuilder();
    for (int j = 1; j <= NODES; j++) {
      if (j != i) {
        targets.append("    - {name: node-%1$d, ip: 10.83.0.%1$d, port: 8100}%n".formatted(j));
      }
    }
    Files.writeString(
        config,
        """
        version: 1
        mesh: lab
        source: {name: node-%d}
        fabric: {enabled: true}
        summarization: {interval: 1}
        ports: {default: {timeout: 1000, base_port: 26000, payload_bytes: 200}}
        port_groups: {default: [{port: default, count: 4}]}
        rate_limits: {default: {cps: 4}}
        tests: [{targets: default, port_group: default, rate_limit: default}]
        targets:
          default:
        %s\
        """
            .formatted(i, targets));
    return AgentProcess.launch(
        lab.host("node-" + i),
        folder,
        List.of(),
        "agent",
        "--config",
        config.toString(),
        "--bind",
        "10.83.0." + i,
        "--state-dir",
        folder.resolve("state-" + i).toString(),
        "--auth-dir",
        folder.resolve("auth").toString(),
        "--accept-unauthenticated",
        "10.83.0.0/16");
  }

  private String token() {
    return Base64.getEncoder().encodeToString(KEY.getBytes(StandardCharsets.US_ASCII));
  }

  private ToolsClient.Outcome burst(int asked, String target) {
    return lab.host("node-" + asked)
        .call(() ->
            new ToolsClient("http://10.83.0." + asked + ":8100", token())
                .burst(target, 200, LENGTH, "ann"));
  }

  private static List<JsonNode> rows(ToolsClient.Outcome outcome) throws IOException {
    return StreamSupport.stream(
            ResultsJson.mapper().readTree(outcome.json()).path("rows").spliterator(), false)
        .toList();
  }

  @Test
  void allAgentsFindTheLossOfTheNetworkAndWindowsKnowNothingOfIt() throws Exception {
    lab.host("node-4").rule("input", "udp dport 8100 numgen random mod 5 < 1 drop");
    double before = agents.getFirst().metric("llamamesh_probes_total{outcome=\"sent\"}");
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
    double sent = agents.getFirst().metric("llamamesh_probes_total{outcome=\"sent\"}") - before;
    assertThat(sent).isBetween(150.0, 48.0 * (took.toSeconds() + 3));
    double reflected = agents.getLast().metric("llamamesh_reflector_bursts_total");
    assertThat(reflected)
        .isEqualTo(
            rows.stream()
                .mapToInt(row -> row.path("received").asInt() + row.path("late").asInt())
                .sum());
  }

  @Test
  void whoDoesNotAnswerIsNamedAndTheTableComesInTime() throws Exception {
    agents.get(2).signal("STOP");
    long began = System.nanoTime();
    try {
      ToolsClient.Outcome outcome = burst(1, "node-4");

      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LENGTH.plusSeconds(5));
      assertThat(outcome.text()).contains("no answer from: node-3");
      assertThat(rows(outcome))
          .extracting(row -> row.path("source").asText() + " " + row.path("lost").asInt())
          .containsExactly("node-1 0", "node-2 0");
    } finally {
      agents.get(2).signal("CONT");
    }
  }

  @Test
  void aSilenceIsKnownToAllAndSurvivesARestartOfAllAgents() throws Exception {
    ToolsClient.Outcome kept =
        lab.host("node-1")
            .call(() ->
                new ToolsClient("http://10.83.0.1:8100", token())
                    .silence("node-4", Duration.ofMinutes(10), "disk swap", "ann"));
    assertThat(kept.text()).startsWith("node-4 is silenced until ");
    agents.forEach(this::awaitSilence);

    for (int i = 1; i <= NODES; i++) {
      AgentProcess old = agents.get(i - 1);
      old.signal("TERM");
      assertThat(old.awaitEnd()).isZero();
      agents.set(i - 1, launch(i));
      awaitSilence(agents.get(i - 1));
    }

    assertThat(agents.getLast().json("/v1/silences").path("silences").path(0).path("by").asText())
        .isEqualTo("ann from 10.83.0.1");
    ToolsClient.Outcome ended =
        lab.host("node-3")
            .call(() -> new ToolsClient("http://10.83.0.3:8100", token()).endSilence("node-4"));
    assertThat(ended.isWell()).isTrue();
    for (AgentProcess agent : agents) {
      await().atMost(SETTLED).until(() -> agent.json("/v1/silences").path("silences").isEmpty());
    }
  }

  private void awaitSilence(AgentProcess agent) {
    await()
        .atMost(SETTLED)
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .until(() ->
            agent
                .json("/v1/silences")
                .path("silences")
                .path(0)
                .path("because")
                .asText()
                .equals("disk swap"));
  }
}
