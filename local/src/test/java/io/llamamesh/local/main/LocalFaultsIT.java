package io.llamamesh.local.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.testkit.junit.RunsAlone;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is wrong with the network is what the page and the mesh's status say, in the third window at
 * the latest: the command as users run it, with real agents and probes, one fault after the other.
 */
@RunsAlone("it counts windows until a fault is named, and late agents have late windows")
class LocalFaultsIT {
  private static final Path PROGRAM = Path.of("target/dist/bin/local").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int WINDOWS = 3;

  /** Windows longer than the operator takes between two looks at the scraper's report. */
  private static final String MESH =
      """
      apiVersion: llamamesh.io/v1alpha1
      kind: LlamaMesh
      metadata: {name: local, namespace: llama-mesh}
      spec:
        ports: [{name: default, timeout: 1s}]
        collector: {interval: 4s}
      """;

  /** A probe's timeout and the grace: then a window is published. */
  private static final Duration PUBLISHED_AFTER = Duration.ofSeconds(3);

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Process process;

  @AfterEach
  void end() throws InterruptedException {
    Process running = process;
    if (running != null) {
      running.destroy();
      if (!running.waitFor(30, TimeUnit.SECONDS)) {
        running.descendants().forEach(ProcessHandle::destroyForcibly);
        running.destroyForcibly();
      }
    }
    http.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          node-3>node-5 loss=20%    ; node-3 ; node-5                      ; (OneWay|Pair)Loss ; pair node-3>node-5,.*
          node-3>* loss=20%         ; node-3 ; node-1 node-2 node-4 node-5 ; NodeLoss ; node node-3 egress, all [2-5] of its tested links.*
          node-1>node-2 sport=25003 ; node-1 ; node-2                      ; PartialPath ; pair node-1>node-2,.*source ports \\[25003\\].*
          """)
  void whoIsAtFaultIsNamedByThePageAndTheStatus(
      String fault, String source, String destinations, String reason, String words)
      throws Exception {
    Assumptions.assumeTrue(
        LocalMeshIT.addressesAreFree(),
        "127.0.0.11 and up are in use on this machine: another local mesh is running");
    Path mesh = Files.writeString(folder.resolve("mesh.yaml"), MESH);
    Path output = start("--nodes", "6", "--port", "0", "--mesh", mesh.toString(), "--fault", fault);
    String page = awaited(output, "page +(http://[0-9.:]+)");
    Path kubeconfig = Path.of(awaited(output, "KUBECONFIG=([^;]+);"));
    // On a busy machine some pairs are slow too, and the first windows are of some agents only.
    Pattern message =
        Pattern.compile(
            "[0-9]+ of [0-9]+ pairs (is|are) bad(, [0-9]+ more above [^:]+)?: " + words);

    JsonNode[] report = new JsonNode[1];
    eventually(
        output,
        () -> {
          report[0] = get(page + "/api/v1/report");
          return report[0].path("verdict").asText().matches(reason)
              && message.matcher(report[0].path("message").asText()).matches();
        });
    Instant judged = Instant.parse(report[0].path("time").asText());

    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build()) {
      Condition[] unhealthy = new Condition[1];
      eventually(
          output,
          () -> {
            unhealthy[0] = condition(client, "NetworkHealthy");
            return unhealthy[0] != null
                && unhealthy[0].getStatus().equals("False")
                && unhealthy[0].getReason().matches(reason)
                && message.matcher(unhealthy[0].getMessage()).find();
          });
      Instant told = Instant.now();
      List<JsonNode> pairs = new ArrayList<>();
      for (String destination : destinations.split(" ", -1)) {
        pairs.add(get(page + "/api/v1/pairs/" + source + "/" + destination));
      }
      int forPage = windowsBefore(judged, pairs);
      int forStatus = windowsBefore(told, pairs);
      System.out.printf(
          "%s: named by the page in window %d, by the status in window %d%n",
          fault, forPage, forStatus);
      assertThat(forPage).as("windows until the page named it").isBetween(1, WINDOWS);
      assertThat(forStatus).as("windows until the status named it").isBetween(1, WINDOWS);
      // The fault is the network's: no agent is out of place, none is replaced.
      assertThat(condition(client, "AgentsReady"))
          .satisfies(
              agents -> assertThat(agents.getStatus()).as(agents.getMessage()).isEqualTo("True"));
    }
  }

  /**
   * Windows that were published by then, of the pair that has most: a node at fault is named by the
   * links that are tested first, and a busy machine starts some agents seconds after the others.
   */
  private static int windowsBefore(Instant moment, List<JsonNode> pairs) {
    int most = 0;
    for (JsonNode pair : pairs) {
      int windows = 0;
      for (JsonNode end : pair.at("/series/0/history").findValues("end")) {
        windows += Instant.parse(end.asText()).plus(PUBLISHED_AFTER).isAfter(moment) ? 0 : 1;
      }
      most = Math.max(most, windows);
    }
    return most;
  }

  private static @Nullable Condition condition(KubernetesClient client, String type) {
    List<LlamaMesh> meshes = client.resources(LlamaMesh.class).inAnyNamespace().list().getItems();
    return meshes.stream()
        .map(LlamaMesh::getStatus)
        .filter(Objects::nonNull)
        .flatMap(status -> status.conditions() == null ? null : status.conditions().stream())
        .filter(condition -> condition.getType().equals(type))
        .findFirst()
        .orElse(null);
  }

  private interface Check {
    boolean passes() throws Exception;
  }

  private void eventually(Path output, Check check) throws IOException {
    try {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptions()
          .failFast("the command ended", () -> process == null || !process.isAlive())
          .until(check::passes);
    } catch (RuntimeException e) {
      throw new AssertionError("the command said: " + Files.readString(output), e);
    }
  }

  private String awaited(Path output, String regex) throws IOException {
    Pattern pattern = Pattern.compile(regex);
    String[] found = new String[1];
    eventually(
        output,
        () -> {
          Matcher matcher = pattern.matcher(Files.readString(output));
          found[0] = matcher.find() ? matcher.group(1) : null;
          return found[0] != null;
        });
    return found[0];
  }

  private JsonNode get(String url) throws IOException, InterruptedException {
    return ResultsJson.mapper()
        .readTree(
            http.send(
                    HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
  }

  private Path start(String... arguments) throws IOException {
    Path output = folder.resolve("output");
    List<String> line = new ArrayList<>(List.of("/bin/sh", PROGRAM.toString()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("JAVA_OPTS", "-Djava.io.tmpdir=" + folder);
    process = builder.start();
    return output;
  }
}
