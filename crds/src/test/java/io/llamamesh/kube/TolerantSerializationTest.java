package io.llamamesh.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.llamamesh.crd.LlamaMesh;
import io.llamamesh.crd.Names;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TolerantSerializationTest {
  private static final String BAD =
      """
      {"apiVersion": "llamamesh.io/v1alpha1", "kind": "LlamaMesh",
       "metadata": {"name": "bad", "namespace": "net", "annotations": {"mine": "stays"}},
       "spec": {"paused": true,
                "agent": {"image": "a", "resources": {"limits": {"cpu": "1", "memory": ""}}},
                "groups": [{"name": "g", "targets": [{"name": "t", "host": "h", "port": "x"}]}]}}
      """;
  private static final String GOOD =
      """
      {"apiVersion": "llamamesh.io/v1alpha1", "kind": "LlamaMesh",
       "metadata": {"name": "good", "namespace": "net"}, "spec": {}}
      """;

  private final TolerantSerialization serialization = new TolerantSerialization();

  @Test
  void aListIsDecodedThoughOneOfItsObjectsCannotBe() {
    DefaultKubernetesResourceList<LlamaMesh> list =
        serialization.unmarshal(
            stream(
                "{\"metadata\": {\"resourceVersion\": \"7\"}, \"items\": ["
                    + GOOD
                    + ","
                    + BAD
                    + ","
                    + GOOD
                    + "]}"),
            new TypeReference<DefaultKubernetesResourceList<LlamaMesh>>() {});

    assertThat(list.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(list.getItems())
        .extracting(m -> m.getMetadata().getName())
        .containsExactly("good", "bad", "good");
    assertThat(annotations(list.getItems().getFirst()))
        .doesNotContainKey(Names.UNREADABLE_ANNOTATION);
    assertKept(list.getItems().get(1));
  }

  @Test
  void anEventOfAWatchIsDecodedThoughItsObjectCannotBe() {
    serialization.registerKubernetesResource(LlamaMesh.class);

    WatchEvent event =
        serialization.unmarshal(
            "{\"type\": \"MODIFIED\", \"object\": " + BAD + "}", WatchEvent.class);

    assertThat(event.getType()).isEqualTo("MODIFIED");
    assertKept((LlamaMesh) event.getObject());
  }

  @Test
  void anObjectIsConvertedThoughItCannotBeDecoded() {
    GenericKubernetesResource generic =
        serialization.unmarshal(BAD, GenericKubernetesResource.class);

    assertKept(serialization.convertValue(generic, LlamaMesh.class));
  }

  @Test
  void itIsSoForEveryKind() {
    NodeList nodes =
        serialization.unmarshal(
            """
            {"apiVersion": "v1", "kind": "NodeList", "metadata": {}, "items": [
              {"metadata": {"name": "odd"}, "status": {"capacity": {"cpu": ""}, "addresses": 5}},
              {"metadata": {"name": "n2"}, "status": {"addresses": [{"address": "10.0.0.2"}]}}]}
            """,
            NodeList.class);
    assertThat(nodes.getItems()).hasSize(2);
    assertThat(unreadable(nodes.getItems().getFirst()))
        .contains("status.capacity.cpu: ", "status.addresses: ");
    assertThat(nodes.getItems().get(1).getStatus().getAddresses()).hasSize(1);

    for (String odd :
        new String[] {
          "\"kind\": \"ConfigMap\", \"data\": [1]",
          "\"kind\": \"Pod\", \"spec\": {\"priority\": \"high\"}",
          "\"kind\": \"DaemonSet\", \"spec\": {\"minReadySeconds\": 5000000000}"
        }) {
      String version = odd.contains("DaemonSet") ? "apps/v1" : "v1";
      WatchEvent event =
          serialization.unmarshal(
              "{\"type\": \"ADDED\", \"object\": {\"apiVersion\": \""
                  + version
                  + "\", \"metadata\": {\"name\": \"odd\"}, "
                  + odd
                  + "}}",
              WatchEvent.class);
      assertThat(event.getObject())
          .as(odd)
          .isInstanceOfAny(ConfigMap.class, Pod.class, DaemonSet.class);
      assertThat(unreadable((HasMetadata) event.getObject())).as(odd).isNotEmpty();
    }
  }

  @Test
  void whatIsNoObjectAtAllIsRefused() {
    assertThatThrownBy(() -> serialization.unmarshal("{\"items\": 5}", NodeList.class))
        .isInstanceOf(KubernetesClientException.class);
    assertThatThrownBy(() -> serialization.unmarshal("{\"items\": [", NodeList.class))
        .isInstanceOf(KubernetesClientException.class);
  }

  private static void assertKept(LlamaMesh mesh) {
    assertThat(mesh.getSpec().paused()).isTrue();
    assertThat(mesh.getSpec().agent().image()).isEqualTo("a");
    assertThat(mesh.getSpec().agent().resources().getLimits())
        .isEqualTo(Map.of("cpu", new Quantity("1")));
    assertThat(mesh.getSpec().groups().getFirst().targets().getFirst().host()).isEqualTo("h");
    assertThat(annotations(mesh)).containsEntry("mine", "stays");
    assertThat(unreadable(mesh).lines())
        .anyMatch(line -> line.startsWith("spec.agent.resources.limits.memory: "))
        .anyMatch(line -> line.startsWith("spec.groups[0].targets[0].port: "))
        .hasSize(2);
  }

  private static String unreadable(HasMetadata object) {
    return annotations(object).getOrDefault(Names.UNREADABLE_ANNOTATION, "");
  }

  private static Map<String, String> annotations(HasMetadata object) {
    Map<String, String> annotations = object.getMetadata().getAnnotations();
    return annotations == null ? Map.of() : annotations;
  }

  private static ByteArrayInputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
