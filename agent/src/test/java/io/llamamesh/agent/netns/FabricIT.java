package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.http.FabricText;
import io.llamamesh.results.FabricMembers;
import io.llamamesh.results.FabricPartitions;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.testkit.junit.RunsAlone;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Four agents, each on a machine of its own, that know of each other. */
@EnabledIfSystemProperty(
    named = "fabric.it",
    matches = "true",
    disabledReason = "it measures detection and wants a quiet machine: -Dfabric.it=true")
@InNamespaces
@Execution(ExecutionMode.SAME_THREAD)
@RunsAlone("it measures how long detection takes")
class FabricIT {

  private static final int NODES = 4;
  private static final int ROUNDS = 5;
  private static final Duration SETTLED = FabricAgents.SETTLED;
  private static final Duration POLL = Duration.ofMillis(20);
  private static final long BAR_MILLIS = 1_500;

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

  @Test
  void anAgentThatIsStoppedIsKnownToTheOthersInTime() {
    AgentProcess stopped = mesh.agent(NODES);
    List<AgentProcess> others = mesh.all().subList(0, NODES - 1);
    Map<String, String> lost = mesh.everybody("up");
    lost.put("node-" + NODES, "failed");
    List<Long> millis = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      // Evidence of every pair that is some seconds old, as in a mesh that runs.
      awaitHeard(mesh.all());
      long began = System.nanoTime();
      stopped.signal("STOP");
      Map<AgentProcess, Long> known = new HashMap<>();
      await()
          .atMost(SETTLED)
          .pollInterval(POLL)
          .until(() -> {
            for (AgentProcess other : others) {
              if (!known.containsKey(other) && FabricAgents.states(other).equals(lost)) {
                known.put(other, (System.nanoTime() - began) / 1_000_000);
              }
            }
            return known.size() == others.size();
          });
      millis.addAll(known.values());
      stopped.signal("CONT");
      mesh.awaitStates(mesh.everybody("up"), mesh.all());
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
    Namespace first = mesh.host(1);
    first.rule("input", "ip saddr 10.83.0.2 drop");
    first.rule("output", "ip daddr 10.83.0.2 drop");
    AgentProcess observer = mesh.agent(3);
    List<String> seen = new ArrayList<>();
    await()
        .atMost(SETTLED)
        .pollInterval(POLL)
        .until(() -> {
          seen.addAll(FabricAgents.states(observer).values());
          return !observer.json("/v1/partitions").path("partitions").isEmpty();
        });
    for (AgentProcess agent : mesh.all()) {
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
      mesh.all().forEach(agent -> seen.addAll(FabricAgents.states(agent).values()));
    }
    assertThat(seen).containsOnly("up");

    FabricText.Answer shown =
        FabricText.partitions(document(mesh.agent(3), "/v1/partitions", FabricPartitions.class));
    assertThat(shown.text()).contains("{node-1}  <-x->  {node-2}").contains("via {node-3, node-4}");
    assertThat(shown.isWell()).isFalse();

    first.noRules();
    for (AgentProcess agent : mesh.all()) {
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
  void anAgentThatEndsInOrderHasLeftAndReturnsInANewLife() {
    long before = incarnation("node-2");
    mesh.agent(2).signal("TERM");
    Map<String, String> left = mesh.everybody("up");
    left.put("node-2", "left");
    mesh.awaitStates(left, List.of(mesh.agent(1), mesh.agent(3), mesh.agent(4)));
    assertThat(mesh.agent(2).awaitEnd()).isZero();

    var _ = mesh.restart(2);
    mesh.awaitStates(mesh.everybody("up"), mesh.all());
    assertThat(incarnation("node-2")).isGreaterThan(before);
  }

  private long incarnation(String node) {
    return mesh.agent(1)
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
    JsonNode routes = mesh.agent(1).json("/v1/routes/node-2");
    assertThat(routes.path("nodes")).hasSize(NODES);
    routes
        .path("nodes")
        .forEach(node -> {
          boolean origin = node.path("name").asText().equals("node-2");
          assertThat(node.path("distance").asInt(-1)).isBetween(origin ? 0 : 1, NODES);
        });
    assertThat(names(mesh.agent(1).json("/v1/path/node-2/node-3").path("path")))
        .startsWith("node-2")
        .endsWith("node-3");
    assertThat(
            mesh.agent(1)
                .answer(mesh.host(1).addresses(Stack.IPV4).getFirst(), "/v1/path/node-2/x"))
        .startsWith("404");
    assertThat(mesh.agent(1).metric("llamamesh_fabric_up")).isEqualTo(1);
    await()
        .atMost(SETTLED)
        .until(() ->
            mesh.agent(1).metric("llamamesh_fabric_members{state=\"up\"}") == NODES
                && mesh.agent(1).metric("llamamesh_fabric_view{view=\"active\"}") > 0);
    FabricText.Answer members =
        FabricText.members(document(mesh.agent(1), "/v1/members", FabricMembers.class));
    assertThat(members.isWell()).isTrue();
    assertThat(members.text()).contains("NAME").contains("node-4").contains("10.83.0.4:8101");
  }

  private static <T> T document(AgentProcess agent, String path, Class<T> type) {
    return ResultsJson.mapper().convertValue(agent.json(path), type);
  }
}
