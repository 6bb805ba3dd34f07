package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Dist;
import io.llamamesh.testkit.junit.KubernetesCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Agents that register themselves, as {@code docs/guide/outside.md} has it, on one machine. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = KubernetesCluster.WHOLE, mode = ResourceAccessMode.READ)
class OutsideIT {
  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private void start(String component, Map<String, String> environment, String... args)
      throws IOException {
    String name = component + processes.size();
    processes.add(Dist.start(component, folder, name, environment, List.of(args)));
  }

  @Test
  void twoThatRegisterProbeEachOther() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "a-token-for-this-test\n");
    start(
        "registry",
        Map.of("APP_PORT", "18190", "LLAMA_INTERVAL", "2"),
        "registry",
        "--token-file=" + token,
        "--state-dir=" + folder.resolve("state"));
    start(
        "agent",
        Map.of(),
        "agent",
        "--register=http://127.0.0.1:18190",
        "--token-file=" + token,
        "--group=wan",
        "--name=one",
        "--tags=site: Frankfurt",
        "--port=18191",
        "--api-port=18191",
        "--state-dir=" + folder.resolve("one"));
    // As a host with llama-sd's variables.
    start(
        "agent",
        Map.of(
            "LLAMA_SERVER", "http://probe:a-token-for-this-test@127.0.0.1:18190",
            "LLAMA_GROUP", "wan",
            "PROBE_NAME", "two",
            "PROBE_SHORTNAME", "2"),
        "agent",
        "--port=18192",
        "--api-port=18192");
    start(
        "scraper",
        Map.of(),
        "scraper",
        "--collectors=127.0.0.1:18191,127.0.0.1:18192",
        "--port=18193",
        "--ingest-port=0");

    for (String pair : List.of("one/two", "two/one")) {
      try {
        Awaitility.await()
            .atMost(Duration.ofSeconds(80))
            .ignoreExceptions()
            .until(() -> has(pair, "\"received\":[1-9]"));
      } catch (ConditionTimeoutException e) {
        throw new AssertionError(pair + " was not measured" + logs(), e);
      }
      assertThat(has(pair, "\"lost\":[1-9]")).as(pair).isFalse();
    }
  }

  private static boolean has(String pair, String pattern) throws IOException, InterruptedException {
    return Pattern.compile(pattern)
        .matcher(Get.text("127.0.0.1", 18_193, "/api/v1/pairs/" + pair))
        .find();
  }

  private String logs() throws IOException {
    StringBuilder logs = new StringBuilder();
    for (int i = 0; i < processes.size(); i++) {
      String component = List.of("registry", "agent", "agent", "scraper").get(i);
      logs.append('\n').append(component).append(": ");
      logs.append(Files.readString(folder.resolve(component + i + ".log")));
    }
    return logs.toString();
  }
}
