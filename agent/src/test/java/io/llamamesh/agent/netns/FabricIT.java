package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.http.FabricText;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.Isolated;

/** Four agents, each on a machine of its own, that know of each other. */
@EnabledIfSystemProperty(
    named = "fabric.it",
    matches = "true",
    disabledReason = "it measures detection and wants a quiet machine: -Dfabric.it=true")
@InNamespaces
@Execution(ExecutionMode.SAME_THREAD)
@Isolated("it measures how long detection takes")
class FabricIT {

  private static final int NODES = 4;
  private static final int ROUNDS = 5;
  private static final Duration SETTLED = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final long BAR_MILLIS = 1_500;

  private final Lab lab = Lab.bridged(NODES);
  private final List<AgentProcess> agents = new ArrayList<>();

  @TempDir private Path folder;

  @BeforeEach
  void start() throws IOException {
    Path auth = Files.createDirectories(folder.resolve("auth"));
    String key =
        Base64.getEncoder().encodeToString("sixteen bytes !!".getBytes(StandardCharsets.US_ASCII));
    for (String file : List.of("keys.json", "tokens.json")) {
      Files.writeString(
          auth.resolve(file),
          "[{\"id\": 3, \"key\": \"%s\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]".formatted(key));
    }
    for (int i = 1; i <= NODES; i++) {
      agents.add(launch(i));
    }
    awaitStates(everybody("up"), agents);
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

  private static Map<String, String> everybody(String state) {
    Map<String, String> states = new TreeMap<>();
    for (int i = 1; i <= NODES; i++) {
      states.put("node-" + i, state);
    }
    return states;
  }

  private static Map<String, String> states(AgentProcess agent) {
    Map<String, String> states = new TreeMap<>();
    agent
        .json("/v1/members")
        .path("members")
        .forEach(m -> states.put(m.path("name").asText(), m.path("state").asText()));
    return states;
  }

  private static void awaitStates(Map<String, String> wanted, List<AgentProcess> observers) {
    for (AgentProcess observer : observers) {
      await()
          .atMost(SETTLED)
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(states(observer)).isEqualTo(wanted));
    }
  }

