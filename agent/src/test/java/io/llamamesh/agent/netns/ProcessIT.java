package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.window.Attempt;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One agent that is stopped, given new configs or runs without IPv6, probing a sound reflector. */
@InNamespaces
class ProcessIT {

  private static final String SENT = "llamamesh_probes_total{outcome=\"sent\"}";
  private static final String PAUSED = "llamamesh_collector_events_total{event=\"agent_paused\"}";
  private static final int RELOADS = 100;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @TempDir private Path folder;

  @AfterEach
  void clean() {
    lab.close();
  }

  private AgentProcess agent(MeshConfig config, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("agent", "--config", config.to(configFile()).toString()));
    arguments.addAll(List.of(more));
    return AgentProcess.start(left, folder, arguments.toArray(String[]::new));
  }

  private Path configFile() {
    return folder.resolve("collector.yaml");
  }

  private static void awaitSent(AgentProcess agent, int more) {
    double before = agent.metric(SENT);
    await()
        .atMost(AgentProcess.PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> agent.metric(SENT) >= before + more);
  }

  /** Of one look at the points: while we look, others are published. */
  private static void assertEveryProbeIsAnswered(List<JsonNode> points) {
    assertThat(AgentProcess.total(points, "lost", "refused", "send_error")).isZero();
    assertThat(AgentProcess.total(points, "received", "late"))
        .isEqualTo(AgentProcess.total(points, "sent"))
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void aCollectorThatIsStoppedForThreeSecondsReportsNoLoss(Stack stack) {
    try (var _ = ReflectorFixture.start(right);
        AgentProcess agent = agent(new MeshConfig(right.addresses(stack), 100, "a"))) {
      awaitSent(agent, 100);

      agent.signal("STOP");
      Instant stopped = Instant.now();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> Duration.between(stopped, Instant.now()).compareTo(Duration.ofSeconds(3)) > 0);
      agent.signal("CONT");

      agent.awaitWindowAfter(Instant.now().getEpochSecond() + 2);
      assertThat(agent.metric(PAUSED)).isGreaterThan(100);
      assertEveryProbeIsAnswered(agent.points().toList());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aHundredNewConfigsUnderLoadCostNoProbe(Stack stack) {
    List<InetAddress> one = right.addresses(stack);
    List<InetAddress> more = new ArrayList<>(one);
    more.add(InetAddress.ofLiteral("10.83.2.1"));
    try (var _ = ReflectorFixture.start(right);
        var _ =
            ReflectorFixture.start(
                lab.host("router"), List.of(InetAddress.ofLiteral("10.83.2.1")));
        AgentProcess agent = agent(new MeshConfig(one, 250, "a"))) {
      awaitSent(agent, 100);
      double sent = agent.metric(SENT);

      for (int i = 1; i <= RELOADS; i++) {
        new MeshConfig(i % 2 == 0 ? one : more, 250, i % 4 < 2 ? "a" : "b").to(configFile());
        agent.signal("HUP");
        double wanted = i + 1.0;
        await()
            .atMost(AgentProcess.PATIENCE)
            .pollInterval(Duration.ofMillis(10))
            .until(() -> agent.metric("llamamesh_config_applied_total") >= wanted);
        double now = agent.metric(SENT);
        assertThat(now).as("sent after reload %d", i).isGreaterThanOrEqualTo(sent);
        sent = now;
      }

      agent.awaitWindowAfter(Instant.now().getEpochSecond() + 2);
      assertEveryProbeIsAnswered(agent.points().toList());
      assertThat(agent.metric("llamamesh_config_refused_total")).isZero();
      assertThat(agent.metric("llamamesh_collector_events_total{event=\"flights_full\"}")).isZero();
      // Nothing came that belongs to no probe: each flow that went on kept its name and its places.
      assertThat(agent.metric("llamamesh_collector_events_total{event=\"unexpected\"}")).isZero();
      assertThat(agent.log()).noneMatch(line -> line.contains("ERROR"));
    }
  }

  @Test
  void anAgentWorksWhereTheKernelHasIpv6SwitchedOff() {
    left.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    left.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    try (var _ = ReflectorFixture.start(right);
        AgentProcess agent =
            agent(new MeshConfig(right.addresses(Stack.DUAL), 50, "a"), "--port", "8100")) {

      awaitSent(agent, 200);
      agent.awaitWindowAfter(Instant.now().getEpochSecond() + 1);

      for (JsonNode point : agent.points().toList()) {
        JsonNode fields = point.get("fields");
        boolean v4 = point.get("tags").get("dst_ip").asText().startsWith("10.");
        assertThat(fields.get("lost").asDouble()).isZero();
        assertThat(fields.get(v4 ? "received" : "send_error").asDouble()).isPositive();
        assertThat(fields.get(v4 ? "send_error" : "received").asDouble()).isZero();
      }
      List<JsonNode> v4 =
          agent
              .points()
              .filter(p -> p.get("tags").get("dst_ip").asText().startsWith("10."))
              .toList();
      assertEveryProbeIsAnswered(v4);
      assertThat(agent.log()).noneMatch(line -> line.contains("ERROR"));
      // Others can probe it, too.
      try (CollectorFixture probing =
          CollectorFixture.start(right, left, Stack.IPV4, CollectorFixture.ProbePattern.STANDARD)) {
        probing.untilProbed(100).finish();
        assertThat(probing.answered()).isEqualTo(probing.total(Attempt.SENT));
      }
    }
  }
}
