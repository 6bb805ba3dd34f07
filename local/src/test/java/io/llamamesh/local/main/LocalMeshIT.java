package io.llamamesh.local.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.llamamesh.local.cluster.LocalNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as users run it: the built program, real agents, real probes. */
class LocalMeshIT {
  private static final Path PROGRAM = Path.of("target/dist/bin/local").toAbsolutePath();
  private static final Pattern CELL = Pattern.compile("([0-9.]+)% *([0-9.]+(?:µs|ms))");

  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endWhatIsLeft() {
    started.forEach(process -> {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    });
  }

  @Test
  void aFaultyPairAloneShowsItsLossAndTheStoreHoldsEveryPair() throws Exception {
    assumeAddressesAreFree();

    Run run =
        run("--nodes", "3", "--for", "20s", "--port", "0", "--fault", "node-1>node-2 loss=30%");

    assertThat(run.process.waitFor(180, TimeUnit.SECONDS)).isTrue();
    assertThat(run.process.exitValue()).as(run.output()).isZero();
    assertThat(run.output())
        .contains("6 of 6 ordered pairs reported")
        .containsPattern("the store holds [1-9][0-9]* rows of 6 pairs");
    assertThat(run.output()).containsPattern("(OneWay|Pair)Loss: .*: pair node-1>node-2, ");
    String last = run.output().substring(run.output().lastIndexOf("class default"));
    List<Double> losses = new ArrayList<>();
    Matcher cell = CELL.matcher(last);
    while (cell.find()) {
      losses.add(Double.valueOf(cell.group(1)));
    }
    assertThat(losses).as(last).hasSize(6);
    assertThat(losses.getFirst()).as("node-1>node-2").isBetween(25.0, 35.0);
    List<Double> others = losses.subList(1, 6);
    // What the relay of faults held up itself may show as loss, and it says so.
    assumeFalse(
        others.stream().anyMatch(loss -> loss > 0) && last.contains("this machine being too busy"),
        last);
    assertThat(others).as(last).containsOnly(0.0);
  }

  @Test
  void nothingIsLeftOnceItIsTerminated() throws Exception {
    assumeAddressesAreFree();
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Run run = start(temporary, "--nodes", "2", "--port", "0");
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> !run.process.isAlive() || run.output().contains("first full matrix"));
    List<ProcessHandle> children = run.process.descendants().toList();
    assertThat(children).as(run.output()).hasSizeGreaterThanOrEqualTo(3);

    run.process.destroy();

    assertThat(run.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(children).noneMatch(ProcessHandle::isAlive);
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files.filter(file -> file.getFileName().toString().startsWith("llama-mesh")))
          .isEmpty();
    }
    assertThat(addressesAreFree()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --fault        | node-9>node-1 loss=5% | the nodes are node-1
          --nodes        | 1                     | --nodes must be from 2 to 200
          --for          | soon                  | a duration must be written as 10s
          --mesh         | nowhere.yaml          | can't be read
          --influxdb-url | ftp://x               | must begin with http
          """)
  void whatTheUserCanMendIsSaidInOneLine(String option, String value, String message)
      throws Exception {
    Run run = run("--port", "0", option, value);

    assertThat(run.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(run.process.exitValue()).isEqualTo(1);
    assertThat(run.output().strip().lines()).singleElement().asString().contains(message);
  }

  @Test
  void aBusyPortIsSaidInOneLine() throws Exception {
    try (ServerSocket busy = new ServerSocket(0, 1, java.net.InetAddress.ofLiteral("127.0.0.1"))) {
      Run run = run("--port", Integer.toString(busy.getLocalPort()));

      assertThat(run.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(run.process.exitValue()).isEqualTo(1);
      assertThat(run.output().strip().lines())
          .singleElement()
          .asString()
          .contains("choose another with --port");
    }
  }

  private static void assumeAddressesAreFree() {
    Assumptions.assumeTrue(
        addressesAreFree(),
        "127.0.0.11 and up are in use on this machine: another local mesh is running");
  }

  static boolean addressesAreFree() {
    try {
      PortCheck.check(LocalNode.of(3, true), MeshDocument.standard(true).settings());
      return true;
    } catch (UserError e) {
      return false;
    }
  }

  private Run run(String... arguments) throws IOException {
    return start(folder, arguments);
  }

  private Run start(Path temporary, String... arguments) throws IOException {
    Path output = folder.resolve("output");
    List<String> line = new ArrayList<>(List.of("/bin/sh", PROGRAM.toString()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
    Process process = builder.start();
    started.add(process);
    return new Run(process, output);
  }

  private record Run(Process process, Path file) {
    String output() throws IOException {
      return Files.readString(file);
    }
  }
}
