package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.testkit.chart.Chart;
import io.llamamesh.testkit.chart.Dist;
import io.llamamesh.testkit.chart.InstalledOperator;
import io.llamamesh.testkit.chart.Kubectl;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What the guide says of a key that leaked, line by line as it stands there, with the programs of
 * operator, agent and scraper: what leaked opens nothing afterwards.
 */
@KubernetesCluster(crds = InstalledOperator.CRD)
@ResourceLock(KubernetesCluster.WHOLE)
class LeakedKeyIT {
  private static final Path GUIDE = Chart.ROOT.resolve("docs/guide/running.md");
  private static final String TITLE = "### A key that leaked";
  private static final String LOCAL = "127.0.0.1";
  private static final String AGENTS_API = "the agents' API";
  private static final String REFLECTOR = "a reflector";
  private static final String INGEST = "the scraper's ingest";

  @TempDir private Path folder;
  private final List<Process> parts = new ArrayList<>();
  private TestCluster cluster;
  private KubernetesClient client;
  private String rendering;
  private Process operator;
  private int operators;
  private int agentPort;
  private int ingestPort;

  @BeforeEach
  void start(TestCluster given) throws Exception {
    cluster = given;
    client = given.client();
    rendering = Chart.render(given.namespace(), Map.of());
    Kubectl.apply(client, rendering);
    operator = startOperator();
    Kubectl.apply(
        client,
        """
        apiVersion: llamamesh.io/v1alpha1
        kind: LlamaMesh
        metadata: {name: default, namespace: %s}
        spec: {agent: {nodeSelector: {no: where}}, scraper: {nodeSelector: {no: where}}}
        """
            .formatted(given.namespace()));
  }

  @AfterEach
  void stop() throws Exception {
    stopParts();
    stopOperator();
  }

  @Test
  void afterTheStepsOfTheGuideWhatLeakedOpensNothing() throws Exception {
    Secret before = await().until(this::secret, Objects::nonNull);
    Path leaked = mounted("leaked", before);
    startParts(leaked);
    assertThat(opens(leaked)).containsExactlyInAnyOrder(AGENTS_API, REFLECTOR, INGEST);

    for (String step : steps()) {
      run(step);
      // There is no kubelet: what one would do.
      if (step.contains("--replicas=0")) {
        stopOperator();
        endPods();
      } else if (step.contains("--replicas=2")) {
        operator = startOperator();
      } else if (step.contains("delete pod ")) {
        stopParts();
        startParts(mounted("anew", Objects.requireNonNull(secret())));
      }
    }

    assertThat(opens(leaked)).isEmpty();
    assertThat(opens(folder.resolve("anew")))
        .containsExactlyInAnyOrder(AGENTS_API, REFLECTOR, INGEST);
    Secret after = Objects.requireNonNull(secret());
    assertThat(after.getMetadata().getUid()).isNotEqualTo(before.getMetadata().getUid());
    assertThat(secrets(after)).doesNotContainAnyElementsOf(secrets(before));
  }

  private Secret secret() {
    return client.secrets().withName("default-auth").get();
  }

  /** As a kubelet mounts it. */
  private Path mounted(String name, Secret secret) throws IOException {
    Path mount = Files.createDirectory(folder.resolve(name));
    for (String file : List.of(KeyRing.KEYS_FILE, KeyRing.TOKENS_FILE)) {
      Files.write(mount.resolve(file), Base64.getDecoder().decode(secret.getData().get(file)));
    }
    return mount;
  }

  /** All keys and tokens in it. */
  private static List<String> secrets(Secret secret) {
    return Stream.concat(
            Stream.of(KeyRing.KEYS_FILE, KeyRing.TOKENS_FILE)
                .map(file -> Base64.getDecoder().decode(secret.getData().get(file)))
                .flatMap(json -> KeyRing.parse(json).entries().stream())
                .map(KeyRing.Entry::key),
            Stream.of(secret.getData().get("metrics-token")))
        .toList();
  }

