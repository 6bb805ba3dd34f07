package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the examples' documents hold; {@link InstallIT} applies them. */
class ExampleMeshesTest {
  private static final Path MESHES = Chart.ROOT.resolve("examples/meshes");

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(MESHES)) {
      return files.sorted().toList();
    }
  }

  @Test
  void aSecretThatAnExampleNamesIsInItToo() throws IOException {
    for (Path example : examples()) {
      String yaml = Files.readString(example);
      List<String> secrets = Chart.ofKind(yaml, "Secret").stream().map(Chart::name).toList();
      for (JsonNode mesh : Chart.ofKind(yaml, "LlamaMesh")) {
        List<JsonNode> named = new java.util.ArrayList<>();
        for (String key : List.of("tokenSecret", "credentialsSecret", "caSecret")) {
          named.addAll(mesh.findValues(key));
        }
        assertThat(named)
            .as(example.toString())
            .allMatch(n -> secrets.contains(n.path("name").asText()));
      }
    }
  }

  @Test
  void theKindClusterIsOneThatKindReads() throws IOException {
    JsonNode cluster =
        Chart.YAML.readTree(Chart.ROOT.resolve("examples/kind/cluster.yaml").toFile());

    assertThat(cluster.path("apiVersion").asText()).isEqualTo("kind.x-k8s.io/v1alpha4");
    assertThat(cluster.path("nodes").valueStream().map(n -> n.path("role").asText()))
        .containsExactly("control-plane", "worker", "worker", "worker", "worker");
  }
}
