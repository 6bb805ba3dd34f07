package io.llamamesh.operator.main;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.llamamesh.testkit.junit.KubernetesCluster;
import io.llamamesh.testkit.junit.TestCluster;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What Flux and others make of a mesh by the rules of kstatus (sigs.k8s.io/cli-utils), written down
 * here as the guide has them.
 */
@KubernetesCluster(crds = ClusterUnderTest.CRD)
final class KstatusIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private KubernetesClient client;
  private String namespace;

  @BeforeEach
  void start(TestCluster given) {
    client = given.client();
    namespace = given.namespace();
  }

  @Test
  void aMeshThatNoOperatorHasLookedAtIsInProgress() {
    GenericKubernetesResource created = client.resource(mesh("m")).create();

    assertThat(kstatus(created)).as("what creating it answers").isEqualTo("InProgress");
    assertThat(kstatus(m().require())).isEqualTo("InProgress");
    assertThat(json(m().require()).at("/status"))
        .as("nothing else is made up")
        .isEqualTo(JSON.createObjectNode().put("observedGeneration", -1));
  }

  @Test
  void itIsCurrentOnlyWhileTheNewestGenerationIsReady() {
    client.resource(mesh("m")).create();

    status("{\"observedGeneration\": 1, \"conditions\": [%s]}".formatted(ready("False")));
    assertThat(kstatus(m().require())).isEqualTo("InProgress");
    status("{\"observedGeneration\": 1, \"conditions\": [%s]}".formatted(ready("Unknown")));
    assertThat(kstatus(m().require())).isEqualTo("InProgress");
    status("{\"observedGeneration\": 1, \"conditions\": [%s]}".formatted(ready("True")));
    assertThat(kstatus(m().require())).isEqualTo("Current");

    m().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"paused\": true}}");
    assertThat(kstatus(m().require())).as("a spec that was changed").isEqualTo("InProgress");
  }

  /** One decision after the other; of other conditions than these nothing is read. */
  private static String kstatus(GenericKubernetesResource object) {
    JsonNode all = json(object);
    if (all.at("/metadata").hasNonNull("deletionTimestamp")) {
      return "Terminating";
    }
    JsonNode observed = all.at("/status/observedGeneration");
    if (observed.isIntegralNumber()
        && observed.longValue() != all.at("/metadata/generation").longValue()) {
      return "InProgress";
    }
    if (is(all, "Reconciling", "True")) {
      return "InProgress";
    }
    if (is(all, "Stalled", "True")) {
      return "Failed";
    }
    return is(all, "Ready", "False") || is(all, "Ready", "Unknown") ? "InProgress" : "Current";
  }

  private static boolean is(JsonNode all, String type, String status) {
    return all.at("/status/conditions")
        .valueStream()
        .anyMatch(
            c -> c.path("type").asText().equals(type) && c.path("status").asText().equals(status));
  }

  private static JsonNode json(GenericKubernetesResource object) {
    return JSON.valueToTree(object);
  }

  private Resource<GenericKubernetesResource> m() {
    return client
        .genericKubernetesResources("llamamesh.io/v1alpha1", "LlamaMesh")
        .inNamespace(namespace)
        .withName("m");
  }

  private void status(String json) {
    m().subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\": %s}".formatted(json));
  }

  private static String ready(String status) {
    return """
    {"type": "Ready", "status": "%s", "reason": "X", "message": "",
     "lastTransitionTime": "2026-11-20T10:00:00Z"}
    """
        .formatted(status);
  }

  private GenericKubernetesResource mesh(String name) {
    GenericKubernetesResource mesh = new GenericKubernetesResource();
    mesh.setApiVersion("llamamesh.io/v1alpha1");
    mesh.setKind("LlamaMesh");
    mesh.setMetadata(new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
    mesh.setAdditionalProperty("spec", JSON.createObjectNode());
    return mesh;
  }
}
