package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.operator.EmbeddedOperator;
import io.llamamesh.testkit.chart.Chart;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A chart can hold nothing but its own files; what it shares with others are copies, kept equal.
 */
class CopiesTest {
  private static final Path SCHEMA = Chart.FOLDER.resolve("values.schema.json");
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void theCrdIsTheContractsOwn() throws IOException {
    String crd = "llamameshes.llamamesh.io-v1.yaml";
    CheckedIn.assertCurrent(
        Chart.FOLDER.resolve("crds").resolve(crd), resource(LlamaMesh.class, crd));
  }

  @Test
  void theOperatorsRulesAreTheOnesThatItIsTestedWith() throws IOException {
    CheckedIn.assertCurrent(
        Chart.FOLDER.resolve("files/operator-role.yaml"),
        resource(EmbeddedOperator.class, "/io/llamamesh/operator/cluster-role.yaml"));
  }

  @Test
  void whatAgentsAndScrapersMayIsTheExamplesOwn() throws IOException {
    CheckedIn.assertCurrent(
        Chart.FOLDER.resolve("files/mesh-roles.yaml"),
        Files.readString(Chart.ROOT.resolve("examples/rbac.yaml")));
  }

  @Test
  void theDashboardsAreTheExamples() throws IOException {
    Path from = Chart.ROOT.resolve("examples/grafana");
    Path to = Chart.FOLDER.resolve("dashboards");
    for (Path dashboard : jsonFiles(from)) {
      CheckedIn.assertCurrent(to.resolve(dashboard.getFileName()), Files.readString(dashboard));
    }
    assertThat(jsonFiles(to).stream().map(Path::getFileName))
        .containsExactlyElementsOf(jsonFiles(from).stream().map(Path::getFileName).toList());
  }

  @Test
  void theChartIsOfThisRelease() throws IOException {
    JsonNode chart = Chart.YAML.readTree(Chart.FOLDER.resolve("Chart.yaml").toFile());

    assertThat(chart.path("version").asText()).isEqualTo(System.getProperty("llamamesh.version"));
    assertThat(chart.path("appVersion").asText())
        .isEqualTo(System.getProperty("llamamesh.version"));
  }

  /** The API server would drop a misspelt field of the mesh without a word. */
  @Test
  void theSchemaOfTheMeshIsTheCrds() throws IOException {
    ObjectNode schema = (ObjectNode) JSON.readTree(SCHEMA.toFile());
    JsonNode crd =
        Chart.YAML.readTree(resource(LlamaMesh.class, "llamameshes.llamamesh.io-v1.yaml"));
    JsonNode spec = crd.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    ((ObjectNode) schema.at("/properties/mesh/properties")).set("spec", CrdSchema.strict(spec));

    CheckedIn.assertCurrent(
        SCHEMA, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n");
  }

  @Test
  void theSchemaRefusesUnknownKeysEverywhere() throws IOException {
    List<String> open = new ArrayList<>();
    collectOpen("", JSON.readTree(SCHEMA.toFile()), open);

    // What is Kubernetes' own business there is left to it.
    assertThat(open)
        .containsExactlyInAnyOrder(
            "/properties/global",
            "/properties/operator/properties/affinity/properties/nodeAffinity",
            "/properties/operator/properties/affinity/properties/podAffinity",
            "/properties/operator/properties/affinity/properties/podAntiAffinity",
            "/properties/operator/properties/topologySpreadConstraints/items/properties/labelSelector",
            "/properties/networkPolicy/properties/from/items/properties/namespaceSelector",
            "/properties/networkPolicy/properties/from/items/properties/podSelector",
            "/properties/networkPolicy/properties/from/items/properties/ipBlock");
  }

  @Test
  void everyValueOfTheSchemaHasADefaultAndAWord() throws IOException {
    JsonNode schema = JSON.readTree(SCHEMA.toFile());
    JsonNode values = Chart.YAML.readTree(Chart.FOLDER.resolve("values.yaml").toFile());

    schema
        .path("properties")
        .fieldNames()
        .forEachRemaining(name -> {
          if (!name.equals("global") && !name.equals("enabled")) {
            assertThat(values.has(name)).as(name).isTrue();
            schema
                .at("/properties/" + name + "/properties")
                .fieldNames()
                .forEachRemaining(inner ->
                    assertThat(values.path(name).has(inner)).as(name + "." + inner).isTrue());
          }
        });
  }

  private static void collectOpen(String path, JsonNode schema, List<String> open) {
    if (schema.path("type").asText().equals("object")
        && !schema.path("additionalProperties").isObject()
        && schema.path("additionalProperties").asBoolean(true)) {
      open.add(path);
    }
    schema
        .properties()
        .forEach(field -> collectOpen(path + "/" + field.getKey(), field.getValue(), open));
  }

  private static List<Path> jsonFiles(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
    }
  }

  private static String resource(Class<?> by, String name) throws IOException {
    try (InputStream file = Objects.requireNonNull(by.getResourceAsStream(name), name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