  @Test
  void anAgentThatIsStoppedIsKnownToTheOthersInTime() {
    AgentProcess stopped = agents.getLast();
    List<AgentProcess> others = agents.subList(0, NODES - 1);
    Map<String, String> lost = everybody("up");
    lost.put("node-" + NODES, "failed");
    List<Long> millis = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      // Evidence of every pair that is some seconds old, as in a mesh that runs.
      awaitHeard(agents);
      long began = System.nanoTime();
      stopped.signal("STOP");
      Map<AgentProcess, Long> known = new HashMap<>();
      await()
          .atMost(SETTLED)
          .pollInterval(POLL)
          .until(() -> {
            for (AgentProcess other : others) {
              if (!known.containsKey(other) && states(other).equals(lost)) {
                known.put(other, (System.nanoTime() - began) / 1_000_000);
              }
            }
            return known.size() == others.size();
          });
      millis.addAll(known.values());
      stopped.signal("CONT");
      awaitStates(everybody("up"), agents);
    }
    millis.sort(null);
    assertThat(millis.get((int) Math.ceil(millis.size() * 0.9) - 1))
        .as("90 %% of %s ms", millis)
        .isLessThanOrEqualTo(BAR_MILLIS);
  }

  private static void awaitHeard(List<AgentProcess> all) {
    for (AgentProcess agent : all) {
      await()
          .atMost(SETTLED)
          .until(() ->
              agent
                      .json("/v1/members")
                      .path("members")
                      .valueStream()
                      .filter(m -> m.path("heardSecondsAgo").asDouble(9) < 0.5)
                      .count()
                  >= NODES - 1);
    }
  }

  @Test
  void aCutBetweenTwoIsAPartitionAndNobodyFails() throws Exception {
    Namespace first = lab.host("node-1");
    first.rule("input", "ip saddr 10.83.0.2 drop");
    first.rule("output", "ip daddr 10.83.0.2 drop");
    AgentProcess observer = agents.get(2);
    List<String> seen = new ArrayList<>();
    await()
        .atMost(SETTLED)
        .pollInterval(POLL)
        .until(() -> {
          seen.addAll(states(observer).values());
          return !observer.json("/v1/partitions").path("partitions").isEmpty();
        });
    for (AgentProcess agent : agents) {
      await()
          .atMost(SETTLED)
          .pollInterval(POLL)
          .untilAsserted(() -> {
            JsonNode blocks = agent.json("/v1/partitions").path("partitions");
            assertThat(blocks).hasSize(1);
            assertThat(names(blocks.path(0).path("sideA"))).containsExactly("node-1");
            assertThat(names(blocks.path(0).path("sideB"))).containsExactly("node-2");
            assertThat(names(blocks.path(0).path("via"))).containsExactly("node-3", "node-4");
          });
    }
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (System.nanoTime() < end) {
      agents.forEach(agent -> seen.addAll(states(agent).values()));
    }
    assertThat(seen).containsOnly("up");

    FabricText.Answer shown =
        FabricText.partitions(document(agents.get(2), "/v1/partitions", FabricPartitions.class));
    assertThat(shown.text()).contains("{node-1}  <-x->  {node-2}").contains("via {node-3, node-4}");
    assertThat(shown.isWell()).isFalse();

    first.noRules();
    for (AgentProcess agent : agents) {
      await()
          .atMost(SETTLED)
          .until(() -> agent.json("/v1/partitions").path("partitions").isEmpty());
    }
  }

  private static List<String> names(JsonNode list) {
    List<String> names = new ArrayList<>();
    list.forEach(name -> names.add(name.asText()));
    return names;
  }

  @Test
  void anAgentThatEndsInOrderHasLeftAndReturnsInANewLife() throws IOException {
    long before = incarnation("node-2");
    agents.get(1).signal("TERM");
    Map<String, String> left = everybody("up");
    left.put("node-2", "left");
    awaitStates(left, List.of(agents.get(0), agents.get(2), agents.get(3)));
    assertThat(agents.get(1).awaitEnd()).isZero();

    agents.set(1, launch(2));
    awaitStates(everybody("up"), agents);
    assertThat(incarnation("node-2")).isGreaterThan(before);
  }

  private long incarnation(String node) {
    return agents
        .getFirst()
        .json("/v1/members")
        .path("members")
        .valueStream()
        .filter(m -> m.path("name").asText().equals(node))
        .findFirst()
        .orElseThrow()
        .path("incarnation")
        .asLong();
  }

  @Test
  void waysAndNumbersAreThere() throws Exception {
    JsonNode routes = agents.getFirst().json("/v1/routes/node-2");
    assertThat(routes.path("nodes")).hasSize(NODES);
    routes
        .path("nodes")
        .forEach(node -> {
          boolean origin = node.path("name").asText().equals("node-2");
          assertThat(node.path("distance").asInt(-1)).isBetween(origin ? 0 : 1, NODES);
        });
    assertThat(names(agents.getFirst().json("/v1/path/node-2/node-3").path("path")))
        .startsWith("node-2")
        .endsWith("node-3");
    assertThat(
            agents
                .getFirst()
                .answer(lab.host("node-1").addresses(Stack.IPV4).getFirst(), "/v1/path/node-2/x"))
        .startsWith("404");
    assertThat(agents.getFirst().metric("llamamesh_fabric_up")).isEqualTo(1);
    await()
        .atMost(SETTLED)
        .until(() ->
            agents.getFirst().metric("llamamesh_fabric_members{state=\"up\"}") == NODES
                && agents.getFirst().metric("llamamesh_fabric_view{view=\"active\"}") > 0);
    FabricText.Answer members =
        FabricText.members(document(agents.getFirst(), "/v1/members", FabricMembers.class));
    assertThat(members.isWell()).isTrue();
    assertThat(members.text()).contains("NAME").contains("node-4").contains("10.83.0.4:8101");
  }

  private static <T> T document(AgentProcess agent, String path, Class<T> type) {
    return ResultsJson.mapper().convertValue(agent.json(path), type);
  }
}