  /** What lets somebody in who has what is in a folder. */
  private Set<String> opens(Path auth) throws Exception {
    String token =
        Objects.requireNonNull(
                KeyRing.read(auth.resolve(KeyRing.TOKENS_FILE)).signing(Instant.now()))
            .key();
    Set<String> open = new TreeSet<>();
    if (status(agentPort, "/metrics", token, false) != 401) {
      open.add(AGENTS_API);
    }
    if (status(ingestPort, "/ingest", token, true) != 401) {
      open.add(INGEST);
    }
    Dist.Outcome probed =
        Dist.run(
            "agent",
            folder,
            Map.of(),
            "send",
            LOCAL,
            "--port=" + agentPort,
            "--count=20",
            "--timeout=1s",
            "--auth-dir=" + auth);
    assertThat(probed.out()).as(probed.err()).contains("sent=20 ");
    if (!probed.out().contains(" lost=20 ")) {
      open.add(REFLECTOR);
    }
    return open;
  }

  private static int status(int port, String path, String token, boolean post)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + LOCAL + ":" + port + path))
            .timeout(Duration.ofSeconds(10))
            .header("Authorization", "Bearer " + token);
    if (post) {
      request.POST(HttpRequest.BodyPublishers.ofString("no points"));
    }
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
    }
  }

  /** The lines of the block below the title, for this mesh and this release. */
  private List<String> steps() throws IOException {
    List<String> lines = Files.readAllLines(GUIDE);
    int title = lines.indexOf(TITLE);
    assertThat(title).as(TITLE).isNotNegative();
    List<String> steps =
        lines.stream()
            .skip(title)
            .dropWhile(line -> !line.startsWith("```"))
            .skip(1)
            .takeWhile(line -> !line.startsWith("```"))
            .map(line ->
                line.replaceAll("-n llama-mesh(?= |$)", "-n NAMESPACE")
                    .replace("NAMESPACE", cluster.namespace())
                    .replaceAll("\\bMESH\\b", "default"))
            .toList();
    assertThat(steps)
        .anyMatch(step -> step.contains("--replicas=0"))
        .anyMatch(step -> step.contains("--replicas=2"))
        .anyMatch(step -> step.contains("delete pod "));
    return steps;
  }

  private void run(String step) throws IOException, InterruptedException {
    Path kubeconfig =
        Files.writeString(folder.resolve("kubeconfig"), cluster.controlPlane().kubeconfig());
    ProcessBuilder shell = new ProcessBuilder("bash", "-c", step);
    shell.environment().put("KUBECONFIG", kubeconfig.toString());
    shell
        .environment()
        .merge(
            "PATH",
            String.valueOf(cluster.controlPlane().program("kubectl").getParent()),
            (path, programs) -> programs + ":" + path);
    Path said = folder.resolve("said");
    Process process = shell.redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      assertThat(process.waitFor(150, TimeUnit.SECONDS)).as(step).isTrue();
      assertThat(process.exitValue()).as("%s: %s", step, Files.readString(said)).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private Process startOperator() throws IOException {
    return InstalledOperator.start(cluster, folder, "operator-" + operators++, rendering);
  }

  private void stopOperator() throws InterruptedException {
    operator.destroy();
    assertThat(operator.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  /** Pods that a scheduler may have put on other tests' nodes. */
  private void endPods() {
    client.pods().withLabel("app.kubernetes.io/component", "operator").withGracePeriod(0).delete();
  }

  private void startParts(Path auth) throws Exception {
    agentPort = freePort();
    ingestPort = freePort();
    Path config =
        Files.writeString(
            folder.resolve("collector.yaml"),
            Files.readString(Chart.ROOT.resolve("examples/bare-metal/collector.yaml")));
    parts.add(
        Dist.start(
            "agent",
            folder,
            "agent",
            Map.of(),
            List.of(
                "agent",
                "--config=" + config,
                "--bind=" + LOCAL,
                "--port=" + agentPort,
                "--api-port=" + agentPort,
                "--auth-dir=" + auth)));
    parts.add(
        Dist.start(
            "scraper",
            folder,
            "scraper",
            Map.of(),
            List.of(
                "scraper",
                "--collectors=" + LOCAL + ":" + agentPort,
                "--bind=" + LOCAL,
                "--port=0",
                "--ingest-port=" + ingestPort,
                "--auth-dir=" + auth)));
    for (int port : List.of(agentPort, ingestPort)) {
      await().ignoreExceptions().until(() -> status(port, "/healthz", "none", false) > 0);
    }
  }

  private void stopParts() throws InterruptedException {
    for (Process part : parts) {
      part.destroyForcibly();
      assertThat(part.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    parts.clear();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(200));
  }
}
