package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.apiserver.FakeApiServer;
import io.llamamesh.testkit.chart.Dist;
import io.llamamesh.testkit.chart.Kubectl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The agent's program in a cgroup of 128 MiB without swap: 64 targets over 4 source ports every 250
 * ms, as many probes of others reflected, its config watched, its windows and metrics read. Root
 * only, five minutes:
 *
 * <pre>
 * ./llama-mesh test -pl charts -am -Dit.test=AgentMemoryIT -Dtest=NONE -Dllamamesh.memory.seconds=300
 *   -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false</pre>
 */
@EnabledIfSystemProperty(named = "llamamesh.memory.seconds", matches = "[0-9]+")
class AgentMemoryIT {
  private static final int MIB = 1024 * 1024;
  private static final int LIMIT = 128 * MIB;
  private static final int TARGETS = 64;
  private static final String AGENT = "127.0.68.1";
  private static final int API = 18_168;
  private static final int PROBES = 18_169;
  private static final int PEERS = 18_170;

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();

  @Test
  void anAgentOfAFullSparseMeshStaysInItsLimit() throws Exception {
    long seconds = Long.getLong("llamamesh.memory.seconds");
    MemoryGroup group =
        MemoryGroup.create("llama-mesh-test-" + ProcessHandle.current().pid(), LIMIT);
    try (FakeApiServer server = FakeApiServer.start();
        KubernetesClient client = server.client()) {
      Kubectl.apply(client, config());
      Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
      start("reflector", "reflector", "--port=" + PEERS, "--max-pps=100000");
      Process agent = startAgent(group, kubeconfig);
      Path others = Files.writeString(folder.resolve("others.yaml"), others());
      start("others", "collector", "--config=" + others, "--bind=127.0.68.2", "--api-port=" + API);

      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      Awaitility.await()
          .atMost(Duration.ofSeconds(seconds + 60))
          .pollInterval(Duration.ofSeconds(5))
          .until(() -> {
            assertThat(agent.isAlive()).as(Files.readString(folder.resolve("agent.log"))).isTrue();
            read("/influxdata");
            read("/metrics");
            return System.nanoTime() > end;
          });

      String status = read("/status?verbose");
      System.out.println(
          "agent after %d s: cgroup peak %.1f MiB of %d, limit hits %d; %s; sent %d, received %d, lost %d, reflected %d"
              .formatted(
                  seconds,
                  (double) group.peakBytes() / MIB,
                  LIMIT / MIB,
                  group.limitHits(),
                  resident(agent),
                  number(status, "sent"),
                  number(status, "received"),
                  number(status, "lost"),
                  number(status, "reflected")));
      assertThat(number(status, "received")).isGreaterThan(seconds * TARGETS * 4 * 4 * 8 / 10);
      assertThat(group.killed()).isZero();
    } finally {
      for (Process process : processes) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
      group.remove();
    }
  }

  private Process startAgent(MemoryGroup group, Path kubeconfig) throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c"));
    command.add("echo $$ > '" + group.processes() + "' && exec \"$@\"");
    command.add("sh");
    command.addAll(
        Dist.command(
            "agent",
            Map.of(
                "KUBECONFIG", kubeconfig.toString(),
                "NODE_NAME", "n0",
                "POD_NAME", "p0",
                "POD_NAMESPACE", "default",
                "MESH_NAME", "m",
                "HOST_IPS", AGENT),
            List.of(
                "agent",
                "--port=" + PROBES,
                "--api-port=" + API,
                "--max-pps=100000",
                "--state-dir=" + Files.createDirectories(folder.resolve("state")))));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("agent.log").toFile())
            .start();
    processes.add(process);
    return process;
  }

  private void start(String name, String... args) throws IOException {
    processes.add(Dist.start("agent", folder, name, Map.of(), List.of(args)));
  }

  private static String config() {
    StringBuilder config =
        new StringBuilder(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: m.n0, namespace: default}
            data:
              collector.yaml: |
                version: 1
                summarization: {interval: 10, handlers: 1}
                ports: {default: {ip: 0.0.0.0, port: 0, tos: 0, timeout: 1000, base_port: 26000}}
                port_groups: {default: [{port: default, count: 4}]}
                rate_limits: {default: {cps: 4.0}}
                tests: [{targets: default, port_group: default, rate_limit: default}]
                targets:
                  default:
            """);
    IntStream.rangeClosed(1, TARGETS)
        .forEach(i ->
            config.append(
                "      - {ip: 127.0.69.%d, port: %d, name: n%d, tags: {dst_name: n%d}}\n"
                    .formatted(i, PEERS, i, i)));
    return config.toString();
  }

  /** What 64 peers with 4 source ports each send to this one agent, from one process. */
  private static String others() {
    return """
    summarization: {interval: 10, handlers: 1}
    ports: {default: {ip: 0.0.0.0, port: 0, tos: 0, timeout: 1000}}
    port_groups: {default: [{port: default, count: 256}]}
    rate_limits: {default: {cps: 4.0}}
    tests: [{targets: default, port_group: default, rate_limit: default}]
    targets: {default: [{ip: %s, port: %d, tags: {}}]}
    """
        .formatted(AGENT, PROBES);
  }

  private static String read(String path) throws InterruptedException {
    try {
      return Get.text(AGENT, API, path);
    } catch (IOException e) {
      // Not up yet, or busy: the next reading tells.
      return "";
    }
  }

  private static long number(String json, String name) {
    Matcher found = Pattern.compile("\"" + name + "\" : ([0-9]+)").matcher(json);
    return found.find() ? Long.parseLong(found.group(1)) : -1;
  }

  private static String resident(Process process) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
        .filter(line -> line.startsWith("VmHWM") || line.startsWith("VmRSS"))
        .map(line -> line.replaceAll("\\s+", " "))
        .reduce((a, b) -> a + ", " + b)
        .orElse("");
  }
}
