package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.Dist;
import io.llamamesh.testkit.junit.KubernetesCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The commands of {@code examples/bare-metal/README.md}, as they are written there. */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock(value = KubernetesCluster.WHOLE, mode = ResourceAccessMode.READ)
class BareMetalIT {
  private static final Path README = Chart.ROOT.resolve("examples/bare-metal/README.md");
  private static final Path REFERENCE = Chart.ROOT.resolve("docs/reference");
  private static final Map<String, String> COMPONENTS =
      Map.of("reflector", "agent", "collector", "agent", "scraper", "scraper");

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void stop() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void theThreeProgramsGiveAMatrixFromLlamasOwnConfig() throws Exception {
    for (String line : background()) {
      List<String> words =
          Arrays.stream(line.split(" "))
              .map(
                  word -> word.startsWith("examples/") ? Chart.ROOT.resolve(word).toString() : word)
              .toList();
      processes.add(
          Dist.start(COMPONENTS.get(words.getFirst()), folder, words.getFirst(), Map.of(), words));
    }

    var matrix =
        Dist.run(
            "scraper",
            folder,
            Map.of(),
            "matrix",
            "--server=http://127.0.0.1:18182",
            "--until-complete=50s");

    assertThat(matrix.code()).as(matrix.out() + logs()).isZero();
    assertThat(matrix.out()).contains("a", "b", "0%");
    CheckedIn.assertCurrent(
        REFERENCE.resolve("metrics-agent.md"),
        MetricsPage.of("Metrics of an agent", metrics(18_180)));
    CheckedIn.assertCurrent(
        REFERENCE.resolve("metrics-scraper.md"),
        MetricsPage.of("Metrics of a scraper", metrics(18_182)));
  }

  private static String metrics(int port) throws IOException, InterruptedException {
    return Get.text("127.0.0.1", port, "/metrics");
  }

  /** Lines that end with an ampersand, without the launcher's name. */
  private static List<String> background() throws IOException {
    return Files.readAllLines(README).stream()
        .filter(line -> line.startsWith("./llama-mesh ") && line.endsWith(" &"))
        .map(line -> line.substring("./llama-mesh ".length(), line.length() - 2))
        .toList();
  }

  private String logs() throws IOException {
    StringBuilder logs = new StringBuilder();
    for (String name : List.of("reflector", "collector", "scraper")) {
      logs.append('\n').append(name).append(": ");
      logs.append(Files.readString(folder.resolve(name + ".log")));
    }
    return logs.toString();
  }
}
