package io.llamamesh.agent.netns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent whose node has another address than the platform says, from the start or later. */
@InNamespaces
class HostAddressIT {

  private static final String LATE = "10.83.1.77";
  private static final String SEND_ERROR = "llamamesh_probes_total{outcome=\"send_error\"}";
  private static final String RECEIVED = "llamamesh_probes_total{outcome=\"received\"}";
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final Lab lab = Lab.routed();
  private final Namespace left = lab.host("left");
  private final Namespace right = lab.host("right");

  @TempDir private Path folder;

  @AfterEach
  void clean() {
    lab.close();
  }

  private AgentProcess agent(String hostIps) {
    Path config =
        new MeshConfig(right.addresses(Stack.IPV4), 100, "a").to(folder.resolve("collector.yaml"));
    return AgentProcess.launch(
        left, folder, List.of("HOST_IPS=" + hostIps), "agent", "--config", config.toString());
  }

  private static void eventually(Callable<Boolean> condition) {
    await()
        .atMost(AgentProcess.PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(condition);
  }

  @Test
  void anAgentWithAStaleAddressWaitsForItSaysSoAndThenMeasures() {
    InetAddress late = InetAddress.ofLiteral(LATE);
    try (var _ = ReflectorFixture.start(right);
        AgentProcess agent = agent(LATE)) {
      eventually(() -> agent.answer(LOOPBACK, "/readyz").startsWith("503 "));
      assertThat(agent.answer(LOOPBACK, "/readyz"))
          .contains("HOST_IPS " + LATE + " is on no interface of this host");
      assertThat(agent.answer(LOOPBACK, "/healthz")).startsWith("200 ");
      assertThat(agent.log()).filteredOn(line -> line.contains("is on no interface")).hasSize(1);

      left.ip("addr", "add", LATE + "/24", "dev", "eth0");

      eventually(() -> agent.answer(late, "/readyz").startsWith("200 "));
      eventually(() -> sample(agent.answer(late, "/metrics"), RECEIVED) > 100);
      // Its reflector is there, too.
      assertThat(agent.answer(late, "/status?verbose")).contains(LATE + ":8100");
      assertThat(agent.alive()).isTrue();
    }
  }

  /** By a kubelet, which asks at that address and gets no answer. */
  @Test
  void anAgentWithAStaleAddressThatIsStoppedSaysWhyItDidNotAnswer() {
    try (AgentProcess agent = agent(LATE)) {
      eventually(() -> agent.answer(LOOPBACK, "/readyz").startsWith("503 "));

      agent.signal("TERM");

      eventually(() -> !agent.alive());
      // Its last words may be read after it has ended.
      String last = "stopping error=\"HOST_IPS " + LATE + " is on no";
      eventually(() -> agent.log().stream().anyMatch(line -> line.contains(last)));
    }
  }

  @Test
  void anAddressThatVanishesUnderARunningAgentShowsAndProbesOnceItIsBack() {
    left.ip("addr", "add", LATE + "/24", "dev", "eth0");
    try (var _ = ReflectorFixture.start(right);
        AgentProcess agent = agent(LATE)) {
      InetAddress late = InetAddress.ofLiteral(LATE);
      eventually(() -> sample(agent.answer(late, "/metrics"), RECEIVED) > 100);

      left.ip("addr", "del", LATE + "/24", "dev", "eth0");
      eventually(() -> agent.log().stream().anyMatch(line -> line.contains("is on no interface")));

      left.ip("addr", "add", LATE + "/24", "dev", "eth0");
      eventually(() -> agent.answer(late, "/readyz").startsWith("200 "));
      String metrics = agent.answer(late, "/metrics");
      assertThat(sample(metrics, SEND_ERROR)).isPositive();
      double received = sample(metrics, RECEIVED);
      eventually(() -> sample(agent.answer(late, "/metrics"), RECEIVED) > received + 100);
    }
  }

  private static double sample(String metrics, String series) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + series));
  }
}
