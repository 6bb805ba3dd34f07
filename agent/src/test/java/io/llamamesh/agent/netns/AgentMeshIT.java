package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.window.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Five agents that all probe each other, some of which go and come back. */
@InNamespaces
class AgentMeshIT {

  private static final int MEMBERS = 5;

  private static final String[] OUTCOMES =
      Stream.of(Outcome.values()).map(Outcome::label).toArray(String[]::new);

  private final Lab lab = Lab.bridged(MEMBERS);
  private final List<AgentProcess> agents = new ArrayList<>();

  @TempDir private Path folder;

  @AfterEach
  void clean() {
    agents.forEach(AgentProcess::close);
    lab.close();
  }

  private AgentProcess start(int member, Stack stack) {
    Namespace host = lab.host("node-" + member);
    List<InetAddress> targets = new ArrayList<>();
    for (int other = 1; other <= MEMBERS; other++) {
      if (other != member) {
        targets.addAll(lab.host("node-" + other).addresses(stack));
      }
    }
    Path state = folder.resolve("state-" + member);
    try {
      Files.createDirectories(state);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    Path config = new MeshConfig(targets, 10, "a").to(folder.resolve("node-" + member + ".yaml"));
    return AgentProcess.start(
        host, folder, "agent", "--config", config.toString(), "--state-dir", state.toString());
  }

  private void startAll(Stack stack) {
    for (int member = 1; member <= MEMBERS; member++) {
      agents.add(start(member, stack));
    }
    // What was sent before the last one listened was refused: that is not what is tested here.
    long begun = Instant.now().getEpochSecond();
    agents.forEach(agent -> agent.awaitWindowAfter(begun + 4));
    began = begun + 4;
  }

  /** Only windows that end after this second count, all agents being up by then. */
  private long began;

  private static void awaitProbing(AgentProcess agent, Stack stack) {
    int flows = 2 * (MEMBERS - 1) * (stack == Stack.DUAL ? 2 : 1);
    await()
        .atMost(AgentProcess.PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() ->
            agent.metric("llamamesh_collector_flows") == flows
                && agent.metric("llamamesh_probes_total{outcome=\"received\"}") > 4 * flows);
  }

  private Stream<JsonNode> points() {
    return agents.stream()
        .flatMap(AgentProcess::points)
        .filter(point -> AgentProcess.second(point) > began);
  }

  private double total(String field) {
    return points().mapToDouble(point -> point.get("fields").path(field).asDouble()).sum();
  }

  private void awaitNextWindows() {
    long now = Instant.now().getEpochSecond();
    agents.forEach(agent -> agent.awaitWindowAfter(now + 1));
  }

  private void assertNothingIsLost() {
    assertThat(points().filter(point -> point.get("fields").get("lost").asDouble() > 0)).isEmpty();
    assertThat(total("received")).isPositive();
    // Not a single probe is missing from the account.
    assertThat(points())
        .allMatch(point ->
            AgentProcess.total(List.of(point), "sent")
                == AgentProcess.total(List.of(point), OUTCOMES));
  }

  @ParameterizedTest
  @EnumSource
  void restartingEveryAgentInTurnLosesNothingInAnyPair(Stack stack) {
    startAll(stack);

    for (int member = 1; member <= MEMBERS; member++) {
      AgentProcess old = agents.get(member - 1);
      old.signal("TERM");
      assertThat(old.awaitEnd()).as("exit of %s: %s", old.host().name(), old.log()).isZero();
      agents.set(member - 1, start(member, stack));
      // Who has not begun to probe cannot see that the next one drains.
      awaitProbing(agents.get(member - 1), stack);
    }

    awaitNextWindows();
    assertNothingIsLost();
    assertThat(total("refused")).isZero();
    assertThat(total("send_error")).isZero();
    awaitAllPairsBack(stack);
  }

  private void awaitAllPairsBack(Stack stack) {
    int pairs = MEMBERS * (MEMBERS - 1) * (stack == Stack.DUAL ? 2 : 1);
    await()
        .atMost(AgentProcess.PATIENCE)
        .pollInterval(Duration.ofMillis(300))
        .until(() -> agents.stream().mapToLong(AgentMeshIT::soundNow).sum() == pairs);
  }

  /** Pairs whose newest window has only probes that were answered. */
  private static long soundNow(AgentProcess agent) {
    return agent
        .json("/influxdata")
        .valueStream()
        .filter(point -> point.get("measurement").asText().equals("raw_stats"))
        .map(point -> point.get("fields"))
        .filter(f -> f.get("sent").asDouble() > 0)
        .filter(f -> f.get("sent").asDouble() == f.get("received").asDouble())
        .count();
  }

  @ParameterizedTest
  @EnumSource
  void anAgentThatIsKilledIsRefusedAndNoLossUntilItIsBack(Stack stack) {
    startAll(stack);
    AgentProcess victim = agents.getLast();

    victim.signal("KILL");
    var _ = victim.awaitEnd();
    agents.removeLast();
    long killed = Instant.now().getEpochSecond();
    agents.forEach(agent -> agent.awaitWindowAfter(killed + 4));
    agents.add(start(MEMBERS, stack));

    awaitNextWindows();
    assertNothingIsLost();
    assertThat(total("refused")).isPositive();
    awaitAllPairsBack(stack);
  }
}
