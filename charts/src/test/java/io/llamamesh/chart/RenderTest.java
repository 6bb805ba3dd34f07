package io.llamamesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.testkit.chart.Chart;
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
  private static final Map<String, String> PLATFORMS_USER = Map.of("podUser", "Platform");

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
        Stream.of(
            Chart.render(Map.of()),
            Chart.renderHooks(scratch, Map.of()),
            Chart.render(PLATFORMS_USER),
            Chart.renderHooks(scratch, PLATFORMS_USER)),
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
          enable                    | true  | enable
          enabled                   | maybe | /enabled
          operator.replica          | 1     | replica
          operator.replicas         | many  | /operator/replicas
          operator.logFormat        | XML   | /operator/logFormat
          image.pullPolicy          | Often | /image/pullPolicy
          mesh.spec.topolgy.mode    | Auto  | topolgy
          mesh.spec.topology.mode   | Ring  | /mesh/spec/topology/mode
          mesh.name                 | Big   | /mesh/name
          test.within               | soon  | /test/within
          podUser                   | Root  | /podUser
          operator.topologySpreadConstraints[0].topologykey | zone | topologykey
          test.resources.limit      | 1Gi   | limit
          """)
  void aTypoOrAWrongValueIsRefusedByItsName(String key, String value, String named) {
    assertThatThrownBy(() -> Chart.render(Map.of(key, value)))
        .hasMessageContaining("values don't meet the specifications of the schema")
        .hasMessageContaining(named);
  }

  @Test
  void anotherChartSwitchesItAsItsDependency(@TempDir Path folder) throws IOException {
    String on = Chart.renderAsDependency(folder, Map.of("llama-mesh.enabled", true));
    String off = Chart.renderAsDependency(folder, Map.of("llama-mesh.enabled", false));

    assertThat(Chart.names(on)).isEqualTo(Chart.names(Chart.render(Map.of())));
    assertThat(Chart.objects(off)).isEmpty();
    assertThatThrownBy(() -> Chart.renderAsDependency(folder, Map.of("llama-mesh.enable", true)))
        .hasMessageContaining("enable");
  }

  @Test
  void anOlderKubernetesThanTheStatusNeedsIsRefused() {
    assertThat(Chart.renderFor("1.33.0")).contains("kind: Deployment");
    assertThatThrownBy(() -> Chart.renderFor("1.32.9")).hasMessageContaining("kubeVersion");
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
  void uninstallingRemovesTheLeaseWhichIsNoPartOfTheRelease(@TempDir Path folder)
      throws IOException {
    JsonNode annotations =
        Chart.the(Chart.renderHooks(folder, Map.of()), "Lease", "llama-mesh-operator")
            .at("/metadata/annotations");

    assertThat(annotations.path("llamamesh.io/hook").asText()).isEqualTo("post-delete");
    assertThat(annotations.path("helm.sh/hook-delete-policy").asText())
        .isEqualTo("before-hook-creation,hook-succeeded");
    assertThat(Chart.ofKind(Chart.render(Map.of()), "Lease")).isEmpty();
  }

  @Test
  void uninstallingRemovesTheAuthorityOfTheServerOfKeysWhereThereIsOne(@TempDir Path folder)
      throws IOException {
    Map<String, Object> keys = Map.of("keys.enabled", true);
    JsonNode annotations =
        Chart.the(Chart.renderHooks(folder, keys), "Secret", "llama-mesh-operator-keys")
            .at("/metadata/annotations");

    assertThat(annotations.path("llamamesh.io/hook").asText()).isEqualTo("post-delete");
    assertThat(annotations.path("helm.sh/hook-delete-policy").asText())
        .isEqualTo("before-hook-creation,hook-succeeded");
    assertThat(Chart.ofKind(Chart.render(keys), "Secret")).isEmpty();
    assertThat(Chart.ofKind(Chart.renderHooks(folder, Map.of()), "Secret")).isEmpty();
  }

  @Test
  void everyContainerAsksForCpuAndMemoryAndIsBoundInMemory() throws IOException {
    for (String rendering : renderings().toList()) {
      for (JsonNode object : Chart.objects(rendering)) {
        for (JsonNode container : pod(object).path("containers")) {
          JsonNode resources = container.path("resources");
          for (String entry :
              List.of(
                  "/requests/cpu",
                  "/requests/memory",
                  "/requests/ephemeral-storage",
                  "/limits/memory",
                  "/limits/ephemeral-storage")) {
            assertThat(resources.at(entry).asText())
                .as(Chart.name(object) + " " + entry)
                .isNotEmpty();
          }
          assertThat(resources.at("/limits/cpu").isMissingNode()).isTrue();
        }
      }
    }
  }

  @Test
  void operatorsAreSpreadOverNodesAndZonesAndLeaveALostNodeAfterHalfAMinute() {
    JsonNode deployment =
        Chart.the(Chart.render(Map.of()), "Deployment", "llama-mesh-operator").path("spec");
    JsonNode pod = deployment.at("/template/spec");

    assertThat(deployment.path("replicas").asInt()).isEqualTo(2);
    assertThat(pod.path("topologySpreadConstraints").valueStream())
        .extracting(c -> c.path("topologyKey").asText())
        .containsExactly("kubernetes.io/hostname", "topology.kubernetes.io/zone");
    assertThat(pod.path("topologySpreadConstraints").valueStream())
        .allSatisfy(c -> {
          assertThat(c.path("whenUnsatisfiable").asText()).isEqualTo("ScheduleAnyway");
          assertThat(c.at("/labelSelector/matchLabels"))
              .isEqualTo(deployment.at("/selector/matchLabels"));
          assertThat(c.at("/matchLabelKeys/0").asText()).isEqualTo("pod-template-hash");
        });
    assertThat(pod.path("tolerations").valueStream())
        .extracting(
            t -> t.path("key").asText(),
            t -> t.path("effect").asText(),
            t -> t.path("tolerationSeconds").asInt())
        .containsExactly(
            tuple("node.kubernetes.io/not-ready", "NoExecute", 30),
            tuple("node.kubernetes.io/unreachable", "NoExecute", 30));
  }

  @Test
  void aTolerationOfOnesOwnForALostNodeTakesThePlaceOfTheCharts() {
    JsonNode tolerations =
        Chart.the(
                Chart.render(
                    Map.of(
                        "operator.tolerations[0].key", "node.kubernetes.io/unreachable",
                        "operator.tolerations[0].operator", "Exists",
                        "operator.tolerations[0].effect", "NoExecute",
                        "operator.tolerations[0].tolerationSeconds", 90)),
                "Deployment",
                "llama-mesh-operator")
            .at("/spec/template/spec/tolerations");

    assertThat(tolerations.valueStream())
        .extracting(t -> t.path("key").asText(), t -> t.path("tolerationSeconds").asInt())
        .containsExactlyInAnyOrder(
            tuple("node.kubernetes.io/unreachable", 90), tuple("node.kubernetes.io/not-ready", 30));
  }

  @Test
  void aBudgetKeepsTwoOperatorsFromBeingEvictedTogetherAndHoldsUpNoDrain() {
    JsonNode budget =
        Chart.the(Chart.render(Map.of()), "PodDisruptionBudget", "llama-mesh-operator");

    assertThat(budget.at("/spec/maxUnavailable").asInt()).isEqualTo(1);
    assertThat(budget.at("/spec/unhealthyPodEvictionPolicy").asText()).isEqualTo("AlwaysAllow");
    assertThat(Chart.ofKind(Chart.render(Map.of("operator.replicas", 1)), "PodDisruptionBudget"))
        .isEmpty();
  }

  @Test
  void keysOfNodesAreServedWhereTheyAreWantedAndNowhereElse() {
    String plain = Chart.render(Map.of());
    assertThat(plain).doesNotContain("8443", "--keys-", "tokenreviews");

    String rendering = Chart.render("ns", Map.of("keys.enabled", true));

    assertThat(
            Chart.the(rendering, "Deployment", "llama-mesh-operator")
                .at("/spec/template/spec/containers/0/args")
                .valueStream())
        .extracting(JsonNode::asText)
        .contains(
            "--keys-port=8443",
            "--keys-url=https://llama-mesh-operator.ns.svc:8443",
            "--keys-secret=llama-mesh-operator-keys");
    assertThat(
            Chart.the(rendering, "Service", "llama-mesh-operator").at("/spec/ports").valueStream())
        .extracting(port -> port.path("port").asInt())
        .containsExactly(8082, 8443);
    assertThat(
            Chart.the(rendering, "NetworkPolicy", "llama-mesh-operator")
                .at("/spec/ingress/1")
                .toString())
        .isEqualTo("{\"ports\":[{\"port\":\"keys\",\"protocol\":\"TCP\"}]}");
    assertThat(
            Chart.the(rendering, "ClusterRole", "llama-mesh-operator-ns")
                .path("rules")
                .valueStream())
        .extracting(JsonNode::toString)
        .contains(
            "{\"apiGroups\":[\"authentication.k8s.io\"],\"resources\":[\"tokenreviews\"],"
                + "\"verbs\":[\"create\"]}");
    assertThat(
            Chart.the(rendering, "Role", "llama-mesh-operator-lease").path("rules").valueStream())
        .extracting(rule -> rule.path("resources").path(0).asText() + rule.path("resourceNames"))
        .contains("secrets[\"llama-mesh-operator-keys\"]");
  }

  @Test
  void theCredentialsOfTheRegistryReachEveryPod(@TempDir Path folder) throws IOException {
    Map<String, ?> values =
        Map.of("image.pullSecrets[0].name", "registry-credentials", "mesh.create", true);
    String rendering = Chart.render(values);

    assertThat(
            Chart.the(rendering, "Deployment", "llama-mesh-operator")
                .at("/spec/template/spec/imagePullSecrets/0/name")
                .asText())
        .isEqualTo("registry-credentials");
    assertThat(Chart.the(rendering, "LlamaMesh", "default").at("/spec/imagePullSecrets/0").asText())
        .isEqualTo("registry-credentials");
    assertThat(
            Chart.the(Chart.renderHooks(folder, values), "Pod", "default-every-pair-reported")
                .at("/spec/imagePullSecrets/0/name")
                .asText())
        .isEqualTo("registry-credentials");
  }

  @Test
  void aMeshThatNamesItsOwnCredentialsKeepsThem() {
    String rendering =
        Chart.render(
            Map.of(
                "image.pullSecrets[0].name", "operators",
                "mesh.create", true,
                "mesh.spec.imagePullSecrets[0]", "the-meshs"));

    assertThat(Chart.the(rendering, "LlamaMesh", "default").at("/spec/imagePullSecrets").toString())
        .isEqualTo("[\"the-meshs\"]");
  }

  @Test
  void everyContainerIsConfined() throws IOException {
    for (String rendering : renderings().toList()) {
      for (JsonNode object : Chart.objects(rendering)) {
        JsonNode pod = pod(object);
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

  @Test
  void aPlatformThatGivesUsersFindsNoneNamedInOperatorAndTest(@TempDir Path folder)
      throws IOException {
    JsonNode fixed = operator(Map.of());
    JsonNode platforms = operator(PLATFORMS_USER);
    JsonNode test =
        Chart.the(Chart.renderHooks(folder, PLATFORMS_USER), "Pod", "default-every-pair-reported");

    assertThat(fixed.at("/securityContext/runAsUser").asInt()).isEqualTo(65532);
    assertThat(argument(fixed, "--pod-user=")).isEqualTo("FIXED");
    assertThat(argument(platforms, "--pod-user=")).isEqualTo("PLATFORM");
    for (JsonNode pod : List.of(platforms, test.path("spec"))) {
      assertThat(pod.path("securityContext").properties())
          .extracting(Map.Entry::getKey)
          .containsExactlyInAnyOrder("runAsNonRoot", "seccompProfile");
    }
  }

  private static JsonNode operator(Map<String, ?> values) {
    return Chart.the(Chart.render(values), "Deployment", "llama-mesh-operator")
        .at("/spec/template/spec");
  }

  private static String argument(JsonNode pod, String flag) {
    return pod.at("/containers/0/args")
        .valueStream()
        .map(JsonNode::asText)
        .filter(arg -> arg.startsWith(flag))
        .findFirst()
        .orElseThrow()
        .substring(flag.length());
  }

  private static JsonNode pod(JsonNode object) {
    return object.path("kind").asText().equals("Pod")
        ? object.path("spec")
        : object.at("/spec/template/spec");
  }
}
