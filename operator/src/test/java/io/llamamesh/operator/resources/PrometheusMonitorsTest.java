package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PrometheusMonitorsTest {
  private static final Owner OWNER =
      new Owner("llama-mesh", "default", "3f0e2c1a-0000-4000-8000-000000000001");

  /** What a cluster without our operator would apply: the same alerts, owned by nobody. */
  private static final Path EXAMPLE = Path.of("../examples/monitoring/default-mesh.yaml");

  @Test
  void theExampleIsWhatTheOperatorMakesOfAnEmptySpec() throws IOException {
    String actual =
        "# What the operator makes for mesh llama-mesh/default where the Prometheus Operator is installed.\n"
            + monitors("{}").stream()
                .map(m -> {
                  m.getMetadata().setOwnerReferences(null);
                  m.getMetadata().getLabels().remove("app.kubernetes.io/managed-by");
                  return Serialization.asYaml(m);
                })
                .collect(Collectors.joining());

    if (Boolean.getBoolean("examples.update")) {
      Files.writeString(EXAMPLE, actual);
    }
    assertThat(EXAMPLE)
        .as("renew it with: mvn -pl operator -am test -Dexamples.update=true")
        .exists()
        .hasContent(actual);
  }

  @Test
  void thresholdsAreThoseOfTheSpec() {
    JsonNode rule = tree(monitors("alerts: {lossPercent: \"0.25\", rttP99: 1m30s}").get(2));

    List<String> expressions =
        rule.at("/spec/groups/0/rules").findValuesAsText("expr").stream().sorted().toList();
    assertThat(expressions)
        .hasSize(9)
        .anyMatch(e -> e.endsWith("> 0.0025) > 0"))
        .anyMatch(e -> e.endsWith("> 90) > 0"))
        .allMatch(e -> e.contains("namespace=\"llama-mesh\",service=\"default-scraper\""));
    assertThat(Serialization.asYaml(rule)).doesNotContain("${");
  }

  @Test
  void withoutAuthenticationPrometheusShowsNoToken() {
    assertThat(tree(monitors("{}").get(0)).at("/spec/podMetricsEndpoints/0/authorization"))
        .isNotEmpty();
    assertThat(
            tree(monitors("security: {authentication: false}").get(0)).findValue("authorization"))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "argocd.argoproj.io/instance",
        "app.kubernetes.io/managed-by",
        "kustomize.toolkit.fluxcd.io/name",
        "helm.toolkit.fluxcd.io/name",
        "helm.sh/chart",
        "kapp.k14s.io/app",
        "applyset.kubernetes.io/part-of",
        "objectset.rio.cattle.io/hash"
      })
  void labelsByWhichAToolKnowsItsOwnAreNotHandedOn(String label) {
    assertThat(PrometheusMonitors.of(OWNER, MeshSettings.defaults(), Map.of(label, "theirs")))
        .hasSize(3)
        .allSatisfy(m -> assertThat(m.getMetadata().getLabels()).doesNotContainValue("theirs"));
  }

  @Test
  void whatWasAppliedInOurNameAndIsNotWantedAnyMoreIsNoticed() {
    JsonNode wanted = json("{metadata: {labels: {a: x}}, spec: {groups: [{name: g}]}}");

    assertThat(
            PrometheusOperatorApi.ownsMore(
                json(
                    "{'f:metadata': {'f:labels': {'f:a': {}}, 'f:ownerReferences': {}},"
                        + " 'f:spec': {'f:groups': {}}}"),
                json("{metadata: {labels: {a: x}, ownerReferences: []}, spec: {groups: []}}")))
        .isFalse();
    assertThat(
            PrometheusOperatorApi.ownsMore(
                json("{'f:metadata': {'f:labels': {'f:b': {}}}}"), wanted))
        .isTrue();
    assertThat(
            PrometheusOperatorApi.ownsMore(
                json("{'f:metadata': {'f:labels': {'.': {}, 'f:a': {}}}}"), wanted))
        .isFalse();
    assertThat(PrometheusOperatorApi.ownsMore(json("{'f:spec': {'f:other': {}}}"), wanted))
        .isTrue();
  }

  @Test
  void labelsOfTheMeshAreHandedOnAndOursStay() {
    var object =
        PrometheusMonitors.of(
                OWNER,
                MeshSettings.defaults(),
                Map.of("release", "prometheus", "app.kubernetes.io/name", "other"))
            .getFirst();

    assertThat(object.getMetadata().getLabels())
        .containsEntry("release", "prometheus")
        .containsEntry("app.kubernetes.io/name", "llama-mesh");
  }

  @Test
  void whatOthersAddDoesNotMatterAndWhatTheyChangeDoes() {
    JsonNode wanted = json("{a: {b: [{c: 1}]}}");

    assertThat(
            PrometheusOperatorApi.containsAll(json("{a: {b: [{c: 1, d: 2}], e: 3}, f: 4}"), wanted))
        .isTrue();
    assertThat(PrometheusOperatorApi.containsAll(json("{a: {b: [{c: 2}]}}"), wanted)).isFalse();
    assertThat(PrometheusOperatorApi.containsAll(json("{a: {b: [{c: 1}, {c: 1}]}}"), wanted))
        .isFalse();
    assertThat(PrometheusOperatorApi.containsAll(json("{a: {}}"), wanted)).isFalse();
  }

  private static List<GenericKubernetesResource> monitors(String yaml) {
    LlamaMeshSpec spec = Serialization.unmarshal(yaml, LlamaMeshSpec.class);
    return PrometheusMonitors.of(OWNER, MeshSettings.of(spec), Map.of());
  }

  private static JsonNode tree(GenericKubernetesResource object) {
    return new KubernetesSerialization().convertValue(object, JsonNode.class);
  }

  private static JsonNode json(String yaml) {
    return Serialization.unmarshal("---\n" + yaml, JsonNode.class);
  }
}
