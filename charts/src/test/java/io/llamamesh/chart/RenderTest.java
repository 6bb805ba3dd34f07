package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What Helm makes of the chart. */
class RenderTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path VALUES = Chart.ROOT.resolve("examples/values");

  /** Fails on a field that the model does not have, where the model would have kept it aside. */
  private static final ObjectMapper STRICT =
      new ObjectMapper()
          .setAnnotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated a) {
                  return false;
                }
              })
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  static List<Path> exampleValues() throws IOException {
    try (Stream<Path> files = Files.list(VALUES)) {
      return files.sorted().toList();
    }
  }

  @TempDir private static Path scratch;

  static Stream<String> renderings() throws IOException {
    return Stream.concat(
        Stream.of(Chart.render(Map.of()), Chart.renderHooks(scratch, Map.of())),
        exampleValues().stream().map(Chart::render));
  }

  @Test
  void helmFindsNothingToComplainAbout() {
    var result = Chart.helm().lint().strict().call();

    assertThat(result.isFailed()).as(String.join("\n", result.getMessages())).isFalse();
  }

  @Test
  void theDefaultsGiveTheseObjects() throws IOException {
    CheckedIn.assertCurrent(GOLDEN.resolve("defaults.yaml"), Chart.render(Map.of()));
  }

  @ParameterizedTest
  @MethodSource("exampleValues")
  void anExamplesValuesGiveTheseObjects(Path values) throws IOException {
    CheckedIn.assertCurrent(GOLDEN.resolve(values.getFileName()), Chart.render(values));
  }

  @ParameterizedTest
  @MethodSource("renderings")
  void everyObjectIsOneThatKubernetesKnowsFieldByField(String rendering) {
    KubernetesSerialization types = new KubernetesSerialization();
    for (JsonNode object : Chart.objects(rendering)) {
      Class<?> type =
          types.getRegisteredKubernetesResource(
              object.path("apiVersion").asText(), object.path("kind").asText());
      if (type == null) {
        assertThat(object.path("kind").asText()).isIn("ServiceMonitor", "LlamaMesh");
      } else {
        assertThat(STRICT.convertValue(object, type)).isNotNull();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          operater.replicas         | 1     | operater
          operator.replica          | 1     | replica
          operator.replicas         | many  | /operator/replicas
          operator.logFormat        | XML   | /operator/logFormat
          image.pullPolicy          | Often | /image/pullPolicy
          mesh.spec.topolgy.mode    | Auto  | topolgy
          mesh.spec.topology.mode   | Ring  | /mesh/spec/topology/mode
          mesh.name                 | Big   | /mesh/name
          test.within               | soon  | /test/within
          """)
  void aTypoOrAWrongValueIsRefusedByItsName(String key, String value, String named) {
    assertThatThrownBy(() -> Chart.render(Map.of(key, value)))
        .hasMessageContaining("values don't meet the specifications of the schema")
        .hasMessageContaining(named);
  }

  @Test
  void namespacesBesideAllNamespacesAreRefused() {
    assertThatThrownBy(
            () -> Chart.render(Map.of("watch.allNamespaces", true, "watch.namespaces[0]", "a")))
        .hasMessageContaining("watch.allNamespaces and watch.namespaces exclude each other");
  }

  @Test
  void aMeshThatTheOperatorWouldNotSeeIsRefused() {
    assertThatThrownBy(
            () -> Chart.render(Map.of("mesh.create", true, "watch.namespaces[0]", "elsewhere")))
        .hasMessageContaining("watch.namespaces does not name");
  }

  @Test
  void theTestAsksTheScraperUntilEveryPairReported(@TempDir Path folder) throws IOException {
    String hooks = Chart.renderHooks(folder, Map.of("test.mesh", "backbone", "test.within", "90s"));

    JsonNode container =
        Chart.the(hooks, "Pod", "backbone-every-pair-reported").at("/spec/containers/0");
    assertThat(container.path("image").asText()).startsWith("llama-mesh-scraper:");
    assertThat(container.path("args").valueStream().map(JsonNode::asText))
        .containsExactly("matrix", "--server=http://backbone-scraper:8080", "--until-complete=90s");
  }

  @Test
  void everyContainerIsConfined() throws IOException {
    for (String rendering : renderings().toList()) {
      for (JsonNode object : Chart.objects(rendering)) {
        JsonNode pod =
            object.path("kind").asText().equals("Pod")
                ? object.path("spec")
                : object.at("/spec/template/spec");
        for (JsonNode container : pod.path("containers")) {
          assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
          assertThat(pod.at("/securityContext/seccompProfile/type").asText())
              .isEqualTo("RuntimeDefault");
          JsonNode security = container.path("securityContext");
          assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
          assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
          assertThat(security.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
        }
      }
    }
  }
}
