package io.llamamesh.operator.main;

import static io.llamamesh.operator.main.ClusterUnderTest.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The operator as a program: what it says, where it answers, how it ends. */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class ProgramIT {
  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  @Test
  void itAnswersWhileItWorksAndEndsOnATermWithinSeconds(TestCluster cluster) throws Exception {
    int port = freePort();
    Run run =
        run(
            kubeconfig(cluster),
            "operator",
            "--namespace=" + cluster.namespace(),
            "--health-port=" + port,
            "--log-format=JSON",
            "--leader-election",
            "--leader-election-namespace=" + cluster.namespace());
    mesh(cluster);
    await()
        .untilAsserted(() -> assertThat(status(port, "/readyz")).as(run.output()).isEqualTo(200));
    await().until(() -> body(port, "/metrics").contains("llamamesh_operator_writes_total"));

    assertThat(body(port, "/healthz")).isEqualTo("ok\n");
    assertThat(body(port, "/metrics"))
        .contains("llamamesh_operator_members")
        .contains("llamamesh_operator_leader 1.0")
        .contains("llamamesh_operator_watch_age_seconds")
        .contains("llamamesh_operator_plan_seconds")
        .contains("operator_sdk_reconciliations");
    await().untilAsserted(() -> assertThat(run.output()).contains("objects written mesh="));
    assertThat(run.output().strip().lines())
        .allSatisfy(line -> assertThat(Serialization.unmarshal(line, Object.class)).isNotNull());

    run.process.destroy();

    assertThat(run.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(run.output()).contains("operator stopping");
  }

  @Test
  void anApiServerThatIsNotThereIsSaidInOneLineAndWaitedFor() throws Exception {
    int port = freePort();
    Run run = run(kubeconfig(freePort()), "operator", "--health-port=" + port, "--leader-election");

    await()
        .ignoreExceptions()
        .until(() -> body(port, "/readyz").contains("cannot be reached: connection refused"));
    assertThat(body(port, "/readyz")).contains("http://127.0.0.1:", "since").hasLineCount(1);
    assertThat(status(port, "/readyz")).isEqualTo(503);
    assertThat(body(port, "/healthz")).isEqualTo("ok\n");
    assertThat(body(port, "/metrics")).contains("llamamesh_operator_leader 0.0");
    assertThat(run.output().lines().filter(line -> line.contains("connection refused"))).hasSize(1);
    assertThat(run.output()).doesNotContain("leader=").doesNotContain("Exception");

    run.process.destroy();
    assertThat(run.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"'a: [b', is no kubeconfig", "'', is no kubeconfig", ", is not there"})
  void aKubeconfigThatCannotBeReadEndsItWithALine(@Nullable String content, String line)
      throws Exception {
    Path file = folder.resolve("wrong");
    if (content != null) {
      Files.writeString(file, content);
    }

    Run run = run(file, "operator", "--health-port=0");

    assertThat(run.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(run.process.exitValue()).isEqualTo(1);
    assertThat(run.output().strip().lines())
        .singleElement()
        .asString()
        .contains("KUBECONFIG=" + file, line);
  }

  @Test
  void aWrongOptionEndsWithTwoAndHelpTellsEveryOption() throws Exception {
    Run wrong = run(folder, "operator", "--namespaces=x");
    assertThat(wrong.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(wrong.process.exitValue()).isEqualTo(1);
    assertThat(wrong.output()).contains("--namespaces");

    Run help = run(folder, "operator", "--help");
    assertThat(help.process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(help.process.exitValue()).isZero();
    assertThat(help.output())
        .contains(
            "--namespace", "--leader-election", "--health-port", "--log-format", "KUBECONFIG");
  }

  private static void mesh(TestCluster cluster) {
    String namespace = cluster.namespace();
    KubernetesClient client = cluster.client();
    client.resource(ClusterUnderTest.meshOf(namespace, namespace, "m", "")).create();
  }

  private Path kubeconfig(int port) throws IOException {
    return Files.writeString(
        folder.resolve("nowhere"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: x, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: x, user: {token: x}}]
        contexts: [{name: x, context: {cluster: x, user: x}}]
        current-context: x
        """
            .formatted(port));
  }

  private Path kubeconfig(TestCluster cluster) throws IOException {
    return Files.writeString(folder.resolve("kubeconfig"), cluster.controlPlane().kubeconfig());
  }

  private Run run(Path kubeconfig, String... arguments) throws IOException {
    Path output = folder.resolve("output-" + started.size());
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                // Without the tests' own folder, whose logging is another.
                System.getProperty("java.class.path").replaceAll("[^:]*test-classes:?", ""),
                OperatorMain.class.getName()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("KUBECONFIG", kubeconfig.toString());
    Process process = builder.start();
    started.add(process);
    return new Run(process, output);
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static int status(int port, String path) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request(port, path), HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return -1;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String body(int port, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request(port, path), HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private static HttpRequest request(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(5))
        .build();
  }

  private record Run(Process process, Path file) {
    String output() throws IOException {
      return Files.readString(file);
    }
  }
}
