package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llamamesh.crd.LlamaMesh;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MeshStatusWriterTest {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final String STATUS =
      """
      {"agentsReady": 3, "observedAt": "2026-12-01T00:00:00Z", "ipFamilies": ["IPv4"],
       "conditions": [
         {"type": "Ready", "status": "True", "reason": "AllReady", "message": "", \
      "observedGeneration": 4},
         {"type": "Accepted", "status": "True", "reason": "Accepted", "message": "", \
      "observedGeneration": 4}]}
      """;

  private final KubernetesSerialization json = new KubernetesSerialization();
  private final MeshStatusWriter writer = new MeshStatusWriter();
  private final List<Map<?, ?>> asked = new ArrayList<>();

  @Test
  void aStatusOfWhichTheCrdHasAllIsWrittenAtOnceAndWhole() throws Exception {
    assertThat(write(Set.of(), NOW)).isEmpty();

    assertThat(asked).hasSize(1);
    assertThat(asked.getFirst().get("observedAt")).isEqualTo("2026-12-01T00:00:00Z");
  }

  @Test
  void whatTheCrdLacksIsLeftOutAndNamedAndTheRestIsWritten() throws Exception {
    assertThat(write(Set.of("observedAt", "ipFamilies"), NOW))
        .containsExactly("ipFamilies", "observedAt");

    assertThat(asked.getLast().containsKey("observedAt")).isFalse();
    assertThat(asked.getLast().containsKey("ipFamilies")).isFalse();
    assertThat(asked.getLast().get("agentsReady")).isEqualTo(3);
  }

  @Test
  void aFieldOfAListsElementIsLeftOutOfAllOfThem() throws Exception {
    assertThat(write(Set.of("conditions.observedGeneration"), NOW))
        .containsExactly("conditions.observedGeneration");

    assertThat((List<?>) asked.getLast().get("conditions"))
        .hasSize(2)
        .allSatisfy(each ->
            assertThat(((Map<?, ?>) each).keySet().toString())
                .doesNotContain("observedGeneration")
                .contains("reason"));
  }

  @Test
  void whatWasLackingIsNotTriedAgainForAMinuteAndThenIs() throws Exception {
    write(Set.of("observedAt"), NOW);
    asked.clear();

    write(Set.of("observedAt"), NOW.plusSeconds(1));
    assertThat(asked).as("known already").hasSize(1);

    Instant later = NOW.plus(MeshStatusWriter.LEFT_OUT_FOR);
    assertThat(write(Set.of(), later)).as("the CRD was updated").isEmpty();
    assertThat(asked.getLast().containsKey("observedAt")).isTrue();
  }

  @Test
  void anyOtherRefusalIsThrownAsItIs() {
    assertThatThrownBy(() ->
            writer.write(
                json,
                mesh(),
                NOW,
                body -> {
                  throw new KubernetesClientException("the mesh is gone", 404, null);
                }))
        .hasMessageContaining("the mesh is gone");
    assertThatThrownBy(() ->
            writer.write(
                json,
                mesh(),
                NOW.plus(Duration.ofHours(1)),
                body -> {
                  throw refusal("ports");
                }))
        .as("a field that it names though it was left out")
        .hasMessageContaining("field not declared");
  }

  /** Writes to a server that names one field of those that it lacks at a time. */
  private List<String> write(Set<String> lacking, Instant now) throws Exception {
    return writer
        .write(
            json,
            mesh(),
            now,
            body -> {
              Map<?, ?> status = (Map<?, ?>) body.getAdditionalProperties().get("status");
              asked.add(status);
              JsonNode tree = new ObjectMapper().valueToTree(status);
              for (String each : lacking) {
                if (has(tree, List.of(each.split("\\.")).iterator())) {
                  throw refusal(each);
                }
              }
              return json.convertValue(body, GenericKubernetesResource.class);
            })
        .leftOut();
  }

  private static boolean has(JsonNode tree, Iterator<String> path) {
    if (!path.hasNext()) {
      return true;
    }
    JsonNode next = tree.path(path.next());
    return !next.isMissingNode() && has(next.isArray() ? next.path(0) : next, path);
  }

  private static KubernetesClientException refusal(String path) {
    return new KubernetesClientException(
        "Failure executing: PATCH at: https://10.96.0.1:443/x. Message: failed to create typed patch"
            + " object (a/b; llamamesh.io/v1alpha1, Kind=LlamaMesh): .status."
            + path.replace("conditions.", "conditions[type=\"Ready\"].")
            + ": field not declared in schema.",
        500,
        null);
  }

  private LlamaMesh mesh() {
    LlamaMesh mesh =
        json.unmarshal(
            "{\"apiVersion\": \"llamamesh.io/v1alpha1\", \"kind\": \"LlamaMesh\", \"status\": "
                + STATUS
                + "}",
            LlamaMesh.class);
    mesh.setMetadata(new ObjectMetaBuilder().withName("b").withNamespace("a").build());
    return mesh;
  }
}
