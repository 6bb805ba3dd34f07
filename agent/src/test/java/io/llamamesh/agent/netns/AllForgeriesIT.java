package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.agent.wire.ProbeWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two keyed agents, a path that loses 30 % of their probes and answers, and on it somebody who
 * forges all that could excuse that: ICMP errors, path MTUs, answers, goodbyes, reports of drops.
 * For how long is set by {@code -Dllamamesh.forgeries.seconds}.
 */
@InNamespaces
class AllForgeriesIT {

  private static final int SECONDS = Integer.getInteger("llamamesh.forgeries.seconds", 6);
  private static final int PORT = 8100;
  private static final int BASE_PORT = 26000;
  private static final int PORTS = 4;
  private static final int BYTES = 1400;

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");
  private final Namespace router = lab.host("router");

  @TempDir private Path folder;

  @BeforeEach
  void keys() throws IOException {
    Path auth = Files.createDirectories(folder.resolve("auth"));
    String key = Base64.getEncoder().encodeToString(new byte[16]);
    for (String file : List.of("keys.json", "tokens.json")) {
      Files.writeString(
          auth.resolve(file),
          "[{\"id\": 3, \"key\": \"%s\", \"signFrom\": \"2020-01-01T00:00:00Z\"}]".formatted(key));
    }
  }

  @AfterEach
  void clean() {
    lab.close();
  }

  private AgentProcess collector(InetAddress target) throws IOException {
    Path config = folder.resolve("collector.yaml");
    Files.writeString(
        config,
        """
        version: 1
        mesh: lab
        source: {name: left}
        summarization: {interval: 1}
        retention: 7200
        ports: {default: {timeout: 1000, base_port: %d, payload_bytes: %d}}
        port_groups: {default: [{port: default, count: %d}]}
        rate_limits: {default: {cps: 100}}
        tests: [{targets: default, port_group: default, rate_limit: default}]
        targets: {default: [{name: right, ip: "%s", port: %d}]}
        """
            .formatted(BASE_PORT, BYTES - 28, PORTS, target.getHostAddress(), PORT));
    return AgentProcess.start(
        left,
        folder,
        "collector",
        "--api-port=8100",
        "--config=" + config,
        "--auth-dir=" + folder.resolve("auth"),
        "--accept-unauthenticated=10.83.0.0/16");
  }

  private AgentProcess reflector() {
    return AgentProcess.start(
        right,
        folder,
        "reflector",
        "--port=" + PORT,
        "--api-port=8100",
        "--auth-dir=" + folder.resolve("auth"),
        "--accept-unauthenticated=10.83.0.0/16");
  }

  /** Sends errors about probes and about their answers until an instant. */
  private void forgeErrors(InetAddress from, InetAddress to, PathForger path, Instant end) {
    int mtu = from.getAddress().length == 4 ? 600 : 1280;
    InetSocketAddress target = new InetSocketAddress(to, PORT);
    byte[] blind = new byte[BYTES];
    ByteBuffer bytes = ByteBuffer.wrap(blind);
    ProbeWriter.frame(bytes, blind.length, 0);
    try (IcmpForger toSender = new IcmpForger(router, from);
        IcmpForger toReflector = new IcmpForger(router, to)) {
      await()
          .atMost(Duration.ofSeconds(SECONDS + 60L))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> {
            for (int i = 0; i < PORTS; i++) {
              InetSocketAddress victim = new InetSocketAddress(from, BASE_PORT + i);
              // What who sees no probe must guess, and what who has no key cannot sign.
              ProbeWriter.signature(bytes, 0x11223344, i << 8, 5);
              for (byte[] quote : List.of(blind, path.quote(BASE_PORT + i), blind)) {
                toSender.portUnreachable(victim, target, quote);
                toSender.tooBig(victim, target, quote, mtu);
              }
              toReflector.tooBig(target, victim, blind, mtu);
              toReflector.portUnreachable(target, victim, blind);
            }
            return Instant.now().isAfter(end);
          });
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"IPV4", "IPV6"})
  void lossIsWhatTheNetworkDroppedWhateverIsForged(Stack stack) throws IOException {
    InetAddress from = left.addresses(stack).getFirst();
    InetAddress to = right.addresses(stack).getFirst();
    try (AgentProcess reflector = reflector();
        AgentProcess collector = collector(to);
        PathForger path = new PathForger(router, "to-left", PORT)) {
      await()
          .atMost(AgentProcess.PATIENCE)
          .until(() -> collector.metric(probes("received")) >= 2 * PORTS);
      // 0.83 × 0.84: some 30 % of the pairs of probe and answer.
      router.rule("forward", "udp dport 8100 numgen random mod 100 < 17 counter name seen drop");
      router.rule("forward", "udp sport 8100 numgen random mod 100 < 16 counter name seen drop");

      forgeErrors(from, to, path, Instant.now().plusSeconds(SECONDS));

      router.noRules("forward");
      long dropped = router.seen();
      collector.awaitWindowAfter(Instant.now().getEpochSecond() + 2);
      List<JsonNode> points = collector.points().toList();
      assertThat(dropped).isGreaterThan(SECONDS * 40L);
      assertThat(AgentProcess.total(points, "lost"))
          .isCloseTo((double) dropped, Percentage.withPercentage(1));
      for (String excuse :
          List.of("refused", "too_big", "corrupt", "suppressed", "overload", "send_error")) {
        assertThat(AgentProcess.total(points, excuse)).as(excuse).isZero();
      }
      // All of it came, and none of it was believed.
      assertThat(Stream.of(PathForger.Kind.values())).allMatch(kind -> path.sent(kind) > dropped);
      assertThat(collector.metric(event("unkeyed_answer"))).isGreaterThan((double) dropped);
      assertThat(collector.metric(event("unproven_error"))).isGreaterThan(SECONDS * 40.0);
      assertThat(left.show("route", "get", to.getHostAddress()))
          .contains("mtu " + (stack == Stack.IPV4 ? 600 : 1280));
      assertThat(reflector.alive()).isTrue();
    }
  }

  private static String probes(String outcome) {
    return "llamamesh_probes_total{outcome=\"" + outcome + "\"}";
  }

  private static String event(String event) {
    return "llamamesh_collector_events_total{event=\"" + event + "\"}";
  }
}
